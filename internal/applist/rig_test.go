package applist

import (
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// rig is both simulated tenants with a reader.
type rig struct {
	*sandbox.Sandbox
	t      *testing.T
	reader Reader
	stream contract.Stream // the first one
}

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	r := &rig{t: t, Sandbox: sandbox.OpenSandbox(t, o)}
	client := r.NewClients().Defender
	r.reader = New(client)
	list, err := client.Streams(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.stream = contract.Stream{ID: list.Streams[0].ID, Name: list.Streams[0].Name}
	return r
}

// many is a tenant with a list of apps of three pages.
func many(l simulator.ListSwitches) simulator.Options {
	o := simulator.Options{Apps: 260, People: 50, Pairs: 500}
	o.Variants.Unkind.Lists = l
	return o
}

// inBubble runs a subtest in which all waits are virtual.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// wholeWindow is the window of a session that reads everything.
var wholeWindow = saas.Window{Mode: saas.ModeFull, Timeframe: 90}

// since is the window of a session that reads what is newer than so long ago.
func (r *rig) since(days int) saas.Window {
	return saas.Window{Mode: saas.ModeIncremental, Timeframe: 90, Threshold: r.Now().AddDate(0, 0, -days)}
}

// first asks for the first page of the first stream.
func (r *rig) first(w saas.Window) contract.FetchAppsParams {
	return contract.FetchAppsParams{Stream: r.stream, Window: w}
}

// fetch reads a page that can be read, or given up.
func (r *rig) fetch(in contract.FetchAppsParams) contract.AppsPage {
	r.t.Helper()
	page, err := r.reader.FetchPage(r.t.Context(), in, true)
	if err != nil {
		r.t.Fatal(err)
	}
	return page
}

// list reads a list to its end, as a session does, page by page.
func (r *rig) list(w saas.Window) (pages []contract.AppsPage) {
	r.t.Helper()
	for in := r.first(w); in.Skip >= 0; {
		page := r.fetch(in)
		pages = append(pages, page)
		in.Skip, in.Walk, in.Dialect = page.Next, page.Walk, page.Dialect
	}
	return pages
}

// found is what pages have together.
func found(pages []contract.AppsPage) (apps map[string]saas.App, rejects saas.Tally, nameless bool, notes []string) {
	apps = map[string]saas.App{}
	for _, page := range pages {
		for _, app := range page.Apps {
			apps[app.ID] = app
		}
		rejects.Merge(page.Rejects, saas.MaxSamples)
		nameless = nameless || page.Unidentified
		notes = append(notes, page.Notes...)
	}
	return apps, rejects, nameless, notes
}

// rows are the good rows that the stream shows of its apps, by id.
func (r *rig) rows() map[string]simulator.TruthRow {
	out := map[string]simulator.TruthRow{}
	for app := range r.Truth() {
		for _, row := range app.Rows {
			if row.Stream == r.stream.ID && row.Bad == "" {
				out[app.ID] = row
			}
		}
	}
	return out
}
