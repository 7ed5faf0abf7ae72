package sessions

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
)

// work is what a Sync is doing at the moment, and what the page at work has achieved.
type work struct {
	page       page
	checkpoint *contract.Checkpoint // of SyncUsage; nil if it has recorded none
	waiting    contract.Waiting
	lastMoved  time.Time // when the latest activity ended; before the first one does, when the run began
}

// page is the page of apps at work. Its zero value is none.
type page struct {
	began time.Time // when the activity that writes its apps was scheduled
	apps  int       // how many are to be carried over
	retry bool      // its apps are tried again from the session before and are of no list
}

// readWork reads what a Sync is doing. What cannot be decoded is left out.
func (r Reader) readWork(ctx context.Context, sync *workflowservice.DescribeWorkflowExecutionResponse) (work, error) {
	var w work
	for _, a := range sync.GetPendingActivities() {
		if w.checkpoint == nil {
			w.checkpoint = r.checkpointOf(a)
		}
		if !w.waiting.IsOn() {
			w.waiting = r.waitingOf(a)
		}
	}
	steps := stepReader{Reader: r, lastMoved: sync.GetWorkflowExecutionInfo().GetStartTime().AsTime(), ended: map[int64]bool{}}
	run := sync.GetWorkflowExecutionInfo().GetExecution()
	err := r.walkBackward(ctx, run.GetWorkflowId(), run.GetRunId(), mostEvents, steps.visit)
	w.page, w.lastMoved = steps.page, steps.lastMoved.UTC()
	return w, err
}

// stepReader finds the page at work in the events of a Sync, the last one first.
type stepReader struct {
	Reader
	page      page
	lastMoved time.Time
	moved     bool           // lastMoved is of an event
	ended     map[int64]bool // activities that have ended, by the event that scheduled them
	usage     bool           // the page's users are being carried over
	found     bool           // the page is settled
}

func (s *stepReader) visit(e *historypb.HistoryEvent) (more bool) {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		s.ended[e.GetActivityTaskCompletedEventAttributes().GetScheduledEventId()] = true
		if !s.moved {
			s.moved, s.lastMoved = true, e.GetEventTime().AsTime()
		}
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		s.ended[e.GetActivityTaskFailedEventAttributes().GetScheduledEventId()] = true
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		if !s.found {
			s.found = s.step(e)
		}
	}
	return !s.moved || !s.found
}

// step takes in an activity and reports whether it settles which page is at work.
func (s *stepReader) step(e *historypb.HistoryEvent) bool {
	a := e.GetActivityTaskScheduledEventAttributes()
	switch a.GetActivityType().GetName() {
	case contract.ActivitySyncUsage:
		var in contract.SyncUsageParams
		if s.ended[e.GetEventId()] || s.decode("what an activity does", a.GetInput(), &in) != nil {
			return true // that page is done, and the next one has not begun
		}
		s.usage, s.page.apps, s.page.retry = true, len(in.Refs), in.StaleCounts
		return false // when its apps were scheduled is in an earlier event
	case contract.ActivityUpsertApps:
		s.page.began = e.GetEventTime().AsTime()
		var in contract.UpsertAppsParams
		if !s.usage && s.decode("what an activity does", a.GetInput(), &in) == nil {
			s.page.apps = len(in.Apps)
		}
	}
	return true
}

// checkpointOf decodes the heartbeat of SyncUsage; nil for any other activity.
func (r Reader) checkpointOf(a *workflowpb.PendingActivityInfo) *contract.Checkpoint {
	if h := a.GetHeartbeatDetails(); h != nil && a.GetActivityType().GetName() == contract.ActivitySyncUsage {
		var c contract.Checkpoint
		if r.decode("a heartbeat", h, &c) == nil {
			return &c
		}
	}
	return nil
}

// waitingOf returns what an activity waits for: a pause or failure that its heartbeat
// names, or else Temporal's pause before the next attempt.
func (r Reader) waitingOf(a *workflowpb.PendingActivityInfo) contract.Waiting {
	var w contract.Waiting
	if c := r.checkpointOf(a); c != nil {
		if w = c.Waiting; !w.IsOn() {
			w.For = c.Failure
		}
	} else if h := a.GetHeartbeatDetails(); h != nil {
		var what string // what the activity is doing
		if r.decode("a heartbeat", h, &what, &w) != nil {
			w = contract.Waiting{}
		}
	}
	if w.IsOn() {
		return w
	}
	return retryOf(a)
}

// retryOf returns the pause after a failed attempt of an activity.
func retryOf(a *workflowpb.PendingActivityInfo) contract.Waiting {
	failure := a.GetLastFailure().GetMessage()
	if failure == "" || a.GetAttempt() < 2 {
		return contract.Waiting{}
	}
	w := contract.Waiting{For: failure}
	if at := a.GetLastAttemptCompleteTime(); at != nil {
		w.Since = at.AsTime().UTC()
	}
	if at := a.GetNextAttemptScheduleTime(); at != nil {
		w.Until = at.AsTime().UTC()
	}
	return w
}
