package sessions

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// addScheduled adds a schedule to the namespace's list.
func (f *fakeTemporal) addScheduled(id, workflow string) {
	f.schedules = append(f.schedules, &schedulepb.ScheduleListEntry{
		ScheduleId: id, Info: &schedulepb.ScheduleListInfo{WorkflowType: &commonpb.WorkflowType{Name: workflow}},
	})
}

func TestIntegrationsAreFoundByAllThatTheyLeave(t *testing.T) {
	f := newFake(t)
	for range listPage { // more than a page
		f.addScheduled("report/hr/weekly", contract.WorkflowReport)
	}
	f.addScheduled("sales", contract.WorkflowSession)
	f.addScheduled("hr", contract.WorkflowSession)
	f.add(&fakeRun{id: contract.WatchID("hr"), run: runOf(1), kind: contract.WorkflowWatch, began: noon})
	f.add(&fakeRun{id: contract.WatchID("emea"), run: runOf(2), kind: contract.WorkflowWatch, began: noon})
	f.add(&fakeRun{id: contract.WatchID("gone"), run: runOf(3), kind: contract.WorkflowWatch, began: noon}).end(enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, noon)
	f.add(&fakeRun{id: contract.SyncID("late"), run: runOf(4), kind: contract.WorkflowSync, began: noon})
	f.add(&fakeRun{id: "somebody-elses", run: runOf(5), kind: contract.WorkflowWatch, began: noon})
	names, err := f.reader().ListIntegrations(t.Context())
	if want := []string{"emea", "hr", "late", "sales"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v", names, err)
	}
	f.fail["schedules"] = errors.New("Request unauthorized.")
	names, err = f.reader().ListIntegrations(t.Context())
	if err == nil || !strings.Contains(err.Error(), "list the schedules: Request unauthorized.") || !slices.Equal(names, []string{"emea", "hr", "late"}) {
		t.Errorf("without schedules: %q, %v", names, err)
	}
	f.fail["list"] = errors.New("unavailable")
	if names, err = f.reader().ListIntegrations(t.Context()); err == nil || len(names) != 0 {
		t.Errorf("without any list: %q, %v", names, err)
	}
}

// addCompleted adds a session that completed some time before noon.
func (f *fakeTemporal) addCompleted(n int, before time.Duration, mode contract.SessionMode) {
	s := f.addSession(n, before+time.Minute).end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, noon.Add(-before))
	s.labels = map[string]any{contract.AttrOutcome: string(saas.OutcomeCompleted), contract.AttrMode: string(mode)}
	s.result = contract.SessionResult{Outcome: saas.OutcomeCompleted}
}

func TestTheStateOfAnIntegrationIsJudgedAsTheWatchDoes(t *testing.T) {
	f := newFake(t)
	w := f.addWatch(contract.WatchParams{})
	state := contract.NewWatchState(watchSettings, noon.Add(-5*time.Hour))
	state.Watch.Looked, state.Watch.LastGood = noon.Add(-2*time.Hour), noon.Add(-24*time.Hour)
	f.write(w, time.Minute, map[string]any{contract.MemoWatch: state})
	f.schedule = &client.ScheduleDescription{Info: client.ScheduleInfo{CreatedAt: noon.Add(-240 * time.Hour), NextActionTimes: []time.Time{noon.Add(time.Hour)}}}
	f.addCompleted(23, time.Hour, contract.ModeFull)
	f.polled = map[enumspb.TaskQueueType][]time.Time{enumspb.TASK_QUEUE_TYPE_WORKFLOW: {noon}, enumspb.TASK_QUEUE_TYPE_ACTIVITY: {noon}}
	s := f.reader().ReadState(t.Context())
	if s.Err != nil || !s.Memory.Found || !s.Judged.LastGood.Equal(noon.Add(-time.Hour)) || !s.LastGood.Equal(noon.Add(-time.Hour)) {
		t.Errorf("the session that the watch has not seen yet: %+v", s)
	}
	if !s.Seen.Workers.Seen.Equal(noon) || !s.Seen.Schedule.Exists {
		t.Errorf("it sees %+v", s.Seen)
	}
}

func TestWithoutAWatchTheLabelsOfSessionsTellTheLastGoodOne(t *testing.T) {
	f := newFake(t)
	f.addCompleted(22, 48*time.Hour, contract.ModeFull)
	f.addCompleted(23, 24*time.Hour, contract.ModeFull)
	f.addCompleted(24, time.Hour, dryRunMode)
	f.addSession(25, time.Minute)
	s := f.reader().ReadState(t.Context())
	if s.Err != nil || s.Memory.Found || !s.LastGood.Equal(noon.Add(-24*time.Hour)) || len(s.Judged.Sessions) != 1 || s.Judged.Sessions[0].ID != dailyID(25) {
		t.Errorf("%+v", s)
	}
}

