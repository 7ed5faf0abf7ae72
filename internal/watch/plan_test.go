package watch

import (
	"slices"
	"testing"
	"time"

	"defendersync/internal/contract"
)

func TestAnObservationGoesBackALittleBeforeTheLastLook(t *testing.T) {
	s := knownBefore(contract.WatchedSession{ID: sessionID, Run: runID})
	s.Starts = []contract.PlannedStart{{At: noon}, {At: noon.Add(1)}}
	in := PlanObservation(s, noon.In(time.FixedZone("", 3600)))
	if in.Integration != "hr" || in.Now != noon || !in.Since.Equal(s.Looked.Add(-listLag)) || !in.Looked.Equal(s.Looked) || len(in.Sessions) != 1 || !slices.Equal(in.Due, []time.Time{noon}) {
		t.Errorf("%+v", in)
	}
	s.Looked = time.Time{}
	if in := PlanObservation(s, noon); !in.Since.Equal(s.Since) || !in.Looked.IsZero() {
		t.Errorf("before the first look: %+v", in)
	}
}

func TestTheNextLookIsWhenSomethingMayBeDue(t *testing.T) {
	session := func(began, progress time.Duration) []contract.WatchedSession {
		return []contract.WatchedSession{{Began: noon.Add(-began), LastProgress: noon.Add(-progress)}}
	}
	starts := func(at time.Duration) []contract.PlannedStart {
		return []contract.PlannedStart{{At: noon.Add(at)}}
	}
	for name, tc := range map[string]struct {
		sessions []contract.WatchedSession
		starts   []contract.PlannedStart
		want     time.Duration // after the last look, at noon
	}{
		"nothing is going on":                 {nil, nil, time.Hour},
		"a session runs":                      {session(time.Minute, 0), nil, 5 * time.Minute},
		"a session is about to be stuck":      {session(2*time.Hour, 58*time.Minute), nil, 2 * time.Minute},
		"a session is about to be stalled":    {session(24*time.Hour-time.Minute, 0), nil, time.Minute},
		"a session has made no progress yet":  {session(59*time.Minute, 100*time.Hour), nil, time.Minute},
		"a session is stuck and stalled":      {session(100*time.Hour, 100*time.Hour), nil, 5 * time.Minute},
		"a start is due soon":                 {nil, starts(10 * time.Minute), 10 * time.Minute},
		"a start is due in long":              {nil, starts(2 * time.Hour), time.Hour},
		"a grace period is about to be over":  {nil, starts(-10 * time.Minute), 5 * time.Minute},
		"a grace period is over":              {nil, starts(-15 * time.Minute), 5 * time.Minute},
		"a grace period is over in a moment":  {nil, starts(-15*time.Minute + time.Second), time.Second},
		"a grace period was over long ago":    {nil, starts(-time.Hour), 5 * time.Minute},
		"a session runs and a start is due":   {session(time.Minute, 0), starts(time.Minute), time.Minute},
		"a session runs and a start is later": {session(time.Minute, 0), starts(10 * time.Minute), 5 * time.Minute},
	} {
		s := knownBefore(tc.sessions...)
		s.Looked, s.Starts = noon, tc.starts
		if got := NextLook(s).Sub(noon); got != tc.want {
			t.Errorf("%s: after %s, want %s", name, got, tc.want)
		}
	}
	if got := NextLook(contract.Watched{Settings: settings}); !got.IsZero() {
		t.Errorf("before the first look: %s", got)
	}
}

func TestTheNextStartIsTheFirstThatIsStillToCome(t *testing.T) {
	s := contract.Watched{Looked: noon, Starts: []contract.PlannedStart{{At: noon}, {At: noon.Add(2)}, {At: noon.Add(3)}}}
	if at, ok := NextStart(s); !ok || !at.Equal(noon.Add(2)) {
		t.Errorf("%s, %v", at, ok)
	}
	if at, ok := NextStart(contract.Watched{Looked: noon, Starts: s.Starts[:1]}); ok || !at.IsZero() {
		t.Errorf("%s, %v", at, ok)
	}
}
