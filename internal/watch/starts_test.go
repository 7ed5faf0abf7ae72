package watch

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
)

// Nobody may look between the making of a schedule and its first starts.
func TestTheFirstLookKnowsWhyAStartOfANewScheduleWasSkipped(t *testing.T) {
	since := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	due := since.Add(time.Hour)
	for name, test := range map[string]struct {
		older            time.Duration // of the schedule than the watch
		catchUp, overlap int
		want             string
	}{
		"given up, new":  {time.Second, 1, 0, "INTEGRATION_CATCH_UP"},
		"overlap, new":   {0, 0, 1, "still running"},
		"counted before": {24 * time.Hour, 1, 1, "the reason is unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := contract.Watched{Since: since, Looked: since, Settings: contract.WatchSettings{Every: time.Minute, Grace: 10 * time.Minute, StallAfter: 24 * time.Hour, NoProgress: time.Hour}}
			decision := Decide(s, contract.Observation{
				At:       due.Add(time.Hour),
				Schedule: contract.ScheduleView{Exists: true, Created: since.Add(-test.older), CatchUp: test.catchUp, Overlap: test.overlap, Next: []time.Time{due.Add(24 * time.Hour)}},
				Starts:   []contract.StartView{{At: due, Valid: true}},
			})
			notices := decision.Notices
			if len(notices) != 1 || !strings.Contains(notices[0].Cause, test.want) {
				t.Errorf("told %+v", notices)
			}
		})
	}
}
