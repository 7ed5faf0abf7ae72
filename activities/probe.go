package activities

import (
	"context"
	"fmt"
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// recall is what the session before found out about how lists are sorted.
func recall(previous contract.Carry) contract.Dialect {
	return contract.Dialect{
		AppsUnsorted:  slices.Contains(previous.Unsorted, contract.UnsortedApps),
		UsersUnsorted: slices.Contains(previous.Unsorted, contract.UnsortedUsers),
	}
}

// recall drops what the session before knew of the sorting when this one reads
// whole lists, which shows it anew, and else tells of it.
func (p *Findings) recall() {
	d := &p.Dialect
	if p.Window.Threshold.IsZero() {
		d.AppsUnsorted, d.UsersUnsorted = false, false
	}
	if d.UsersUnsorted {
		p.note([]string{listing.NoteUsersUnsorted})
	}
	if d.AppsUnsorted && p.Window.Mode != saas.ModeFull {
		p.note([]string{NoteAppsUnsorted})
	}
}

// probe reads the first page of apps, which the session then need not read
// again, and finds out which endpoint tells an app's users. An app that can't
// be read is no reason to fail while another can.
func (a *Activities) probe(ctx context.Context, in contract.OpenSessionParams, plan *Findings) error {
	namer, err := saas.NewNamer(in.Policy)
	if err != nil {
		return &httpx.Error{Peer: "settings", Op: "read the username rules", Kind: httpx.KindConfig, Err: err}
	}
	if plan.First == nil {
		plan.recall()
		page, err := a.firstApps(ctx, plan)
		if err != nil {
			return err
		}
		plan.First, plan.Dialect = &page, page.Dialect
		plan.note(page.Notes)
	}
	if in.Previous.Probed && plan.First.Cut {
		// How users are asked for was found out before: the request is better
		// spent on whether the list may be cut where it was.
		return a.provePages(ctx, plan)
	}
	var failed error // of the first app
	tried := 0
	for _, app := range plan.First.Apps {
		if app.Users == 0 {
			continue
		}
		err := a.probeUsers(ctx, namer, app, plan)
		tried++
		if err == nil || !oneApp(err) {
			return err
		}
		if failed == nil {
			failed = err
		}
		if tried == probeApps {
			break
		}
	}
	return failed
}

// firstApps reads the first page of apps. When that page can't be read and the
// one after it can, it is lost, and the session goes on without it.
func (a *Activities) firstApps(ctx context.Context, plan *Findings) (contract.AppsPage, error) {
	in := contract.FetchAppsParams{Stream: plan.Streams[0], Window: plan.Window, Dialect: plan.Dialect}
	page, err := a.readApps(ctx, in)
	plan.tries++
	kind := httpx.KindOf(err)
	if err == nil || kind.Retryable() && plan.tries < openAttempts || !httpx.IsAboutRequest(err) || httpx.IsUnknownShape(err) {
		return page, err
	}
	lost := lostApps(in, err)
	in.Skip = lost.Next
	after, afterErr := a.readApps(ctx, in)
	if afterErr != nil || len(after.Apps) == 0 {
		return contract.AppsPage{}, err
	}
	lost.Dialect = after.Dialect
	return lost, nil
}

// provePages reads the second page of a list of apps that was cut on its first
// one: a server that sorts each page by itself shows rows there that are newer
// than those at which the list was cut.
func (a *Activities) provePages(ctx context.Context, plan *Findings) error {
	first := plan.First
	page, err := a.readApps(ctx, contract.FetchAppsParams{
		Stream: plan.Streams[0], Window: plan.Window, Skip: defender.PageSize, Dialect: plan.Dialect, Walk: first.Walk,
	})
	if err != nil {
		return err
	}
	if !page.Walk.Whole {
		return nil
	}
	first.Cut, first.Next, first.Walk.Whole = false, defender.PageSize, true
	plan.Dialect.AppsUnsorted = plan.Dialect.AppsUnsorted || page.Dialect.AppsUnsorted
	plan.note(page.Notes)
	return nil
}

// note adds warnings, each once: a step may be made again.
func (p *Findings) note(texts []string) {
	for _, text := range texts {
		if !slices.Contains(p.Warnings, text) {
			p.Warnings = append(p.Warnings, text)
		}
	}
}

// probeApps bounds how many apps are asked about before it is the tenant, and
// no single app, that is taken to be at fault.
const probeApps = 3

// oneApp reports whether a failure may be that of a single app.
func oneApp(err error) bool {
	switch httpx.KindOf(err) {
	case httpx.KindServer, httpx.KindBadAnswer, httpx.KindRefused, httpx.KindNotFound:
		return true
	}
	return false
}

// probeUsers finds out from one app how users are told.
func (a *Activities) probeUsers(ctx context.Context, namer *saas.Namer, app saas.App, plan *Findings) error {
	got, err := a.defender.ReadUsers(ctx, listing.UserQuery{
		Stream: plan.Streams[0].ID, App: app.ID, Timeframe: plan.Window.Timeframe, Known: plan.Dialect,
		Fit: namer.Fit, Choose: true,
	})
	if err != nil {
		return err
	}
	plan.Dialect, plan.sample = got.Dialect, sampleUsers(namer, got)
	if len(got.Users) == 0 && app.Users > 0 {
		plan.Warnings = append(plan.Warnings, fmt.Sprintf("Defender counts %d users of %q but lists none of them", app.Users, app.Name))
	}
	return nil
}
