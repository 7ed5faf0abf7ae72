package appsync

import (
	"context"
	"strings"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// write is one try to bring an app's record about.
type write struct {
	run      *pageRun
	item     *item
	decision saas.Settled
	current  saas.Record // as found; zero where there is none
	try      int

	done    bool
	renamed bool // the name that the record had is free
}

// carryOut creates the app's record or brings it up to date.
func (w *write) carryOut(ctx context.Context) {
	w.done = true
	it, policy := w.item, w.run.page.Policy
	it.decided, it.record = w.decision.Action, w.current
	it.ref, it.did = contract.AppRef{App: it.app.ID, SaaS: w.decision.ID, Users: it.app.Users}, nothing
	if own := policy.Threshold(it.app.Name); own != policy.Threshold("") {
		it.ref.Threshold = own
	}
	switch w.decision.Action {
	case saas.ActionAdopt:
		it.did = adopted
		it.failure = w.fillWebsite(ctx)
	case saas.ActionUseOurs:
		it.ref.Ours, it.ref.ActiveUsers = true, w.current.ActiveUsers
		it.failure = w.updateRecord(ctx)
	default:
		it.ref.Ours, it.did = true, created
		it.failure = w.createRecord(ctx)
		it.createTried = true
	}
}

// fillWebsite writes the website of an adopted record that has none, if the policy says
// so. A tenant that does not take it has the record as it was.
func (w *write) fillWebsite(ctx context.Context) error {
	field, want := saas.FieldWebsite, w.current
	want.Website = saas.MapApp(w.item.app).Website
	if !w.run.page.Policy.FillWebsites || strings.TrimSpace(w.current.Website) != "" || want.Website == "" {
		return nil
	}
	if words, untaken := w.run.isUntaken(field, want.Website); untaken {
		w.run.noteUntaken(field, words)
		return nil
	}
	now := w.current
	err := w.changeFields(ctx, &now, want, []saas.Field{field})
	switch {
	case err == nil:
		w.item.did = updated
	case w.refusesContent(ctx, err):
		w.run.rememberUntaken(field, want.Website, quoteRefusal(err))
		return nil
	}
	return err
}

// updateRecord writes the fields that differ.
func (w *write) updateRecord(ctx context.Context) error {
	it := w.item
	changed, same := updated, unchanged
	if it.createTried { // in an earlier round, and the answer was lost
		changed, same = created, created
	}
	for name := w.currentName(); ; {
		want := w.run.wantRecord(it.app, name, w.current)
		if isSameRecord(want, w.current) {
			it.did = same
			return nil
		}
		err := w.offerChange(ctx, want)
		switch {
		case err == nil:
			it.did = changed
			w.renamed = saas.NameKey(want.Name) != saas.NameKey(w.current.Name)
			return nil
		case httpx.KindOf(err) != httpx.KindConflict || want.Name == w.current.Name:
			return err
		}
		// A record that we cannot see is in the way; the next name will do.
		w.run.rememberUntaken(saas.FieldName, want.Name, quoteRefusal(err))
		name = w.nextName(want.Name)
	}
}
