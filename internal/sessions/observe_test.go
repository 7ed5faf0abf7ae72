package sessions

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// observed makes an observation.
func (f *fakeTemporal) observed(in contract.ObserveParams) contract.Observation {
	f.t.Helper()
	if in.Now.IsZero() {
		in.Now = noon
	}
	o, err := f.reader().Observe(f.t.Context(), in)
	if err != nil {
		f.t.Fatal(err)
	}
	return o
}

func TestTheScheduleIsSeenAsItIs(t *testing.T) {
	f := newFake(t)
	if o := f.observed(contract.ObserveParams{}); o.Schedule.Exists || !o.At.Equal(noon) {
		t.Errorf("none: %+v", o)
	}
	d := &client.ScheduleDescription{}
	d.Info = client.ScheduleInfo{CreatedAt: noon.Add(-time.Hour), NextActionTimes: []time.Time{noon.Add(time.Hour)}, NumActionsMissedCatchupWindow: 2, NumActionsSkippedOverlap: 3}
	f.schedule = d
	s := f.observed(contract.ObserveParams{}).Schedule
	if !s.Exists || !s.Created.Equal(noon.Add(-time.Hour)) || !s.Updated.IsZero() || s.CatchUp != 2 || s.Overlap != 3 || len(s.Next) != 1 || s.Paused || s.Note != "" {
		t.Errorf("%+v", s)
	}
	d.Info.LastUpdateAt = d.Info.CreatedAt
	if s := f.observed(contract.ObserveParams{}).Schedule; !s.Updated.IsZero() {
		t.Errorf("its making counts as an edit: %+v", s)
	}
	d.Info.LastUpdateAt = noon.Add(-time.Minute)
	d.Schedule.State = &client.ScheduleState{Paused: true, Note: "why"}
	if s := f.observed(contract.ObserveParams{}).Schedule; !s.Updated.Equal(noon.Add(-time.Minute)) || !s.Paused || s.Note != "why" {
		t.Errorf("%+v", s)
	}
}

func TestTimeDoesNotGoBackBetweenTwoClocks(t *testing.T) {
	f := newFake(t)
	for now, want := range map[time.Time]time.Time{noon.Add(-time.Minute): noon, noon.Add(time.Minute): noon.Add(time.Minute)} {
		if o := f.observed(contract.ObserveParams{Now: now}); !o.At.Equal(want) {
			t.Errorf("at %s it is %s", now, o.At)
		}
	}
}

func TestSessionsThatRunOrHaveEndedLatelyAreSeenOnce(t *testing.T) {
	f := newFake(t)
	announced := f.addSession(1, 3*time.Hour)
	announced.unlisted = true
	running := f.addSession(2, 2*time.Hour)
	late := f.addSession(3, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, noon.Add(-time.Minute))
	f.addSession(4, 5*time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, noon.Add(-4*time.Hour))
	o := f.observed(contract.ObserveParams{Since: noon.Add(-time.Hour), Sessions: []contract.WatchedSession{
		{ID: announced.id, Run: announced.run}, {ID: running.id, Run: running.run}, {ID: "session/hr-gone", Run: runOf(9)},
	}})
	var got []string
	for _, v := range o.Sessions {
		got = append(got, v.ID+" "+string(v.End))
	}
	want := []string{announced.id + " ", running.id + " ", "session/hr-gone gone", late.id + " completed"}
	if !slices.Equal(got, want) {
		t.Errorf("seen %v", got)
	}
	if gone := o.Sessions[2]; gone.Run != runOf(9) || !gone.Closed.Equal(noon) {
		t.Errorf("%+v", gone)
	}
	if !strings.HasSuffix(f.lists[0], "AND ExecutionStatus = 'Running'") || !strings.HasSuffix(f.lists[1], "AND CloseTime > '2026-11-24T11:00:00Z'") {
		t.Errorf("asked for %v", f.lists)
	}
}

func TestImpossibleIdsDoNotBlindTheWatch(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	in := contract.ObserveParams{Sessions: []contract.WatchedSession{{ID: "session/hr-x", Run: "no run id"}, {ID: s.id, Run: s.run}}}
	f.fail["describe session/hr-x"] = serviceerror.NewInvalidArgument("invalid RunId")
	if o := f.observed(in); len(o.Sessions) != 1 || o.Sessions[0].ID != s.id {
		t.Errorf("seen %+v", o.Sessions)
	}
	f.fail["describe session/hr-x"] = errors.New("away")
	in.Now = noon
	if _, err := f.reader().Observe(t.Context(), in); err == nil || err.Error() != "look up session session/hr-x: away" {
		t.Error(err)
	}
}

