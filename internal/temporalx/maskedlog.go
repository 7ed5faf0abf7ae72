package temporalx

import (
	"context"
	"fmt"
	"log/slog"

	"defendersync/internal/httpx"
)

// masked is a handler that names nobody: the SDK logs the errors of activities,
// and a peer may have repeated in one what it was sent about a person.
type masked struct{ slog.Handler }

// Handle implements slog.Handler.
func (m masked) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, httpx.Mask(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(mask(a))
		return true
	})
	return m.Handler.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (m masked) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = mask(a)
	}
	return masked{m.Handler.WithAttrs(out)}
}

// WithGroup implements slog.Handler.
func (m masked) WithGroup(name string) slog.Handler { return masked{m.Handler.WithGroup(name)} }

// mask masks the texts and errors of an attribute.
func mask(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(httpx.Mask(v.String()))
	case slog.KindAny:
		switch v := v.Any().(type) {
		case error:
			a.Value = slog.StringValue(httpx.Mask(v.Error()))
		case fmt.Stringer:
			a.Value = slog.StringValue(httpx.Mask(v.String()))
		}
	}
	return a
}
