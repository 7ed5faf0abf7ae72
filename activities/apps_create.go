package activities

import (
	"context"
	"errors"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// create makes a record, under the first of the app's names that is free. When
// an answer is lost, or a name is taken by a record that was not found before,
// it looks again and goes by what it finds.
func (w *appWrite) create(ctx context.Context, out *appOutcome) error {
	r := w.run
	defer r.alone(w.app)()
	var last error
	for name := w.nameNow(); name != ""; {
		want := r.wanted(w.app, name, saas.Record{})
		id, err := w.offerNew(ctx, want)
		if err == nil {
			out.ref.SaaS, out.ref.New = id, true
			return nil
		}
		last = err
		kind := httpx.KindOf(err)
		if ctx.Err() != nil || (kind != httpx.KindConflict && !kind.Retryable()) {
			return err
		}
		d, current, lookErr := w.lookAgain(ctx, name, kind == httpx.KindConflict)
		switch {
		case lookErr != nil:
			return lookErr
		case d.Action == saas.ActionUseOurs:
			out.ref.SaaS, out.ref.Visited = d.ID, current.ActiveUsers
			return nil
		case d.Action == saas.ActionAdopt:
			out.did, out.ref.SaaS, out.ref.Ours = saas.AppCounts{Adopted: 1}, d.ID, false
			return nil
		case kind != httpx.KindConflict:
			return err
		case d.Name == name:
			// Nothing that we can see has the name: a record that is deleted, or
			// one whose name the tenant does not tell from it.
			r.remember(saas.FieldName, name, said(err))
		}
		name = w.nextName(name)
	}
	return last
}

// lookAgain decides anew after a create failed. Where a name is taken and no
// filter finds by whom, all records are looked through.
func (w *appWrite) lookAgain(ctx context.Context, name string, taken bool) (saas.Decision, saas.Record, error) {
	r := w.run
	apps := []saas.App{w.app}
	records, err := r.a.findRecords(ctx, apps, spellings...)
	if err != nil {
		return saas.Decision{}, saas.Record{}, err
	}
	decisions, byID, err := r.decide(ctx, apps, records)
	if err != nil {
		return saas.Decision{}, saas.Record{}, err
	}
	d := decisions[0]
	if taken && d.ID == "" && d.Name == name {
		if records, err = r.a.sameNames(ctx, name); err == nil {
			decisions, byID, err = r.decide(ctx, apps, records)
		}
		if err != nil {
			return saas.Decision{}, saas.Record{}, err
		}
		d = decisions[0]
	}
	return d, byID[d.ID], nil
}

// said is what the tenant said, without what we were doing.
func said(err error) string {
	var e *httpx.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}
