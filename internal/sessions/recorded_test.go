package sessions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
)

// record adds the run of a history that was recorded from what is released, with what
// its last event says of its end.
func (f *fakeTemporal) record(file string) *fakeRun {
	f.t.Helper()
	r := &fakeRun{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, run: file, events: readEvents(f.t, file)}
	began := r.events[0].GetWorkflowExecutionStartedEventAttributes()
	r.kind, r.run, r.began = began.GetWorkflowType().GetName(), began.GetOriginalExecutionRunId(), r.events[0].GetEventTime().AsTime()
	r.parent = began.GetParentWorkflowExecution()
	f.integration = strings.TrimPrefix(began.GetTaskQueue().GetName(), contract.TaskQueue(""))
	switch r.kind {
	case contract.WorkflowSync:
		r.id = contract.SyncID(f.integration)
	case contract.WorkflowWatch:
		r.id = contract.WatchID(f.integration)
	default:
		r.id = f.sessionOf(r)
	}
	f.settle(r)
	return f.add(r)
}

// sessionOf is the id of a recorded session, which its Sync was started with.
func (f *fakeTemporal) sessionOf(r *fakeRun) string {
	for _, e := range r.events {
		var in contract.SyncParams
		child := e.GetStartChildWorkflowExecutionInitiatedEventAttributes()
		if child.GetWorkflowType().GetName() == contract.WorkflowSync && f.converter().FromPayloads(child.GetInput(), &in) == nil {
			return in.Session
		}
	}
	f.t.Fatal("a session without a Sync was recorded")
	return ""
}

// readEvents reads a recorded history.
func readEvents(t *testing.T, file string) []*historypb.HistoryEvent {
	t.Helper()
	text, err := os.Open(filepath.Join("..", "..", "workflows", "testdata", "histories", file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	history, err := client.HistoryFromJSON(text, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return history.GetEvents()
}

// settle ends a run as its last event says.
func (f *fakeTemporal) settle(r *fakeRun) {
	last := r.events[len(r.events)-1]
	at := last.GetEventTime().AsTime()
	switch last.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		r.end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, at)
		r.payloads = last.GetWorkflowExecutionCompletedEventAttributes().GetResult()
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		r.end(enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, at)
		r.failure = f.failureOf(last.GetWorkflowExecutionFailedEventAttributes().GetFailure())
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		r.end(enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED, at)
		r.failure = f.cancelledWith(last.GetWorkflowExecutionCanceledEventAttributes().GetDetails())
	}
	f.now = at.Add(time.Second)
}

// truncate leaves a run as it was after some of its events.
func (f *fakeTemporal) truncate(r *fakeRun, events []*historypb.HistoryEvent) {
	r.events, r.status, r.closed = events, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, time.Time{}
	r.memo = map[string]*commonpb.Payload{}
	for _, e := range events {
		for key, value := range e.GetWorkflowPropertiesModifiedEventAttributes().GetUpsertedMemo().GetFields() {
			r.memo[key] = value
		}
	}
	f.now = events[len(events)-1].GetEventTime().AsTime().Add(time.Second)
}

// recordedReader reads the recorded integration.
func (f *fakeTemporal) recordedReader() Reader {
	r := f.reader()
	r.Integration = f.integration
	return r
}

// TestProgressOfRecordedSessionsNeverMovesBackwards reads recorded sessions after each of
// their events.
func TestProgressOfRecordedSessionsNeverMovesBackwards(t *testing.T) {
	for _, name := range []string{"full", "increment-with-retries", "killed-worker", "cancelled"} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			session, sync := f.record(name+"-session"), f.record(name+"-sync")
			all := sync.events
			reports := session.events
			var last Progress
			for n := 1; n <= len(all); n++ {
				f.truncate(sync, all[:n])
				f.truncate(session, eventsUntil(reports, f.now))
				p, err := f.recordedReader().readProgressWithoutWorker(t.Context(), OpenSession{ID: session.id, Run: session.run, PickedUp: session.began}, f.described(sync))
				if err != nil || p == nil {
					t.Fatalf("after event %d: %v, %v", n, p, err)
				}
				if p.AppsDone < 0 || p.LastMoved.Before(last.LastMoved) || p.AppsKnown > 0 && p.AppsDone > p.AppsKnown {
					t.Errorf("after event %d: %d of %d apps, moved at %s, before that at %s", n, p.AppsDone, p.AppsKnown, p.LastMoved, last.LastMoved)
				}
				last = *p
			}
		})
	}
}

// eventsUntil are the events up to a time, one at least.
func eventsUntil(events []*historypb.HistoryEvent, at time.Time) []*historypb.HistoryEvent {
	n := 1
	for n < len(events) && !events[n].GetEventTime().AsTime().After(at) {
		n++
	}
	return events[:n]
}

func TestRecordedSessionsAreReadWithTheirResults(t *testing.T) {
	for name, want := range map[string]string{
		"full-session": "Completed", "increment-with-retries-session": "Completed", "killed-worker-session": "Completed",
		"cancelled-session": "Cancelled", "failed-open-session": "Failed", "watched-session": "Failed", "skipped-session": "Skipped",
	} {
		f := newFake(t)
		run := f.record(name)
		s, err := f.recordedReader().Read(t.Context(), run.id, "")
		if err != nil || s.Unclear != "" {
			t.Errorf("%s: %v, %s", name, err, s.Unclear)
			continue
		}
		if got := string(s.Outcome); got != want && got != want+" with errors" {
			t.Errorf("%s: %s", name, got)
		}
		if s.Session != run.id || s.Began.IsZero() || !s.Ended.After(s.Began) || s.Run != run.run || s.StartedBy == "" {
			t.Errorf("%s: %s of %s, from %s to %s, by %q", name, s.Session, s.Run, s.Began, s.Ended, s.StartedBy)
		}
		if want == "Failed" && s.Error == "" || want == "Skipped" && s.Blocker == "" {
			t.Errorf("%s: error %q, blocker %q", name, s.Error, s.Blocker)
		}
	}
}

// TestTheMemoryOfARecordedWatchIsWhatItKnewThen reads recorded watches after each event:
// it can be read at any time, and no notice is ever forgotten.
func TestTheMemoryOfARecordedWatchIsWhatItKnewThen(t *testing.T) {
	for _, name := range []string{"watched-watch", "poisoned-session-watch", "poisoned-settings-watch"} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			watch := f.record(name)
			all, notices, announced := watch.events, 0, 0
			for n := 1; n <= len(all); n++ {
				f.truncate(watch, all[:n])
				m, err := f.recordedReader().ReadMemory(t.Context(), contract.WatchSettings{Integration: f.integration})
				if err != nil || !m.Found || !m.Running {
					t.Fatalf("after event %d: %+v, %v", n, m, err)
				}
				if len(m.State.Notices) < notices {
					t.Errorf("after event %d there are %d notices, and were %d", n, len(m.State.Notices), notices)
				}
				notices, announced = len(m.State.Notices), max(announced, len(m.State.Watch.Sessions))
				if m.State.Watch.Settings.Integration != f.integration {
					t.Errorf("after event %d it watches %q", n, m.State.Watch.Settings.Integration)
				}
			}
			if name == "watched-watch" && (notices == 0 || announced == 0) {
				t.Errorf("%d notices, %d sessions at a time", notices, announced)
			}
		})
	}
}
