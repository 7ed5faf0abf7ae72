package appsync

import (
	"context"
	"errors"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// createRecord makes a record, under the first of the app's names that is free.
// When an answer is lost, or a name is taken by a record that was not found
// before, it looks again and goes by what it finds.
func (w *write) createRecord(ctx context.Context) error {
	r, it := w.run, w.item
	defer r.lockName(it.app)()
	var last error
	for name := w.currentName(); name != ""; {
		id, err := w.offerNew(ctx, r.wantRecord(it.app, name, saas.Record{}))
		if err == nil {
			it.ref.SaaS, it.ref.New = id, !saas.IsImaginary(id)
			return nil
		}
		last = err
		taken := httpx.KindOf(err) == httpx.KindConflict
		if ctx.Err() != nil || !taken && !mayHaveCreated(err) {
			return err
		}
		d, current, lookErr := w.lookAgain(ctx, name, taken)
		switch {
		case lookErr != nil:
			return lookErr
		case d.Action == saas.ActionUseOurs:
			// Fields may be missing: a record is made without those that are
			// refused, and the others are written afterwards.
			it.ref.SaaS, it.ref.ActiveUsers, it.createTried = d.ID, current.ActiveUsers, true
			w.decision.Decision, w.decision.Name, w.current = d, name, current
			return w.updateRecord(ctx)
		case d.Action == saas.ActionAdopt:
			it.did, it.ref.SaaS, it.ref.Ours = adopted, d.ID, false
			return nil
		case !taken:
			return err
		case d.Name == name:
			// No record that we can see has the name: one that is deleted has it,
			// or one whose name the tenant does not tell from it.
			r.rememberUntaken(saas.FieldName, name, quoteRefusal(err))
		}
		name = w.nextName(name)
	}
	return last
}

// mayHaveCreated reports whether a record may exist after a create that failed.
func mayHaveCreated(err error) bool {
	return httpx.KindOf(err).Retryable() && !errors.Is(err, httpx.ErrSingledOut)
}

// lookAgain decides anew after a create failed. Where a name is taken and no
// filter finds by which record, all records are looked through.
func (w *write) lookAgain(ctx context.Context, name string, taken bool) (d saas.Decision, current saas.Record, err error) {
	r := w.run
	apps := []saas.App{w.item.app}
	decide := func(records []saas.Record, err error) error {
		if err != nil {
			return err
		}
		decisions, byID, err := r.decideRecords(ctx, apps, records)
		if err == nil {
			d = decisions[0]
			current = byID[d.ID]
		}
		return err
	}
	err = decide(r.findRecords(ctx, apps, saas.Spellings()...))
	if err == nil && taken && d.ID == "" && d.Name == name {
		err = decide(r.engine.findSameNames(ctx, name))
	}
	return d, current, err
}

// quoteRefusal returns what the tenant said, without what we were doing.
func quoteRefusal(err error) string {
	var e *httpx.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}
