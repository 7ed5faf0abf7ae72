package usersync

import (
	"testing"
	"time"
)

func TestWhatAnotherWorkerWroteIsGivenTimeByWhenItWrote(t *testing.T) {
	began := day(9)
	for name, tc := range map[string]struct {
		written time.Time
		wait    time.Duration // from when the run began
	}{
		"a moment ago":                  {began.Add(-time.Second), 9 * time.Second},
		"long ago":                      {began.Add(-time.Minute), -50 * time.Second},
		"nobody knows when":             {began, 10 * time.Second},
		"by a clock that is an hour on": {began.Add(time.Hour), 10 * time.Second},
	} {
		if got := findSettled(began, tc.written, 10*time.Second).Sub(began); got != tc.wait {
			t.Errorf("written %s: reads are believed after %s, not %s", name, got, tc.wait)
		}
	}
}

func TestAWorkerKnowsWhetherAnotherOneFollowedIt(t *testing.T) {
	var m, other ledgerMemory
	if m.isLatest("s", "") || m.isLatest("s", "-0") {
		t.Error("a worker that is new has had the latest run")
	}
	first := m.tokenOf(m.beginRun("s", "", false))
	if !m.isLatest("s", first) || m.isLatest("t", first) || other.isLatest("s", first) {
		t.Error("the run is not its own, or another session's or worker's as well")
	}
	if m.beginRun("s", first, true); m.isLatest("s", first) {
		t.Error("an earlier run is taken for the latest")
	}
	if m.isLatest("s", other.tokenOf(other.beginRun("s", first, false))) {
		t.Error("another worker's run is taken for its own")
	}
}