func TestWhatCannotBeReadOfAnIntegrationHidesNothingElse(t *testing.T) {
	for _, call := range []string{"describe watch/hr", "schedule", "task queue", "list"} {
		f := newFake(t)
		f.fail[call] = errors.New("Request unauthorized.")
		s := f.reader().ReadState(t.Context())
		if s.Err == nil || !strings.Contains(s.Err.Error(), "unauthorized") {
			t.Errorf("%s fails, and the state is %+v", call, s)
		}
	}
	f := newFake(t)
	f.addCompleted(23, 24*time.Hour, contract.ModeFull)
	f.fail["describe watch/hr"] = errors.New("unauthorized")
	f.schedule = &client.ScheduleDescription{Info: client.ScheduleInfo{NextActionTimes: []time.Time{noon.Add(time.Hour)}}}
	if s := f.reader().ReadState(t.Context()); s.Err == nil || !s.Seen.Schedule.Exists || s.LastGood.IsZero() || s.Knows.Memory || !s.Knows.Schedule || !s.Knows.Workers {
		t.Errorf("the rest is %+v", s)
	}
}

// TestAScheduleThatCannotBeDecodedIsSeenAllTheSame has what a wrong key makes of it.
func TestAScheduleThatCannotBeDecodedIsSeenAllTheSame(t *testing.T) {
	f := newFake(t)
	f.fail["schedule"] = errors.New("could not decode user metadata summary: decrypt a payload")
	f.rawSchedule = &workflowservice.DescribeScheduleResponse{
		Schedule: &schedulepb.Schedule{State: &schedulepb.ScheduleState{Paused: true, Notes: "audit week"}},
		Info:     &schedulepb.ScheduleInfo{FutureActionTimes: []*timestamppb.Timestamp{timestamppb.New(noon.Add(time.Hour))}},
	}
	running := f.pickUp(f.addSession(24, time.Hour), time.Second)
	f.addSession(23, 48*time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, noon.Add(-47*time.Hour))
	s := f.reader().ReadState(t.Context())
	if !errors.Is(s.Err, ErrKey) || !s.Knows.Schedule || !s.Seen.Schedule.Paused || s.Seen.Schedule.Note != "audit week" || !s.Seen.Schedule.Next[0].Equal(noon.Add(time.Hour)) {
		t.Errorf("the schedule is %+v, %v", s.Seen.Schedule, s.Err)
	}
	if len(s.Seen.Sessions) != 1 || s.Seen.Sessions[0].ID != running.id || s.Seen.Sessions[0].PickedUp.IsZero() {
		t.Errorf("the sessions are %+v", s.Seen.Sessions)
	}
	f.rawSchedule = nil
	if s := f.reader().ReadState(t.Context()); !s.Knows.Schedule || s.Seen.Schedule.Exists {
		t.Errorf("without a schedule: %+v", s)
	}
}

func TestTheStateAsksAWorkerHowFarItIs(t *testing.T) {
	f := newFake(t)
	session := f.pickUp(f.addSession(24, time.Hour), time.Second)
	f.addSync(session)
	f.polled = map[enumspb.TaskQueueType][]time.Time{enumspb.TASK_QUEUE_TYPE_WORKFLOW: {noon}, enumspb.TASK_QUEUE_TYPE_ACTIVITY: {noon}}
	f.progress = &contract.Progress{Phase: "carrying over users", AppsRead: 20, AppsKnown: 50}
	s := f.reader().ReadState(t.Context())
	if s.Err != nil || len(s.Seen.Sessions) != 1 || s.Seen.Sessions[0].Progress == nil || s.Seen.Sessions[0].Progress.AppsKnown != 50 {
		t.Errorf("%+v", s)
	}
}

func TestOneIntegrationThatCannotBeReadHidesNoOther(t *testing.T) {
	f := newFake(t)
	f.fail["describe watch/emea"] = errors.New("unauthorized")
	f.fail["describe watch/sales"] = errors.New("unauthorized")
	f.anySchedule = true
	got := f.reader().ReadStates(t.Context(), []string{"emea", "hr", "sales"}, Reading{Within: time.Minute, AtOnce: 1})
	if len(got) != 3 || got[0].Err == nil || got[1].Err != nil || got[2].Err == nil {
		t.Errorf("%+v", got)
	}
	for i, name := range []string{"emea", "hr", "sales"} {
		if got[i].Integration != name {
			t.Errorf("%d is %s", i, got[i].Integration)
		}
	}
}

