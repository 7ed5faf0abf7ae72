package workflows

import (
	"fmt"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// listPage is a page of a list that a session reads in an order.
func listPage(sort contract.Sort, apps, older, total, next int) contract.AppsPage {
	return contract.AppsPage{
		Apps: make([]saas.App, apps), Older: older, Cut: older > 0 && sort == contract.SortLastActivity, Total: total, Next: next,
		Walk: contract.Walk{Sort: sort},
	}
}

// tellPositions has a Sync of streams that were counted as it opened take in their pages,
// one after another, and says how far it is said to be at each.
func tellPositions(totals []int, lists ...[]contract.AppsPage) []string {
	st := &contract.SyncState{AppsKnown: make([]int, len(totals)), AppsRead: make([]int, len(totals))}
	for i, total := range totals {
		st.Plan.Streams = append(st.Plan.Streams, contract.Stream{ID: fmt.Sprint(i)})
		st.Result.Streams = append(st.Result.Streams, fmt.Sprint(i))
		st.AppsKnown[i] = max(total, 0)
	}
	st.Plan.Totals = totals
	s := &syncRun{state: st}
	var said []string
	say := func() {
		p, _ := s.currentProgress()
		said = append(said, p.Position().Describe())
	}
	say()
	for i, list := range lists {
		st.Stream, st.Skip, s.lastPage = i, 0, false
		for _, page := range list {
			s.countPage(page)
			say()
			st.Skip = page.Next
		}
	}
	return said
}

func TestTheTotalIsWhatTheSessionReads(t *testing.T) {
	name, latest := contract.SortName, contract.SortLastActivity
	for what, test := range map[string]struct {
		said []string
		want string
	}{
		"a full session of two streams": {
			tellPositions([]int{130, 40}, []contract.AppsPage{listPage(name, 100, 0, 130, 100), listPage(name, 30, 0, 130, -1)}, []contract.AppsPage{listPage(name, 40, 0, 40, -1)}),
			"apps 0 of ~170, apps 100 of ~170, apps 130 of ~170, apps 170 of ~170",
		},
		"an increment that ends on the first pages": {
			tellPositions([]int{55, 8}, []contract.AppsPage{listPage(latest, 55, 45, 300, -1)}, []contract.AppsPage{listPage(latest, 8, 92, 300, -1)}),
			"apps 0 of ~63, apps 55 of ~63, apps 63 of ~63",
		},
		"an increment of two pages, and then one": {
			tellPositions([]int{-1, 8}, []contract.AppsPage{listPage(latest, 100, 0, 300, 100), listPage(latest, 20, 80, 300, -1)}, []contract.AppsPage{listPage(latest, 8, 92, 300, -1)}),
			", apps 100 so far, apps 120 of ~128, apps 128 of ~128",
		},
		"an increment of a page, and then two": {
			tellPositions([]int{28, -1}, []contract.AppsPage{listPage(latest, 28, 72, 300, -1)}, []contract.AppsPage{listPage(latest, 100, 0, 300, 100), listPage(latest, 20, 80, 300, -1)}),
			"apps 0 of ~28 in 1 of 2 streams, apps 28 of ~28 in 1 of 2 streams, apps 128 so far, apps 148 of ~148",
		},
		"an increment without news": {
			tellPositions([]int{0, 0}, []contract.AppsPage{listPage(latest, 0, 100, 300, -1)}, []contract.AppsPage{listPage(latest, 0, 100, 300, -1)}),
			", , ",
		},
		"a full session that goes back a few days": {
			tellPositions([]int{130}, []contract.AppsPage{listPage(name, 40, 60, 130, 100), listPage(name, 10, 20, 130, -1)}),
			"apps 0 of ~130, apps 100 of ~130, apps 130 of ~130",
		},
		"a tenant that tells no total": {
			tellPositions([]int{-1}, []contract.AppsPage{listPage(name, 100, 0, -1, 100), listPage(name, 30, 0, -1, -1)}),
			", apps 100 so far, apps 130 of ~130",
		},
		"a session whose streams an older version did not count": {
			tellPositions([]int{-1, -1}, []contract.AppsPage{listPage(name, 100, 0, 130, 100), listPage(name, 30, 0, 130, -1)}, []contract.AppsPage{listPage(name, 40, 0, 40, -1)}),
			", apps 100 of ~130 in 1 of 2 streams, apps 130 of ~130 in 1 of 2 streams, apps 170 of ~170",
		},
	} {
		if got := strings.Join(test.said, ", "); got != test.want {
			t.Errorf("%s:\nsaid %s\nwant %s", what, got, test.want)
		}
	}
}

// TestAListThatIsReadAgainIsCountedOnce: rows that moved make it so.
func TestAListThatIsReadAgainIsCountedOnce(t *testing.T) {
	st := &contract.SyncState{AppsKnown: []int{130}, AppsRead: []int{130}, Skip: 100, List: contract.AppList{Passes: 1}}
	st.Plan.Streams, st.Plan.Totals = []contract.Stream{{ID: "s"}}, []int{130}
	s := &syncRun{state: st}
	s.countPage(listPage(contract.SortName, 30, 0, 130, -1))
	p, _ := s.currentProgress()
	if got := p.Position().Describe(); got != "apps 130 of ~130" || p.Uncounted != 0 {
		t.Errorf("%s, %d uncounted", got, p.Uncounted)
	}
}

func TestTheSessionsPageTellsOfStreamsThatAreNotCounted(t *testing.T) {
	r := contract.SessionResult{Outcome: saas.OutcomeRunning, Began: began, StartedBy: "schedule"}
	p := contract.Progress{Phase: "carrying over users", At: began, AppsRead: 27, AppsKnown: 28, Uncounted: 1, Streams: []string{"a", "b"}}
	for _, test := range []struct {
		known int
		want  string
	}{{28, "UTC: apps 27 of ~28 in 1 of 2 streams.\n"}, {0, "UTC: apps 27 so far.\n"}} {
		if p.AppsKnown = test.known; !strings.Contains(renderSession(r, p, nil), test.want) {
			t.Errorf("%q is missing in\n%s", test.want, renderSession(r, p, nil))
		}
	}
	if p.AppsRead = 0; strings.Contains(renderSession(r, p, nil), "apps 0") || !strings.Contains(renderSession(r, p, nil), "UTC.\n") {
		t.Errorf("nothing is known, and yet\n%s", renderSession(r, p, nil))
	}
}
