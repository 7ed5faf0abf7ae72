package preflight

import (
	"context"
	"fmt"

	"defendersync/internal/applist"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// maxProbes bounds how many apps are asked about before the tenant, and no
// single app, is taken to be at fault.
const maxProbes = 3

// probeLists reads the first page of apps, which the session then need not read
// again, and finds out which endpoint has an app's users. An app that cannot be
// read is no reason to fail while another can.
func (c *Checker) probeLists(ctx context.Context, in contract.OpenSessionParams, found *Findings) error {
	namer, err := newNamer(in.Policy)
	if err != nil {
		return err
	}
	if found.First == nil {
		found.settleSorting()
		page, err := c.readFirstApps(ctx, found)
		if err != nil {
			return err
		}
		found.First, found.Dialect = &page, page.Dialect
		found.addNotes(page.Notes...)
	}
	if in.Previous.Probed && found.First.Cut {
		// How users are asked for was found out before: the request is better
		// spent on whether the list may be cut where it was.
		return c.proveCut(ctx, found)
	}
	return c.probeApps(ctx, namer, found)
}

// readFirstApps reads the first page of apps. When that page cannot be read and
// the one after it can, it is lost, and the session goes on without it.
func (c *Checker) readFirstApps(ctx context.Context, found *Findings) (contract.AppsPage, error) {
	in := contract.FetchAppsParams{Stream: found.Streams[0], Window: found.Window, Dialect: found.Dialect}
	page, err := c.apps.ReadPage(ctx, in)
	found.firstTries++
	kind := httpx.KindOf(err)
	if err == nil || kind.Retryable() && found.firstTries < maxAttempts || !httpx.IsAboutRequest(err) || httpx.IsUnknownShape(err) {
		return page, err
	}
	lost := applist.LosePage(in, err)
	in.Skip = lost.Next
	after, afterErr := c.apps.ReadPage(ctx, in)
	if afterErr != nil || len(after.Apps) == 0 {
		return contract.AppsPage{}, err
	}
	lost.Dialect = after.Dialect
	return lost, nil
}

// proveCut reads the second page of a list of apps that was cut on its first
// one: a server that sorts each page by itself shows rows there that are newer
// than those at which the list was cut.
func (c *Checker) proveCut(ctx context.Context, found *Findings) error {
	first := found.First
	page, err := c.apps.ReadPage(ctx, contract.FetchAppsParams{
		Stream: found.Streams[0], Window: found.Window, Skip: contract.PageSize, Dialect: found.Dialect, Walk: first.Walk,
	})
	if err != nil || !page.Walk.Whole {
		return err
	}
	first.Cut, first.Next, first.Walk.Whole = false, contract.PageSize, true
	found.Dialect.AppsUnsorted = found.Dialect.AppsUnsorted || page.Dialect.AppsUnsorted
	found.addNotes(page.Notes...)
	return nil
}

// probeApps asks for the users of the first app that has any, and of others
// while only that app may be at fault.
func (c *Checker) probeApps(ctx context.Context, namer *saas.Namer, found *Findings) error {
	var first error
	probes := 0
	for _, app := range found.First.Apps {
		if app.Users == 0 {
			continue
		}
		err := c.probeUsers(ctx, namer, app, found)
		if err == nil || !mayBeOneApps(err) {
			return err
		}
		if first == nil {
			first = err
		}
		if probes++; probes == maxProbes {
			break
		}
	}
	return first
}

// mayBeOneApps reports whether a failure may be that of a single app.
func mayBeOneApps(err error) bool {
	switch httpx.KindOf(err) {
	case httpx.KindServer, httpx.KindBadAnswer, httpx.KindRefused, httpx.KindNotFound:
		return true
	}
	return false
}

// probeUsers finds out from one app how users are asked for.
func (c *Checker) probeUsers(ctx context.Context, namer *saas.Namer, app saas.App, found *Findings) error {
	page, err := c.defender.ReadUsers(ctx, listing.UserQuery{
		Stream: found.Streams[0].ID, App: app.ID, Timeframe: found.Window.Timeframe, Known: found.Dialect, Fit: namer.Fit, Choose: true,
	})
	if err != nil {
		return err
	}
	found.Dialect, found.Sample = page.Dialect, sampleUsers(namer, page)
	if len(page.Users) == 0 && app.Users > 0 {
		found.addNotes(fmt.Sprintf("Defender counts %d users of %q but lists none of them", app.Users, app.Name))
	}
	return nil
}
