package main

import (
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// slow is a setting by which the requests of a session take minutes.
var slow = []string{"DEFENDER_REQUESTS_PER_MINUTE=1"}

func TestScheduleApplyTellsWhatSessionsTakeAndWhichStartsTheySkip(t *testing.T) {
	r := newRig(t, simulator.Options{}, "INTEGRATION_HEARTBEAT=1s")
	r.run("schedule", "apply").ends(exitCompleted).prints("how long sessions take is not known: none has completed so far")
	if x := r.expects(); x.Unknown == "" || x.Full != nil {
		t.Errorf("before the first session it is %+v", x)
	}
	stop := r.work()
	defer stop()
	full := r.session(exitCompleted)
	eventually(t, "the session is listed", func() bool { return r.expects(slow...).Full != nil })
	x := r.expects(slow...)
	if x.Incremental != nil || x.Full.Requests != full.Requests.Defender || time.Duration(x.Full.Duration) < time.Duration(full.Requests.Defender)*time.Minute {
		t.Errorf("after a full session with %d requests it is %+v", full.Requests.Defender, x)
	}
	r.runWith(slow, "schedule", "apply", "--every", "5m").ends(exitCompleted).
		prints("how long incremental sessions take is not known yet", "full sessions are expected to take", "by the last one; requests:", "warning: while full sessions run, which are due every 7d, ")
	r.session(exitCompleted)
	eventually(t, "the incremental session is listed", func() bool { return r.expects(slow...).Incremental != nil })
	r.runWith(slow, "schedule", "apply", "--every", "5m").ends(exitCompleted).
		prints("incremental sessions are expected to take", "warning: incremental sessions take longer than the time between starts", "% of the request budget (1 a minute)")
	if x := r.expects(slow...); x.Skipped == 0 || x.SkippedByFull == 0 || x.Starts < 2300 || x.BudgetShare < 0.3 || x.BudgetShare > 1 {
		t.Errorf("every five minutes it is %+v", x)
	}
	got := r.run("schedule", "apply", "--every", "24h").ends(exitCompleted).prints("incremental sessions are expected to take").out
	if x := r.expects(); x.Skipped+x.SkippedByFull != 0 {
		t.Errorf("every day starts are skipped: %+v\n%s", x, got)
	}
}

// expects is what `schedule show` expects of the sessions, as JSON.
func (r *rig) expects(settings ...string) expectedJSON {
	r.t.Helper()
	var v scheduleJSON
	r.runWith(settings, "schedule", "show", "--output", "json").ends(exitCompleted).decode(&v)
	return v.Expected
}
