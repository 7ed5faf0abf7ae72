package applist

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestAWholeListIsReadToItsEndAPageAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400})
		pages := r.list(wholeWindow)
		got, _, _, _ := found(pages)
		want := r.rows()
		if len(pages) != 3 || len(got) != len(want) {
			t.Fatalf("%d apps were read on %d pages, there are %d", len(got), len(pages), len(want))
		}
		for id, app := range got {
			if row, ok := want[id]; !ok || app.Users != row.Users {
				t.Errorf("app %+v, Defender has %+v", app, row)
			}
		}
		r.CheckContract()
	})
}

func TestAListByLastActivityEndsAtTheThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400})
		w := r.since(20) // in the middle of what there is, so that both sides have rows
		want := map[string]bool{}
		for id, row := range r.rows() {
			if !row.LastActivity.Before(w.Threshold) {
				want[id] = true
			}
		}
		r.ResetRequests()
		pages := r.list(w)
		got, _, _, _ := found(pages)
		for id, app := range got {
			if !want[id] {
				t.Errorf("app %s of %s is older than the threshold", id, app.LastActivity)
			}
			delete(want, id)
		}
		if last := pages[len(pages)-1]; len(got) == 0 || len(want) > 0 || !last.Cut || last.Older == 0 {
			t.Errorf("%d apps were read; missing %v; cut %v after %d older ones", len(got), want, last.Cut, last.Older)
		}
		if asked, needed := len(r.Requests().Pages), len(got)/100+1; asked != needed {
			t.Errorf("%d pages were asked for, %d hold what is newer", asked, needed)
		}
	})
}

func TestAListByNameLeavesOutWhatIsOldAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400})
		w := wholeWindow
		w.Threshold = r.Now().AddDate(0, 0, -20)
		pages := r.list(w)
		got, _, _, _ := found(pages)
		want := 0
		for _, row := range r.rows() {
			if !row.LastActivity.Before(w.Threshold) {
				want++
			}
		}
		for id, app := range got {
			if app.LastActivity.Before(w.Threshold) {
				t.Errorf("app %s of %s is beyond the lookback", id, app.LastActivity)
			}
		}
		if len(got) != want || len(pages) != 3 || pages[2].Cut {
			t.Errorf("%d apps were read on %d pages, %d lie within the lookback", len(got), len(pages), want)
		}
	})
}

func TestBadRowsOfAppsAreCountedAndNamedWhereTheyCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 300, People: 50, Pairs: 400, Faults: simulator.Faults{BadApps: 0.2}})
		pages := r.list(wholeWindow)
		for _, page := range pages {
			unnamed := false
			for _, s := range page.Rejects.Samples {
				unnamed = unnamed || s.App == ""
			}
			if unnamed != page.Unidentified {
				t.Errorf("nameless is %v for %+v", page.Unidentified, page.Rejects.Samples)
			}
		}
		got, rejects, nameless, _ := found(pages)
		if want := len(r.rows()); len(got) != want || rejects.Total() == 0 || !nameless {
			t.Errorf("%d apps were read, %d rows are good; rejects %+v, nameless %v", len(got), want, rejects, nameless)
		}
	})
}

func TestAServerThatDoesNotTurnPagesIsFoundOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, simulator.Options{Apps: 250, People: 50, Pairs: 400, Variants: simulator.Variants{IgnoreSkip: true}})
		in := r.first(wholeWindow)
		page := r.fetch(in)
		in.Skip, in.Walk = page.Next, page.Walk
		if _, err := r.reader.FetchPage(t.Context(), in, true); httpx.KindOf(err) != httpx.KindContract || !strings.Contains(err.Error(), "the server ignores skip") {
			t.Errorf("the second page ended with %v", err)
		}
	})
}

func TestAppsThatComeInAnyOrderAreAllRead(t *testing.T) {
	for _, sort := range []string{"", "other", "ascending", "slight"} {
		inBubble(t, "sort "+sort, func(t *testing.T) {
			r := newRig(t, many(simulator.ListSwitches{Sort: sort, SortOf: "apps"}))
			w := r.since(15)
			apps, rejects, _, notes := found(r.list(w))
			for id, row := range r.rows() {
				if _, read := apps[id]; !read && saas.IsNewer(row.LastActivity, w.Threshold) {
					t.Errorf("app %s is missing", id)
				}
			}
			if plainly := sort != "" && sort != "slight"; rejects.Total() > 0 || slices.Contains(notes, NoteUnsorted) != plainly {
				t.Errorf("rejects %+v, notes %q", rejects, notes)
			}
			r.CheckContract()
		})
	}
}

func TestAListIsBegunInTheOrderThatTheTenantIsKnownToHave(t *testing.T) {
	for name, tc := range map[string]struct {
		in   contract.FetchAppsParams
		want contract.Sort
	}{
		"a whole list":                         {contract.FetchAppsParams{Window: wholeWindow}, contract.SortName},
		"what is newer":                        {contract.FetchAppsParams{Window: saas.Window{Mode: saas.ModeIncremental}}, contract.SortLastActivity},
		"what is newer, known not to be":       {contract.FetchAppsParams{Window: saas.Window{Mode: saas.ModeIncremental}, Dialect: contract.Dialect{AppsUnsorted: true}}, contract.SortName},
		"one that was begun by last activity":  {contract.FetchAppsParams{Dialect: contract.Dialect{AppsUnsorted: true}, Walk: contract.Walk{Sort: contract.SortLastActivity}}, contract.SortLastActivity},
		"one that was begun by name, in a day": {contract.FetchAppsParams{Window: saas.Window{Mode: saas.ModeIncremental}, Walk: contract.Walk{Sort: contract.SortName}}, contract.SortName},
	} {
		if got := chooseSort(tc.in); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
