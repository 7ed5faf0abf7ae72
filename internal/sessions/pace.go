package sessions

import (
	"context"
	"slices"
	"time"

	"defendersync/internal/saas"
)

// Pace is what the last good sessions took, by kind.
type Pace struct{ Incremental, Full Taken }

// Taken is what sessions of a kind took: the median of the last ones.
type Taken struct {
	Duration time.Duration
	Requests int // to Defender
	Sessions int // of which it is the median; 0: there was none
}

// paceOf is how many sessions of a kind are looked at.
const paceOf = 5

// ReadPace reads what the last good sessions took. Sessions whose results cannot be
// read are left out.
func (r Reader) ReadPace(ctx context.Context) (p Pace, err error) {
	for _, kind := range []struct {
		mode saas.Mode
		to   *Taken
	}{{saas.ModeIncremental, &p.Incremental}, {saas.ModeFull, &p.Full}} {
		found, err := r.List(ctx, Filter{Outcomes: []saas.Outcome{saas.OutcomeCompleted, saas.OutcomeCompletedWithErrors}, Mode: kind.mode, Limit: paceOf})
		if err != nil {
			return p, err
		}
		*kind.to = findMedian(found)
	}
	return p, nil
}

// findMedian is the median of what sessions took: one that met an outage says
// nothing of the next.
func findMedian(found []Session) Taken {
	var durations []time.Duration
	var requests []int
	for _, s := range found {
		if s.Unclear == "" && !s.Ended.IsZero() {
			durations, requests = append(durations, s.Ended.Sub(s.Began)), append(requests, s.Requests.Defender)
		}
	}
	if len(durations) == 0 {
		return Taken{}
	}
	slices.Sort(durations)
	slices.Sort(requests)
	return Taken{durations[len(durations)/2], requests[len(requests)/2], len(durations)}
}
