package preflight

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
)

func TestTheAppsOfEveryStreamAreCountedAsASessionOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams = 2
		r := newRig(t, o)
		p := r.must(contract.OpenSessionParams{})
		if len(p.Totals) != 2 || slices.Min(p.Totals) <= 0 || p.Totals[0] != p.First.Total {
			t.Errorf("the totals are %v", p.Totals)
		}
	})
}

func TestAStreamThatCannotBeCountedHoldsNoSessionUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Streams = 2
		r := newRig(t, o)
		found := r.must(contract.OpenSessionParams{})
		r.DefenderDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		})
		if got := r.checker.countApps(t.Context(), found.Plan); len(got) != 2 || got[0] != found.First.Total || got[1] != -1 {
			t.Errorf("counted %v", got)
		}
	})
}
