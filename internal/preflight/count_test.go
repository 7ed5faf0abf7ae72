package preflight

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
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

// TestAnIncrementCountsWhatItReads: its lists have more, which is too old.
func TestAnIncrementCountsWhatItReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := small()
		o.Apps, o.Streams = 90, 2
		r := newRig(t, o)
		full := r.must(contract.OpenSessionParams{})
		before := contract.Carry{Watermark: full.Began, LastFull: full.Began, Rules: r.policy.RulesHash(), Probed: true}
		r.ResetRequests()
		p := r.must(contract.OpenSessionParams{Previous: before})
		for i, stream := range p.Streams {
			want := 0
			for app := range r.Truth() {
				for _, row := range app.Rows {
					if row.Stream == stream.ID && row.Bad == "" && saas.IsNewer(row.LastActivity, p.Window.Threshold) {
						want++
					}
				}
			}
			if p.Totals[i] != want || want == 0 || want >= full.Totals[i] {
				t.Errorf("%s: counted %d apps to read, want %d of %d", stream.Name, p.Totals[i], want, full.Totals[i])
			}
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
