package sessions

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// totals are those of a watch that has judged one session.
var totals = contract.SessionTotals{Sessions: []contract.SessionCount{{Mode: contract.ModeFull, Outcome: saas.OutcomeCompleted, Count: 1}}}

func TestHowAnIntegrationStandsIsReadWithoutAWorker(t *testing.T) {
	f := newFake(t)
	w := f.addWatch(contract.WatchParams{})
	state := contract.NewWatchState(watchSettings, noon.Add(-time.Hour))
	state.Watch.Totals, state.Watch.LastGood = totals, noon.Add(-time.Minute)
	f.write(w, time.Minute, map[string]any{contract.MemoWatch: state})
	f.schedule = &client.ScheduleDescription{Info: client.ScheduleInfo{NextActionTimes: []time.Time{noon.Add(time.Hour), noon.Add(2 * time.Hour), noon.Add(5 * time.Hour)}}}
	queued := f.addSession(23, 2*time.Hour)
	holder := f.addSession(24, time.Hour)
	f.addSync(holder)
	s, err := f.reader().ReadStanding(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !s.At.Equal(noon) || !s.Memory.Found || !s.Memory.Running || !s.Memory.State.Watch.LastGood.Equal(noon.Add(-time.Minute)) || len(s.Memory.State.Watch.Totals.Sessions) != 1 {
		t.Errorf("memory: %+v", s)
	}
	if !s.Schedule.Exists || s.Period != 3*time.Hour {
		t.Errorf("schedule: %+v, period %s", s.Schedule, s.Period)
	}
	if running, on := s.Running(); !on || running.ID != holder.id || len(s.Open) != 2 || s.Open[1].ID != queued.id {
		t.Errorf("open: %+v", s.Open)
	}
}

func TestAnIntegrationThatNeverRanStandsStill(t *testing.T) {
	s, err := newFake(t).reader().ReadStanding(t.Context())
	if err != nil || s.Memory.Found || s.Schedule.Exists || s.Period != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if running, on := s.Running(); on {
		t.Errorf("it runs %+v", running)
	}
}

func TestAStandingThatCannotBeReadIsAnError(t *testing.T) {
	for _, call := range []string{"describe", "list", "schedule"} {
		f := newFake(t)
		f.fail[call] = errors.New("unavailable")
		if _, err := f.reader().ReadStanding(t.Context()); err == nil {
			t.Errorf("%s fails, and the standing is taken for read", call)
		}
	}
}

func TestThePeriodIsTheLongestGap(t *testing.T) {
	at := func(hours ...int) (out []time.Time) {
		for _, h := range hours {
			out = append(out, noon.Add(time.Duration(h)*time.Hour))
		}
		return out
	}
	for _, tc := range []struct {
		times []time.Time
		want  time.Duration
	}{{nil, 0}, {at(1), 0}, {at(1, 2), time.Hour}, {at(0, 24, 96, 120), 72 * time.Hour}} {
		if got := longestGap(tc.times); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.times, got, tc.want)
		}
	}
}