func TestNothingIsObservedByHalves(t *testing.T) {
	for call, says := range map[string]string{
		"schedule": "read the schedule: away", "list": "list the sessions: away", "task queue": "look up the workers of task queue defendersync/hr: away",
		"matching times": "list the schedule's starts: away", "first events": "read how session " + dailyID(24) + " began: away",
		"describe sync/hr": "look up the running session: away", "last events": "read the latest events of " + dailyID(24) + ": away",
		"describe session/hr-2026-11-23T00:00:00Z": "look up session session/hr-2026-11-23T00:00:00Z: away",
	} {
		f, _ := laneAtWork(t)
		f.schedule = &client.ScheduleDescription{}
		f.fail[call] = errors.New("away")
		o, err := f.reader().Observe(t.Context(), contract.ObserveParams{Now: noon, Looked: noon.Add(-time.Hour), Due: []time.Time{time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}})
		if err == nil || err.Error() != says || !o.At.IsZero() {
			t.Errorf("without %s: %v", call, err)
		}
	}
}

func TestARunningSessionIsSeenWithItsProgress(t *testing.T) {
	f, sync := carrying(t)
	session := f.runs[0]
	session.leaving = true
	report := *f.progress
	report.At = sync.began.Add(90 * time.Second)
	f.signal(session, 2*time.Minute, contract.SignalProgress, report)
	v := f.observed(contract.ObserveParams{}).Sessions[0]
	if v.ID != session.id || v.Run != session.run || !v.Began.Equal(session.began) || !v.PickedUp.Equal(session.began.Add(time.Second)) || !v.CancelRequested || v.HasEnded() {
		t.Errorf("%+v", v)
	}
	if !v.LastProgress.Equal(noon.Add(-time.Second)) || v.Waiting != "HTTP 503" {
		t.Errorf("moved at %s, waiting for %s", v.LastProgress, v.Waiting)
	}
	p := v.Progress
	if p == nil || p.AppsRead != 11 || p.AppsKnown != 31 || p.Counts.Users.Seen != 120 || p.Phase != "carrying over users" || !p.LastProgress.Equal(v.LastProgress) {
		t.Fatalf("%+v", p)
	}
	if ends := noon.Add(noon.Sub(v.PickedUp) / 11 * 20).Truncate(time.Minute); !p.ExpectedEnd.Equal(ends) {
		t.Errorf("it ends at %s, not %s", p.ExpectedEnd, ends)
	}
}

func TestASessionBesideTheLaneHasNoProgress(t *testing.T) {
	f, _ := carrying(t)
	f.addSession(25, time.Minute)
	for _, v := range f.observed(contract.ObserveParams{}).Sessions {
		if other := v.ID != dailyID(24); other != (v.Progress == nil) || other != v.LastProgress.IsZero() {
			t.Errorf("%+v", v)
		}
	}
	if f.calls["describe"] != 3 {
		t.Errorf("%d runs were described, where there are 3", f.calls["describe"])
	}
}

func TestNoticesNameNobodyWhateverATenantSays(t *testing.T) {
	const said = `Oomnitza: create a person: HTTP 400: carole.gupta@contoso.com (CONTOSO\carole): the email domain is not allowed`
	const shown = "Oomnitza: create a person: HTTP 400: [address] ([account]): the email domain is not allowed"
	f := newFake(t)
	s := f.addSession(24, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, noon)
	s.failure = f.failedWith("Refused", said)
	if v := f.observed(contract.ObserveParams{}).Sessions[0]; v.Error != shown || v.End != contract.EndFailed {
		t.Errorf("failed: %+v", v)
	}
	f, sync := laneAtWork(t)
	a := f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Failure: said})
	sync.pending = append(sync.pending, a)
	if v := f.observed(contract.ObserveParams{}).Sessions[0]; v.Waiting != shown {
		t.Errorf("waiting: %+v", v)
	}
}

func TestAnEndByForceIsSeenWithWhatWasLastReported(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, noon.Add(-time.Minute))
	f.signal(s, 2*time.Minute, contract.SignalProgress, contract.Progress{Phase: "carrying over users", AppsRead: 27, AppsKnown: 83, Counts: saas.Counts{Users: saas.UserCounts{Seen: 300}}, At: noon.Add(-2 * time.Minute)})
	p := f.observed(contract.ObserveParams{}).Sessions[0].Progress
	if p == nil || p.Final || p.AppsRead != 27 || p.AppsKnown != 83 || p.Counts.Users.Seen != 300 || p.Phase != "carrying over users" || !p.ExpectedEnd.IsZero() {
		t.Errorf("%+v", p)
	}
}

