package appsync

import (
	"context"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// buildResult puts together what became of the page.
func (r *pageRun) buildResult(ctx context.Context) (contract.UpsertAppsResult, error) {
	out := contract.UpsertAppsResult{Counts: saas.AppCounts{Seen: len(r.page.Apps)}}
	for _, it := range r.items {
		it.addTo(&out, r.page.Stream)
		r.noteChange(it)
	}
	looked, err := r.checkCreator(ctx, out.Refs)
	if err != nil {
		return out, err
	}
	out.CreatorChecked = looked
	out.Claims = r.listClaims(ctx, out.Refs)
	out.Untaken, out.Notes = r.untaken, r.notes.List()
	return out, nil
}

// noteChange has a dry run's list take in what would become of an app.
func (r *pageRun) noteChange(it *item) {
	if r.changes == nil || it.reason != "" {
		return
	}
	dry := r.target.(*dryRun)
	before, after := dry.compareRecord(it.ref.SaaS, it.record)
	did := changelist.ActionKeep
	switch {
	case it.did == created:
		did = changelist.ActionCreate
	case it.decided == saas.ActionAdopt:
		did = changelist.ActionAdopt
	case it.did == updated:
		did = changelist.ActionChange
	}
	r.changes.NoteApp(it.app, it.ref.SaaS, did, before, after)
}

// addTo counts what became of one app.
func (it *item) addTo(out *contract.UpsertAppsResult, stream string) {
	if it.reason != "" {
		out.Counts.Rejected++
		out.Retry = append(out.Retry, it.app.ID)
		out.Rejects.Add(saas.Reject{
			Reason: it.reason, Stream: stream, App: it.app.ID, Subject: it.app.Name, Detail: it.failure.Error(),
		}, saas.MaxSamples)
		if it.ref.SaaS != "" {
			out.Refs = append(out.Refs, it.ref)
		}
		return
	}
	switch it.did {
	case created:
		out.Counts.Created++
	case updated:
		out.Counts.Updated++
	case unchanged:
		out.Counts.Unchanged++
	case adopted:
		out.Counts.Adopted++
	}
	out.Refs = append(out.Refs, it.ref)
}
