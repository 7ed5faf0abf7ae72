package oomnitza

import (
	"context"
	"errors"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/culprit"
	"defendersync/internal/httpx"
)

// lookUp reads all rows whose field has one of the values, in as many requests
// as that takes, side by side. Rows arrive in no order, and some may come
// twice; visit is never called twice at a time. Values that the tenant can't be
// asked for, while it can be asked for others, are left out and returned.
func (c *Client) lookUp(ctx context.Context, op, path, field string, values []string, visit func(batch []string, rows []row) error) ([]culprit.Refused[string], error) {
	l := lookup{client: c, op: op, path: path, field: field, visit: visit}
	group, ctx := errgroup.WithContext(ctx)
	for _, batch := range splitValues(field, values) {
		group.Go(func() error { return l.askBatch(ctx, batch) })
	}
	err := group.Wait()
	return l.refused, err
}

// lookup is one question for many values.
type lookup struct {
	client          *Client
	op, path, field string
	visit           func(batch []string, rows []row) error

	mu      sync.Mutex
	refused []culprit.Refused[string]
	loose   bool // the filter is known to work, and to compare more generously than we do
}

// askBatch asks for some values at once. Where that is refused although a
// harmless value is not, the batch is halved until the culprits are alone.
func (l *lookup) askBatch(ctx context.Context, values []string) error {
	ask := func(part []string) error { return l.askValues(ctx, part, quoteValue) }
	err := ask(values)
	if err == nil || ctx.Err() != nil || (!aboutValues(err) && !errors.Is(err, errStrays)) {
		return err
	}
	if l.askHarmless(ctx) != nil {
		return err
	}
	if errors.Is(err, errStrays) {
		l.mu.Lock()
		l.loose = true
		l.mu.Unlock()
	}
	// Each part is asked for anew, the whole first: it may have been a blip.
	refused, _, err := culprit.Halve(values, ask, func(err error) bool {
		// A tenant that goes down meanwhile refuses nothing.
		return aboutValues(err) && (!httpx.KindOf(err).Retryable() || l.askHarmless(ctx) == nil)
	})
	if err != nil {
		return err
	}
	for _, r := range refused {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !l.askOtherwise(ctx, r.Item) {
			l.mu.Lock()
			l.refused = append(l.refused, r)
			l.mu.Unlock()
		}
	}
	return nil
}

// askValues reads the rows of some values, written as the given quoting has it.
func (l *lookup) askValues(ctx context.Context, values []string, quoting func(string) string) error {
	filter := anyOfQuoted(l.field, values, quoting)
	return l.client.readList(ctx, l.op, l.path, filter, func(rows []row) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if err := l.visit(values, rows); err != nil && !(l.loose && errors.Is(err, errStrays)) {
			return err
		}
		return nil
	})
}

// askOtherwise asks for a refused value with other quotes, where its own may be
// what is refused, and then by a pattern without the odd characters.
func (l *lookup) askOtherwise(ctx context.Context, value string) bool {
	if !strings.ContainsAny(value, `"\'`) {
		return l.askByPattern(ctx, value)
	}
	for _, quoting := range []func(string) string{quoteSingle, quoteDoubled} {
		if l.askValues(ctx, []string{value}, quoting) == nil {
			return true
		}
	}
	return l.askByPattern(ctx, value)
}

// askHarmless asks for a value that no tenant takes offence at, and none has.
func (l *lookup) askHarmless(ctx context.Context) error {
	rows, _, err := l.client.readPage(ctx, l.op, listPath(l.path, anyOf(l.field, []string{noSuchName}), 1, 0))
	if err == nil {
		err = filterIgnored(l.op, len(rows), 0)
	}
	return err
}

// aboutValues reports whether a failure may be because of what was asked for: a
// parser that trips over a quote, a firewall that takes a name for an attack.
func aboutValues(err error) bool {
	var e *httpx.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Kind {
	case httpx.KindRefused, httpx.KindUnauthorized, httpx.KindServer, httpx.KindNetwork, httpx.KindBadAnswer, httpx.KindNotFound, httpx.KindConflict:
		return true
	}
	return e.Kind == httpx.KindConfig && e.Status != 0 // a redirect
}