func TestEachEndIsSeenWithWhatItSays(t *testing.T) {
	result := contract.SessionResult{Mode: "full", Outcome: saas.OutcomeSkipped, DryRun: true, Blocker: "another", Error: "why", Rejects: rows("a", "x"), Skips: rows("b", "y"), Counts: saas.Counts{Users: saas.UserCounts{Seen: 3}}}
	for name, tc := range map[string]struct {
		status  enumspb.WorkflowExecutionStatus
		result  any
		failure func(*fakeTemporal) error
		want    contract.SessionView
	}{
		"completed": {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, result, nil,
			contract.SessionView{End: contract.EndCompleted, Outcome: saas.OutcomeSkipped, Mode: "full", DryRun: true, Blocker: "another"}},
		"failed": {enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, nil, func(f *fakeTemporal) error { return f.failedWith(contract.FailureSession, "x", result) },
			contract.SessionView{End: contract.EndFailed, Outcome: saas.OutcomeSkipped, Mode: "full", DryRun: true, Blocker: "another", Error: "why"}},
		"failed without a word": {enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, nil, func(f *fakeTemporal) error { return f.failedWith("panic", "boom") },
			contract.SessionView{End: contract.EndFailed, Error: "boom"}},
		"cancelled": {enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, nil, func(f *fakeTemporal) error { return f.cancelledWith(f.payloads(result)) },
			contract.SessionView{End: contract.EndCancelled, Outcome: saas.OutcomeSkipped, Mode: "full", DryRun: true, Blocker: "another"}},
		"timed out": {enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, nil, func(*fakeTemporal) error { return errors.New("timeout") },
			contract.SessionView{End: contract.EndTimedOut}},
		"under another key": {enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, nil, func(*fakeTemporal) error { return errors.New("decrypt a payload: no key") },
			contract.SessionView{End: contract.EndCompleted, Outcome: saas.OutcomeCompleted}},
		"continued as new, which no session is": {enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW, nil, func(*fakeTemporal) error { return errors.New("odd") },
			contract.SessionView{End: contract.EndFailed, Error: "session " + dailyID(24) + ": odd"}},
	} {
		f := newFake(t)
		s := f.addSession(24, time.Hour).end(tc.status, noon.Add(-time.Minute))
		s.result = tc.result
		if tc.failure != nil {
			s.failure = tc.failure(f)
		}
		v := f.observed(contract.ObserveParams{}).Sessions[0]
		reported := tc.want.Outcome == saas.OutcomeSkipped
		if reported != (v.Progress != nil) || reported && v.Progress.Counts.Users.Seen != 3 || reported != (len(v.Errors) == 1) || reported != (len(v.Skips) == 1) {
			t.Errorf("%s: progress %+v, errors %+v, skips %+v", name, v.Progress, v.Errors, v.Skips)
		}
		v.Progress, v.Errors, v.Skips = nil, nil, nil
		tc.want.ID, tc.want.Run, tc.want.Began, tc.want.Closed = s.id, s.run, s.began, s.closed
		if fmt.Sprintf("%+v", v) != fmt.Sprintf("%+v", tc.want) {
			t.Errorf("%s:\n%+v\n%+v", name, v, tc.want)
		}
	}
}

func TestATerminatedSessionNamesWhoEndedItAndWhy(t *testing.T) {
	for want, by := range map[string][2]string{"By [address]: too slow": {"ann@desk", "too slow"}, "By not given: not given": {"", ""}} {
		f := newFake(t)
		s := f.addSession(24, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, noon)
		s.failure = f.terminated()
		f.event(s, time.Hour, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
			WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{Identity: by[0], Reason: by[1]},
		}})
		if v := f.observed(contract.ObserveParams{}).Sessions[0]; v.End != contract.EndTerminated || v.Error != want || v.Outcome != "" || v.Progress != nil {
			t.Errorf("%+v", v)
		}
		f.fail["history"] = errors.New("away")
		if _, err := f.reader().Observe(t.Context(), contract.ObserveParams{Now: noon}); err == nil || err.Error() != "read how session "+s.id+" ended: away" {
			t.Error(err)
		}
	}
	f := newFake(t)
	s := f.addSession(24, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, noon)
	s.failure = f.terminated()
	if v := f.observed(contract.ObserveParams{}).Sessions[0]; v.Error != "" {
		t.Errorf("without its last event: %+v", v)
	}
}

