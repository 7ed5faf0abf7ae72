package sessions

import (
	"errors"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// startOf is the action by which a schedule started a session.
func startOf(r *fakeRun) client.ScheduleActionResult {
	return client.ScheduleActionResult{ScheduleTime: r.began.Add(-time.Second), ActualTime: r.began,
		StartWorkflowResult: &client.ScheduleWorkflowExecution{WorkflowID: r.id, FirstExecutionRunID: r.run}}
}

func TestTheScheduleIsReadOrThereIsNone(t *testing.T) {
	f := newFake(t)
	if d, err := f.reader().DescribeSchedule(t.Context()); d != nil || err != nil {
		t.Errorf("none: %v, %v", d, err)
	}
	f.fail["schedule"] = errors.New("decrypt a payload: no key")
	if _, err := f.reader().DescribeSchedule(t.Context()); !errors.Is(err, ErrKey) || !strings.HasPrefix(err.Error(), "read the schedule: cannot read it: ") {
		t.Errorf("under another key: %v", err)
	}
}

func TestTheLastStartsAreReadWithTheirSessions(t *testing.T) {
	f := history(t, 4)
	gone := &fakeRun{id: dailyID(9), run: runOf(9), began: noon}
	d := schedule(startOf(f.runs[0]), startOf(f.runs[1]), client.ScheduleActionResult{}, startOf(gone), startOf(f.runs[2]))
	starts := f.reader().ReadStarts(t.Context(), d, 3)
	if len(starts) != 3 {
		t.Fatalf("%+v", starts)
	}
	for i, want := range []*fakeRun{f.runs[2], gone, f.runs[1]} {
		s := starts[i]
		if s.ID != want.id || !s.Started.Equal(want.began) || !s.Scheduled.Equal(want.began.Add(-time.Second)) {
			t.Errorf("in place %d: %+v", i, s)
		}
		if missing := want == gone; missing != (s.Err != nil) || !missing && (s.Session.Run != want.run || s.Session.Outcome != saas.OutcomeCompleted) {
			t.Errorf("in place %d: %+v, %v", i, s.Session, s.Err)
		}
	}
	if got := f.reader().ReadStarts(t.Context(), schedule(), 3); len(got) != 0 {
		t.Errorf("of none: %+v", got)
	}
}

func TestWhatTheLatestGoodSessionCarriedForwardIsFound(t *testing.T) {
	f := history(t, 5)
	carry := func(day int) contract.SessionResult {
		return contract.SessionResult{Carry: contract.Carry{Watermark: noon.AddDate(0, 0, day)}}
	}
	for day, r := range f.runs {
		r.result = carry(day)
	}
	f.runs[4].end(enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, time.Time{})
	f.runs[3].end(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, noon)
	f.runs[2].failure = errors.New("its result is odd")
	all := schedule(startOf(f.runs[0]), startOf(f.runs[1]), startOf(f.runs[2]), startOf(f.runs[3]), startOf(&fakeRun{id: "gone"}), startOf(f.runs[4]), client.ScheduleActionResult{})
	got, err := f.reader().FindCarry(t.Context(), all)
	if err != nil || got == nil || !got.Watermark.Equal(noon.AddDate(0, 0, 1)) {
		t.Errorf("%+v, %v", got, err)
	}
	f.runs[2].failure = errors.New("decrypt a payload: no key")
	if got, err := f.reader().FindCarry(t.Context(), all); !errors.Is(err, ErrKey) || got != nil || !strings.HasPrefix(err.Error(), "what the last session carried forward: ") {
		t.Errorf("under another key: %+v, %v", got, err)
	}
	f.fail["describe"] = errors.New("away")
	for name, d := range map[string]*client.ScheduleDescription{"no schedule": nil, "no start": schedule(), "Temporal is away": all} {
		if got, err := f.reader().FindCarry(t.Context(), d); got != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestWhatAScheduleStartsItsSessionsWithIsDecoded(t *testing.T) {
	f := newFake(t)
	in := contract.SessionParams{Integration: "hr", StartedBy: "schedule"}
	payload := f.payloads(in).Payloads[0]
	sealed, err := withKey(t, keyOne).ToPayload(in)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.reader().DecodeParams(payload); err != nil || got.StartedBy != "schedule" || got.Integration != "hr" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := f.reader().DecodeParams(7); err == nil || err.Error() != "what the schedule's sessions do is a int" {
		t.Error(err)
	}
	if _, err := f.reader().DecodeParams(sealed); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "cannot read what the schedule's sessions do") {
		t.Error(err)
	}
	starting := func(args ...any) client.Schedule {
		return client.Schedule{Action: &client.ScheduleWorkflowAction{Args: args}}
	}
	for name, s := range map[string]client.Schedule{"no action": {}, "no argument": starting(), "ours": starting(payload), "not ours": starting(7), "odd": starting(f.payloads("x").Payloads[0])} {
		if err := f.reader().CheckParams(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.reader().CheckParams(starting(payload, sealed)); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
}

func TestTheStartsOfAScheduleAreListed(t *testing.T) {
	f := newFake(t)
	f.starts = []time.Time{noon, noon.Add(time.Hour), noon.Add(2 * time.Hour)}
	got, err := f.reader().ListStarts(t.Context(), noon, noon.Add(time.Hour))
	if err != nil || len(got) != 1 || !got[0].Equal(noon.Add(time.Hour)) {
		t.Errorf("%v, %v", got, err)
	}
	f.fail["matching times"] = serviceerror.NewNotFound("gone")
	if got, err := f.reader().ListStarts(t.Context(), noon, noon); got != nil || err != nil {
		t.Errorf("deleted: %v, %v", got, err)
	}
	f.fail["matching times"] = errors.New("away")
	if _, err := f.reader().ListStarts(t.Context(), noon, noon); err == nil || err.Error() != "list the schedule's starts: away" {
		t.Error(err)
	}
}

func TestOfTheTwoKindsOfPollsTheWorseCounts(t *testing.T) {
	const w, a = enumspb.TASK_QUEUE_TYPE_WORKFLOW, enumspb.TASK_QUEUE_TYPE_ACTIVITY
	early, late := noon.Add(-time.Minute), noon.Add(-time.Second)
	for name, tc := range map[string]struct {
		polled map[enumspb.TaskQueueType][]time.Time
		want   time.Time
	}{
		"nobody":                  {nil, time.Time{}},
		"both":                    {map[enumspb.TaskQueueType][]time.Time{w: {early, late}, a: {late}}, late},
		"activities longer ago":   {map[enumspb.TaskQueueType][]time.Time{w: {late}, a: {early}}, early},
		"workflows longer ago":    {map[enumspb.TaskQueueType][]time.Time{w: {early}, a: {late, early}}, early},
		"no activities any more":  {map[enumspb.TaskQueueType][]time.Time{w: {late}}, time.Time{}},
		"no workflows any longer": {map[enumspb.TaskQueueType][]time.Time{a: {late}}, time.Time{}},
	} {
		f := newFake(t)
		f.polled = tc.polled
		f.backlog = map[enumspb.TaskQueueType]time.Duration{w: time.Second, a: time.Minute}
		got, err := f.reader().ReadWorkers(t.Context())
		if err != nil || !got.Seen.Equal(tc.want) || got.Backlog != time.Minute {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		f.backlog = map[enumspb.TaskQueueType]time.Duration{w: time.Hour, a: time.Minute}
		if got, err := f.reader().ReadWorkers(t.Context()); err != nil || got.Backlog != time.Hour {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	f := newFake(t)
	f.fail["task queue"] = errors.New("away")
	if got, err := f.reader().ReadWorkers(t.Context()); err == nil || err.Error() != "look up the workers of task queue defendersync/hr: away" || got != (contract.WorkersView{}) {
		t.Errorf("%+v, %v", got, err)
	}
}
