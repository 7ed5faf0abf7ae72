package activities

import (
	"net/http"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/testing/openapi"
	"defendersync/internal/testing/simulator"
)

// TestASessionsRequestsAndTheirAnswersAreValidByTheVendorsDescription carries a
// whole tenant over, and again a day later, past records, people and roles that
// others made: what the product sends is valid by Oomnitza's own description of
// its API, and so is what the simulated Oomnitza answers.
func TestASessionsRequestsAndTheirAnswersAreValidByTheVendorsDescription(t *testing.T) {
	doc, err := openapi.Oomnitza()
	if err != nil {
		t.Fatal(err)
	}
	o := small()
	o.SameNames, o.ExistingPeople, o.ExistingApps, o.AppRoles, o.Names, o.Streams = 1, 0.3, 0.4, true, simulator.RealisticNames(), 2
	r := newRig(t, o)
	watched := openapi.WatchHandler(doc, r.sim.Oomnitza())
	r.oomnitzaAt.Post(func(w http.ResponseWriter, req *http.Request) bool {
		watched.ServeHTTP(w, req)
		return true
	})
	r.Activities = r.worker()
	for range 2 {
		plan := r.open(contract.Carry{})
		for stream := range plan.Streams {
			must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(plan, stream))
		}
		r.sim.AdvanceDays(1, simulator.ChangeOptions{NewApps: 1, NewPairs: 0.05})
	}
	records := 0
	for _, err := range r.oomnitza.AllSaaS(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		records++
	}
	answers, problems := watched.CountSeen()
	for _, p := range problems {
		t.Error(p)
	}
	if records == 0 || answers < 100 {
		t.Errorf("%d records and %d answers are too few to show anything", records, answers)
	}
	r.clean()
}