func TestEachStartThatWasDueIsSeen(t *testing.T) {
	f := newFake(t)
	named := f.addSession(21, 3*time.Hour) // by the id that the schedule gives
	other := f.add(&fakeRun{id: "session/hr-other", run: runOf(7), kind: contract.WorkflowSession, began: noon.Add(-2 * time.Hour)})
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 500, time.UTC) }
	f.schedule = schedule(client.ScheduleActionResult{ScheduleTime: day(22)},
		client.ScheduleActionResult{ScheduleTime: day(22), StartWorkflowResult: &client.ScheduleWorkflowExecution{WorkflowID: other.id, FirstExecutionRunID: other.run}},
		client.ScheduleActionResult{ScheduleTime: day(19), StartWorkflowResult: &client.ScheduleWorkflowExecution{WorkflowID: "session/hr-deleted", FirstExecutionRunID: runOf(8)}})
	f.starts = []time.Time{day(20)}
	o := f.observed(contract.ObserveParams{Due: []time.Time{day(22), day(21), day(20), day(19), day(18)}})
	if len(o.Starts) != 5 {
		t.Fatalf("%+v", o.Starts)
	}
	for i, want := range []struct {
		day     int
		session string
		valid   bool
	}{{18, "", false}, {19, "session/hr-deleted", false}, {20, "", true}, {21, named.id, false}, {22, other.id, false}} {
		s := o.Starts[i]
		session := ""
		if s.Session != nil {
			session = s.Session.ID
		}
		if !s.At.Equal(day(want.day)) || session != want.session || s.Valid != want.valid {
			t.Errorf("in place %d: %s, %q, valid %v", i, s.At, session, s.Valid)
		}
	}
	if gone := o.Starts[1].Session; gone.End != contract.EndGone {
		t.Errorf("%+v", gone)
	}
	f.schedule = nil
	for _, s := range f.observed(contract.ObserveParams{Due: []time.Time{day(20)}}).Starts {
		if s.Valid || s.Session != nil {
			t.Errorf("without a schedule: %+v", s)
		}
	}
}

func TestStartsThatNobodyAnnouncedAreSeenAfterALongSilence(t *testing.T) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n-100) * time.Hour) }
	at := func(o contract.Observation) (out []int) {
		for _, s := range o.Starts {
			out = append(out, int(s.At.Sub(hour(0))/time.Hour))
		}
		return out
	}
	for name, tc := range map[string]struct {
		looked, created, updated int
		due                      []int
		first, count             int
	}{
		"a few":                    {97, 0, 0, nil, 98, 3},
		"one was announced":        {97, 0, 0, []int{99}, 98, 3},
		"since the schedule began": {10, 98, 0, nil, 99, 2},
		"since it was edited":      {10, 0, 99, nil, 100, 1},
		"only the latest of many":  {10, 0, 0, nil, 100 - mostStarts + 1, mostStarts},
		"none since":               {100, 0, 0, nil, 0, 0},
	} {
		f := newFake(t)
		for n := range 120 {
			f.starts = append(f.starts, hour(n))
		}
		f.schedule = schedule()
		f.schedule.Info.CreatedAt = hour(tc.created)
		if tc.updated > 0 {
			f.schedule.Info.LastUpdateAt = hour(tc.updated)
		}
		in := contract.ObserveParams{Looked: hour(tc.looked)}
		for _, n := range tc.due {
			in.Due = append(in.Due, hour(n))
		}
		got := at(f.observed(in))
		if len(got) != tc.count || tc.count > 0 && (got[0] != tc.first || got[len(got)-1] != 100) {
			t.Errorf("%s: %v", name, got)
		}
	}
	f := newFake(t)
	f.starts = []time.Time{hour(99)}
	if got := at(f.observed(contract.ObserveParams{Looked: hour(10)})); len(got) != 0 {
		t.Errorf("without a schedule: %v", got)
	}
	f.schedule = schedule()
	if got := at(f.observed(contract.ObserveParams{})); len(got) != 0 {
		t.Errorf("at a first look: %v", got)
	}
}

func TestTheWorkersAreSeen(t *testing.T) {
	f := newFake(t)
	f.polled = map[enumspb.TaskQueueType][]time.Time{enumspb.TASK_QUEUE_TYPE_WORKFLOW: {noon}, enumspb.TASK_QUEUE_TYPE_ACTIVITY: {noon.Add(-time.Second)}}
	if o := f.observed(contract.ObserveParams{}); !o.Workers.Seen.Equal(noon.Add(-time.Second)) {
		t.Errorf("%+v", o.Workers)
	}
}
