package temporalx

import (
	"context"
	"fmt"
	"log/slog"

	"defendersync/internal/mask"
)

// maskingHandler removes personal data from log records. The SDK logs the errors of
// activities, in which a peer may repeat what it was sent about a person.
type maskingHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (m maskingHandler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, mask.Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(maskAttr(a))
		return true
	})
	return m.Handler.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (m maskingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = maskAttr(a)
	}
	return maskingHandler{m.Handler.WithAttrs(out)}
}

// WithGroup implements slog.Handler.
func (m maskingHandler) WithGroup(name string) slog.Handler {
	return maskingHandler{m.Handler.WithGroup(name)}
}

// maskAttr masks an attribute's strings and errors.
func maskAttr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(mask.Text(v.String()))
	case slog.KindAny:
		switch v := v.Any().(type) {
		case error:
			a.Value = slog.StringValue(mask.Text(v.Error()))
		case fmt.Stringer:
			a.Value = slog.StringValue(mask.Text(v.String()))
		}
	}
	return a
}
