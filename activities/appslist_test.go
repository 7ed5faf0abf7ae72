package activities

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// many is a tenant with a list of apps of three pages.
func many(l simulator.ListSwitches) simulator.Options {
	return behaving(simulator.Options{Apps: 260, People: 50, Pairs: 500}, l)
}

// increment opens an incremental session whose threshold lies in the middle of
// what there is.
func (r *rig) increment(before contract.Carry) (contract.Plan, map[string]bool) {
	r.t.Helper()
	began := r.sim.Now().Add(-15 * saas.Day)
	before.Watermark, before.LastFull, before.Rules = began, began, r.policy.RulesHash()
	r.policy.FullEvery = 60 * saas.Day
	p := r.open(before)
	if p.Window.Mode != saas.ModeIncremental {
		r.t.Fatalf("the window is %+v", p.Window)
	}
	want := map[string]bool{}
	for id, row := range rows(r, p.Streams[0].ID) {
		if saas.IsNewer(row.LastSeen, p.Window.Threshold) && row.LastSeen.After(p.Began.Add(-30*saas.Day)) {
			want[id] = true
		}
	}
	return p, want
}

// list reads a stream's list of apps as a session does, from the page that
// opening has read.
func (r *rig) list(p contract.Plan) (apps []saas.App, rejects saas.Tally, nameless bool, notes []string) {
	r.t.Helper()
	page := *p.First
	notes = append(notes, p.Warnings...)
	dialect := p.Dialect
	for {
		apps = append(apps, page.Apps...)
		rejects.Merge(page.Rejects, saas.MaxSamples)
		nameless = nameless || page.Unidentified
		notes = append(notes, page.Notes...)
		if page.Next < 0 {
			return apps, rejects, nameless, notes
		}
		in := contract.FetchAppsParams{Stream: p.Streams[0], Window: p.Window, Skip: page.Next, Dialect: dialect, Walk: page.Walk}
		page = must[contract.AppsPage](r, contract.ActivityFetchApps, in)
		dialect = page.Dialect
	}
}

func TestAppsThatComeInAnyOrderAreAllRead(t *testing.T) {
	for _, sort := range []string{"", "other", "ascending", "in-page", "slight"} {
		t.Run("sort "+sort, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, many(simulator.ListSwitches{Sort: sort, SortOf: "apps"}))
			p, want := r.increment(contract.Carry{Probed: true})
			apps, rejects, _, notes := r.list(p)
			for _, app := range apps {
				delete(want, app.ID)
			}
			if len(want) > 0 || rejects.Total() > 0 {
				t.Errorf("missing %v, rejects %+v", want, rejects)
			}
			if plainly := sort != "" && sort != "slight"; slices.Contains(notes, NoteAppsUnsorted) != plainly {
				t.Errorf("notes %q", notes)
			}
			r.clean()
		})
	}
}

func TestAPageOfAppsThatCannotBeReadCostsThatPageAlone(t *testing.T) {
	for _, bad := range []string{"400", "403", "404", "302", "shape"} {
		for _, skip := range []int{0, 100, 200} {
			t.Run(fmt.Sprintf("%s at %d", bad, skip), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, many(simulator.ListSwitches{BadPage: bad, BadSkip: skip, BadOf: "apps"}))
				if bad == "shape" && skip == 0 {
					return // a first page that nobody can read is the tenant's
				}
				p := r.open(contract.Carry{})
				apps, rejects, nameless, _ := r.list(p)
				lost := min(100, 260-skip)
				if !nameless || rejects.Total() < 1 || rejects.ByReason[0].Reason != RejectAppsPage || rejects.Samples[0].Detail == "" {
					t.Errorf("nameless %v, rejects %+v", nameless, rejects)
				}
				if there := len(rows(r, p.Streams[0].ID)); len(apps) != there-min(lost, there-skip) {
					t.Errorf("%d apps of %d were read", len(apps), there)
				}
			})
		}
	}
}

func TestAListOfAppsThatEndsTooSoonIsTold(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"after a page":    {Cut: 100, CutOf: "apps"},
		"within a page":   {Cut: 130, CutOf: "apps"},
		"more for ever":   {Cut: 130, CutOf: "apps", HasNext: "again"},
		"refused to skip": {MaxSkip: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, many(l))
			p := r.open(contract.Carry{})
			apps, rejects, nameless, _ := r.list(p)
			there := len(rows(r, p.Streams[0].ID))
			if len(apps) != max(l.Cut, l.MaxSkip) || !nameless || rejects.Total() != there-len(apps) {
				t.Errorf("%d apps of %d were read, nameless %v, rejects %+v", len(apps), there, nameless, rejects)
			}
		})
	}
}

func TestTheEndOfAListOfAppsIsFoundWhateverHasNextAndTotalSay(t *testing.T) {
	for name, l := range map[string]simulator.ListSwitches{
		"never more": {HasNext: "never"}, "always more": {HasNext: "always"}, "the same for ever": {HasNext: "again"},
		"overlapping pages": {Overlap: 7}, "a total of 0": {Total: "zero"}, "a total in letters": {Total: "text"}, "no total": {Total: "null"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, many(l))
			p := r.open(contract.Carry{})
			apps, rejects, _, _ := r.list(p)
			met := map[string]bool{}
			for _, app := range apps {
				met[app.ID] = true
			}
			if there := len(rows(r, p.Streams[0].ID)); len(met) != there || rejects.Total() > 0 {
				t.Errorf("%d apps of %d were read, rejects %+v", len(met), there, rejects)
			}
		})
	}
}

func TestCheckTellsHowListsBehave(t *testing.T) {
	for name, tc := range map[string]struct {
		l      simulator.ListSwitches
		doubts []string
	}{
		"as asked":            {simulator.ListSwitches{}, nil},
		"not sorted":          {simulator.ListSwitches{Sort: "other"}, []string{"does not sort the list of apps", "does not sort the users"}},
		"sorted within pages": {simulator.ListSwitches{Sort: "in-page", SortOf: "users"}, []string{"does not sort the users"}},
		"cut off":             {simulator.ListSwitches{Cut: 100, CutOf: "users"}, []string{"can't be read to their end"}},
		"refused to skip":     {simulator.ListSwitches{MaxSkip: 100}, []string{"can't be read to their end"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, behaving(small(), tc.l))
			p := r.open(contract.Carry{})
			r.sim.ResetRequests()
			before := r.sim.Counts()
			got, err := r.CheckLists(t.Context(), p)
			if err != nil || len(got.Doubts) != len(tc.doubts) || len(tc.doubts) == 0 && len(got.Well) != 3 {
				t.Errorf("%+v, %v", got, err)
			}
			for i, says := range tc.doubts {
				if !strings.Contains(strings.Join(got.Doubts, "\n"), says) {
					t.Errorf("doubt %d is not told: %q", i, got.Doubts)
				}
			}
			if n := r.sim.Requests().Defender.Requests; n > 6 || r.sim.Counts() != before {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestAListIsNotShortWhereNothingTellsOfItsLength(t *testing.T) {
	p := contract.AppsPage{Walk: contract.Walk{}}
	if listing.FindLength(p.Walk).CountMissing(10) != 0 {
		t.Error("a list is short although nothing tells of its length")
	}
}

// behaving is a tenant whose lists behave in a way.
func behaving(o simulator.Options, l simulator.ListSwitches) simulator.Options {
	o.Variants.Unkind.Lists = l
	return o
}
