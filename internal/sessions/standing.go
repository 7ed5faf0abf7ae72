package sessions

import (
	"context"
	"time"

	"defendersync/internal/contract"
)

// Standing is how an integration stands at one moment, as Temporal alone knows it: every
// process that reads it at that moment reads the same.
type Standing struct {
	At       time.Time
	Memory   Memory // of the watch; without Found there is none yet
	Schedule contract.ScheduleView
	Period   time.Duration // longest time between two of the schedule's next starts; 0: not known
	Open     []OpenSession // the one that holds the lane first
}

// Running returns the session that holds the lane, or else waits the longest for it;
// false if there is none.
func (s Standing) Running() (OpenSession, bool) {
	if len(s.Open) == 0 {
		return OpenSession{}, false
	}
	return s.Open[0], true
}

// ReadStanding reads how the integration stands. It takes some ten short requests.
func (r Reader) ReadStanding(ctx context.Context) (Standing, error) {
	s := Standing{At: r.now().UTC()}
	var err error
	if s.Memory, err = r.ReadMemory(ctx, contract.WatchSettings{Integration: r.Integration}); err != nil {
		return s, err
	}
	d, err := r.DescribeSchedule(ctx)
	if err != nil {
		return s, err
	}
	if d != nil {
		s.Schedule = ViewSchedule(d)
		s.Period = longestGap(s.Schedule.Next)
	}
	s.Open, err = r.ListOpen(ctx)
	return s, err
}

// longestGap is the longest time between two of the times, which are in order.
func longestGap(times []time.Time) time.Duration {
	var gap time.Duration
	for i := 1; i < len(times); i++ {
		gap = max(gap, times[i].Sub(times[i-1]))
	}
	return gap
}
