package preflight

import (
	"strings"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

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
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, behaving(small(), tc.l))
			p := r.must(contract.OpenSessionParams{})
			r.ResetRequests()
			before := r.Counts()
			got, err := r.checker.CheckLists(t.Context(), p.Plan)
			if err != nil || len(got.Doubts) != len(tc.doubts) || len(tc.doubts) == 0 && len(got.Well) != 3 {
				t.Errorf("%+v, %v", got, err)
			}
			for i, says := range tc.doubts {
				if !strings.Contains(strings.Join(got.Doubts, "\n"), says) {
					t.Errorf("doubt %d is not told: %q", i, got.Doubts)
				}
			}
			if n := r.Requests().Defender.Requests; n > 6 || r.Counts() != before {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestThereIsNothingToCheckOfListsWithoutUsers(t *testing.T) {
	for name, plan := range map[string]contract.Plan{
		"no page": {}, "no apps": {First: &contract.AppsPage{}}, "no users": {First: &contract.AppsPage{Apps: []saas.App{{ID: "1"}, {ID: "2"}}}},
	} {
		if app, ok := findLongest(plan); ok {
			t.Errorf("%s: %+v", name, app)
		}
	}
}

// What is answered to the last page is part of the finding; else it is a failure.
func TestAFailedLookAtListsIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.must(contract.OpenSessionParams{})
		for skip := range int64(2) {
			r.DefenderDoor.BreakDown(skip+1, 1000)
			if got, err := r.checker.CheckLists(t.Context(), p.Plan); httpx.KindOf(err) != httpx.KindServer {
				t.Errorf("from request %d: %+v, %v", skip+1, got, err)
			}
		}
	})
}
