package sessions

import (
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
)

func durationOf(d time.Duration) *durationpb.Duration { return durationpb.New(d) }

// runOf is a run id that differs by a number.
func runOf(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// dailyID is the id of the session that the schedule starts on a day of November 2026.
func dailyID(day int) string { return fmt.Sprintf("session/hr-2026-11-%02dT00:00:00Z", day) }

// addSession adds a session that began some time before noon, and that a worker has
// picked up a second later unless it is queued.
func (f *fakeTemporal) addSession(n int, before time.Duration) *fakeRun {
	r := f.add(&fakeRun{id: dailyID(n), run: runOf(n), kind: contract.WorkflowSession, began: noon.Add(-before)})
	f.event(r, 0, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED})
	return r
}

// pickUp has a worker pick a run up so long after it began.
func (f *fakeTemporal) pickUp(r *fakeRun, after time.Duration) *fakeRun {
	f.event(r, after, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{}}})
	return r
}

// addSync adds the Sync of a session, which holds the lane while it runs.
func (f *fakeTemporal) addSync(session *fakeRun) *fakeRun {
	r := f.add(&fakeRun{id: contract.SyncID("hr"), run: "sync-" + session.run, kind: contract.WorkflowSync, began: session.began.Add(time.Second),
		parent: &commonpb.WorkflowExecution{WorkflowId: session.id, RunId: session.run}})
	f.event(session, time.Second, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_ChildWorkflowExecutionStartedEventAttributes{ChildWorkflowExecutionStartedEventAttributes: &historypb.ChildWorkflowExecutionStartedEventAttributes{
			WorkflowType: &commonpb.WorkflowType{Name: contract.WorkflowSync}, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: r.id, RunId: r.run},
		}}})
	return r
}

// end ends a run with a status.
func (r *fakeRun) end(status enumspb.WorkflowExecutionStatus, at time.Time) *fakeRun {
	r.status, r.closed = status, at
	return r
}

// event appends an event so long after a run began, and returns its id.
func (f *fakeTemporal) event(r *fakeRun, after time.Duration, e *historypb.HistoryEvent) int64 {
	e.EventId, e.EventTime = int64(len(r.events)+1), timestamppb.New(r.began.Add(after))
	r.events = append(r.events, e)
	return e.EventId
}

// signal appends a signal.
func (f *fakeTemporal) signal(r *fakeRun, after time.Duration, name string, arg any) {
	f.event(r, after, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{
			SignalName: name, Input: f.payloads(arg),
		}}})
}

// begin appends the scheduling of an activity, and returns the event's id.
func (f *fakeTemporal) begin(r *fakeRun, after time.Duration, activity string, input any) int64 {
	return f.event(r, after, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
			ActivityType: &commonpb.ActivityType{Name: activity}, Input: f.payloads(input),
		}}})
}

// complete appends the result of an activity.
func (f *fakeTemporal) complete(r *fakeRun, after time.Duration, scheduled int64, result any) {
	f.event(r, after, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
			ScheduledEventId: scheduled, Result: f.payloads(result),
		}}})
}

// failActivity appends the failure of an activity.
func (f *fakeTemporal) failActivity(r *fakeRun, after time.Duration, scheduled int64, failure *failurepb.Failure) {
	f.event(r, after, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{
			ScheduledEventId: scheduled, Failure: failure,
		}}})
}

// atWork is a pending activity with the details of its heartbeat.
func (f *fakeTemporal) atWork(activity string, details ...any) *workflowpb.PendingActivityInfo {
	a := &workflowpb.PendingActivityInfo{ActivityType: &commonpb.ActivityType{Name: activity}, Attempt: 1}
	if len(details) > 0 {
		a.HeartbeatDetails = f.payloads(details...)
	}
	return a
}