func TestAReadingThatTakesTooLongSaysSo(t *testing.T) {
	f := newFake(t)
	f.stall = true
	got := f.reader().ReadStates(t.Context(), []string{"hr"}, Reading{Within: time.Millisecond, AtOnce: 8})
	if err := got[0].Err; err == nil || !strings.Contains(err.Error(), "Temporal did not answer within 1ms") {
		t.Errorf("%v", err)
	}
}

func TestNoticesThatDidNotReachSomebodyAreCountedOnce(t *testing.T) {
	m := Memory{State: contract.WatchState{
		Notices: []contract.Notice{{Key: "a"}, {Key: "b"}, {Key: "c", Read: true}, {Key: "d"}},
		Pending: []contract.Delivery{{Key: "a", Error: "down", To: "x"}, {Key: "a", Error: "down", To: "y"}, {Key: "d"}, {Key: "e", Error: "down"}, {Error: "ping"}},
		Lost:    []contract.Delivery{{Key: "b", Error: "down"}, {Key: "c", Error: "down"}, {Key: "forgotten", Error: "down"}, {Error: "ping"}},
	}}
	if n := m.Undelivered(); n != 3 { // a, b and e
		t.Errorf("%d notices", n)
	}
}

func TestAStateTellsWhichOfItsPartsItCouldRead(t *testing.T) {
	for name, tc := range map[string]struct {
		fail                      []string
		memory, schedule, workers bool
		says                      string
	}{
		"all":                                   {nil, true, true, true, ""},
		"all but the watch":                     {[]string{"describe watch/hr"}, false, true, true, "out of order"},
		"the schedule without its inputs":       {[]string{"schedule"}, true, true, true, "out of order"},
		"all but the schedule":                  {[]string{"schedule", "raw schedule"}, true, false, true, "read the schedule: out of order"},
		"all but the workers":                   {[]string{"task queue"}, true, true, false, "look up the workers"},
		"neither the schedule nor the sessions": {[]string{"schedule", "raw schedule", "list"}, true, false, true, "out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			for _, call := range tc.fail {
				f.fail[call] = errors.New("out of order")
			}
			s := f.reader().ReadState(t.Context())
			if k := s.Knows; k.Memory != tc.memory || k.Schedule != tc.schedule || k.Workers != tc.workers {
				t.Errorf("it knows %+v", k)
			}
			if (s.Err == nil) != (tc.says == "") || s.Err != nil && !strings.Contains(s.Err.Error(), tc.says) {
				t.Errorf("it says %v", s.Err)
			}
		})
	}
}

func TestAnErrorThatSeveralReadingsMeetIsToldOnce(t *testing.T) {
	down, closed := errors.New("down"), errors.New("closed")
	if err := joinOnce([]error{down, closed, errors.New("down"), down}); err == nil || err.Error() != "down\nclosed" {
		t.Errorf("it says %q", err)
	}
	if err := joinOnce(nil); err != nil {
		t.Error(err)
	}
}

func TestWithoutAJudgementTheStateHasWhatTheWatchKnewOfOpenSessions(t *testing.T) {
	view := func(id string, ended bool) contract.SessionView {
		v := contract.SessionView{ID: id, Run: "run of " + id, Began: noon}
		if ended {
			v.End = contract.EndCompleted
		}
		return v
	}
	known := contract.Watched{LastGood: noon.Add(-time.Hour), Sessions: []contract.WatchedSession{
		{ID: "other", Run: "run of other"}, {ID: "first", Run: "run of first", Began: noon.Add(-time.Minute)}, {ID: "gone", Run: "run of gone"},
	}}
	s := State{Seen: contract.Observation{Sessions: []contract.SessionView{view("first", false), view("ended", true), view("new", false), view("other", false)}}}
	s.takeOver(known)
	want := []contract.WatchedSession{known.Sessions[1], {ID: "new", Run: "run of new", Began: noon}, known.Sessions[0]}
	if !reflect.DeepEqual(s.Judged.Sessions, want) || !s.Judged.LastGood.Equal(known.LastGood) {
		t.Errorf("it has %+v", s.Judged)
	}
}

func TestAScheduleIsViewedWithoutAKey(t *testing.T) {
	f := newFake(t)
	f.rawSchedule = &workflowservice.DescribeScheduleResponse{Schedule: &schedulepb.Schedule{Spec: &schedulepb.ScheduleSpec{}}}
	if v, err := f.reader().viewRawSchedule(t.Context()); err != nil || !v.Exists || !v.NotBefore.IsZero() || len(v.Next) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
	f.rawSchedule.Schedule.Spec.StartTime = timestamppb.New(noon)
	if v, err := f.reader().viewRawSchedule(t.Context()); err != nil || !v.NotBefore.Equal(noon) {
		t.Errorf("put off: %+v, %v", v, err)
	}
}
