package sessions

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// rows is a tally of rows with samples.
func rows(reason string, subjects ...string) saas.Tally {
	var t saas.Tally
	for _, s := range subjects {
		t.Add(saas.Reject{Reason: reason, App: "1", Subject: s}, 10)
	}
	return t
}

func subjects(r Rejects) string {
	var out []string
	for _, row := range r.SortedRows() {
		out = append(out, row.Subject)
	}
	return strings.Join(out, " ")
}

func TestRejectedRowsAreCollectedFromEverythingThatAnActivityLeaves(t *testing.T) {
	f := newFake(t)
	s := f.pickUp(f.addSession(24, time.Hour), time.Second)
	sync := f.addSync(s)
	f.complete(sync, 1, f.begin(sync, 1, contract.ActivityOpenSession, contract.OpenSessionParams{}), contract.Plan{First: &contract.AppsPage{Rejects: rows("apps", "first")}})
	f.complete(sync, 2, f.begin(sync, 2, contract.ActivityFetchApps, contract.FetchAppsParams{}), contract.AppsPage{Rejects: rows("apps", "fetched")})
	f.complete(sync, 3, f.begin(sync, 3, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: []saas.App{{ID: "1", Name: "Zoom"}}}), contract.UpsertAppsResult{Rejects: rows("apps", "upserted")})
	f.complete(sync, 4, f.begin(sync, 4, contract.ActivitySyncUsage, contract.SyncUsageParams{}), contract.SyncUsageResult{Rejects: rows("users", "carried")})
	id := f.begin(sync, 5, contract.ActivitySyncUsage, contract.SyncUsageParams{})
	f.event(sync, 6, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED, Attributes: &historypb.HistoryEvent_ActivityTaskCanceledEventAttributes{
		ActivityTaskCanceledEventAttributes: &historypb.ActivityTaskCanceledEventAttributes{ScheduledEventId: id, Details: f.payloads(contract.SyncUsageResult{Rejects: rows("users", "cancelled")})},
	}})
	f.failActivity(sync, 7, id, &failurepb.Failure{Cause: &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
		ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Details: f.payloads(contract.SyncUsageResult{Rejects: rows("users", "failed")})},
	}}})
	f.event(sync, 8, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
		ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{Failure: &failurepb.Failure{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{
			TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{LastHeartbeatDetails: f.payloads(contract.Checkpoint{Rejects: rows("users", "timed-out")})},
		}}},
	}})
	f.failActivity(sync, 9, id, &failurepb.Failure{Message: "without details"})
	f.complete(sync, 10, id, nil)
	f.event(sync, 11, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, Attributes: &historypb.HistoryEvent_WorkflowExecutionContinuedAsNewEventAttributes{
		WorkflowExecutionContinuedAsNewEventAttributes: &historypb.WorkflowExecutionContinuedAsNewEventAttributes{NewExecutionRunId: "next"},
	}})
	next := f.add(&fakeRun{id: sync.id, run: "next", kind: contract.WorkflowSync, began: noon})
	f.complete(next, 1, f.begin(next, 1, contract.ActivityFetchApps, contract.FetchAppsParams{}), "words that a worker left")
	next.pending = []*workflowpb.PendingActivityInfo{
		f.atWork(contract.ActivityFetchApps, "reading"), f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Rejects: rows("users", "at-work")}),
		f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Rejects: rows("users", "never")}),
	}
	r, err := f.reader().ReadRejects(t.Context(), Session{SessionResult: contract.SessionResult{Session: s.id}, Run: s.run})
	if err != nil {
		t.Fatal(err)
	}
	if got := subjects(r); got != "fetched first upserted at-work cancelled carried failed timed-out" {
		t.Errorf("%s", got)
	}
	if r.Total() != 8 || r.AppNames["1"] != "Zoom" || r.Lost || r.NotKept() != 0 {
		t.Errorf("%+v", r)
	}
}

func TestTheRejectsOfRecordedSessionsAreThoseOfTheirResults(t *testing.T) {
	for _, name := range []string{"full", "increment-with-retries", "killed-worker", "cancelled", "failed-open"} {
		f := newFake(t)
		session, _ := f.record(name+"-session"), f.record(name+"-sync")
		s, err := f.recordedReader().Read(t.Context(), session.id, session.run)
		if err != nil {
			t.Fatal(err)
		}
		r, err := f.recordedReader().ReadRejects(t.Context(), s)
		if err != nil || r.Lost || r.Total() != s.Rejects.Total() || !slices.Equal(r.ByReason, s.Rejects.ByReason) || len(r.Samples) < len(s.Rejects.Samples) {
			t.Errorf("%s: %+v, in the result %+v, %v", name, r.ByReason, s.Rejects.ByReason, err)
		}
	}
}

func TestASessionWithoutASyncHasNoRejects(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	r, err := f.reader().ReadRejects(t.Context(), Session{SessionResult: contract.SessionResult{Session: s.id, Rejects: rows("a", "x")}, Run: s.run})
	if err != nil || r.Total() != 1 || len(r.Samples) != 1 || r.Lost {
		t.Errorf("%+v, %v", r, err)
	}
	f.fail["history"] = errors.New("away")
	if _, err := f.reader().ReadRejects(t.Context(), Session{SessionResult: contract.SessionResult{Session: s.id}, Run: s.run}); err == nil || err.Error() != "read the history of "+s.id+": away" {
		t.Error(err)
	}
}

func TestAHistoryThatIsGoneIsSaid(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	sync := f.addSync(s)
	of := Session{SessionResult: contract.SessionResult{Session: s.id, Rejects: rows("a", "kept")}, Run: s.run}
	f.fail["history "+sync.run] = serviceerror.NewNotFound("gone")
	if r, err := f.reader().ReadRejects(t.Context(), of); err != nil || !r.Lost || subjects(r) != "kept" {
		t.Errorf("%+v, %v", r, err)
	}
	f.fail["history "+sync.run] = errors.New("away")
	if r, err := f.reader().ReadRejects(t.Context(), of); err == nil || r.Lost {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRejectsUnderAnotherKeyNameTheSetting(t *testing.T) {
	sealed := func(f *fakeTemporal, v any) *commonpb.Payloads {
		p, err := withKey(f.t, keyOne).ToPayloads(v)
		if err != nil {
			f.t.Fatal(err)
		}
		return p
	}
	for name, seal := range map[string]func(*fakeTemporal, *fakeRun){
		"a result": func(f *fakeTemporal, sync *fakeRun) {
			f.complete(sync, 1, f.begin(sync, 1, contract.ActivityFetchApps, 1), nil)
			sync.events[len(sync.events)-1].GetActivityTaskCompletedEventAttributes().Result = sealed(f, contract.AppsPage{})
		},
		"a page of apps": func(f *fakeTemporal, sync *fakeRun) {
			f.begin(sync, 1, contract.ActivityUpsertApps, 1)
			sync.events[len(sync.events)-1].GetActivityTaskScheduledEventAttributes().Input = sealed(f, contract.UpsertAppsParams{})
		},
	} {
		f := newFake(t)
		s := f.addSession(24, time.Hour)
		sync := f.addSync(s)
		seal(f, sync)
		f.begin(sync, 2, contract.ActivityFetchApps, 1) // is not reached
		if _, err := f.reader().ReadRejects(t.Context(), Session{SessionResult: contract.SessionResult{Session: s.id}, Run: s.run}); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "cannot read "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheRejectsSoFarDoNotNeedTheHeartbeat(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	sync := f.addSync(s)
	f.complete(sync, 1, f.begin(sync, 1, contract.ActivityFetchApps, 1), contract.AppsPage{Rejects: rows("a", "x")})
	f.fail["describe"] = errors.New("away")
	if r, err := f.reader().ReadRejects(t.Context(), Session{SessionResult: contract.SessionResult{Session: s.id}, Run: s.run}); err != nil || r.Total() != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestRowsThatWereCountedAndNotKeptAreCounted(t *testing.T) {
	r := Rejects{AppNames: map[string]string{"1": "Zoom", "2": "Asana"}}
	for _, row := range []saas.Reject{
		{Reason: "b", App: "1", Subject: "b"}, {Reason: "b", App: "2", Subject: "a"}, {Reason: "a", App: "1"}, {Reason: "b", App: "1", Subject: "c"},
	} {
		r.Add(row, 3)
	}
	if r.NotKept() != 1 {
		t.Errorf("%d rows are not kept", r.NotKept())
	}
	if got := r.ByCount(); !slices.Equal(got, []ReasonRows{{"b", 3, 2}, {"a", 1, 1}}) {
		t.Errorf("%+v", got)
	}
	var order []string
	for _, row := range r.SortedRows() {
		order = append(order, r.AppNames[row.App]+row.Subject)
	}
	if got := strings.Join(order, " "); got != "Zoom Asanaa Zoomb" {
		t.Errorf("in the order %s", got)
	}
	more := Rejects{Tally: saas.Tally{ByReason: []saas.ReasonCount{{Reason: "a", Count: 1}}, Samples: rows("a", "x", "y").Samples}}
	if got := more.ByCount(); !slices.Equal(got, []ReasonRows{{"a", 2, 2}}) || more.NotKept() != 0 {
		t.Errorf("more kept than counted: %+v", got)
	}
}

func TestRowsAreSortedByAppStreamAndSubject(t *testing.T) {
	r := Rejects{AppNames: map[string]string{}}
	want := []saas.Reject{{App: "1", Stream: "a", Subject: "y"}, {App: "1", Stream: "b", Subject: "x"}, {App: "1", Stream: "b", Subject: "y"}, {App: "2", Stream: "a", Subject: "x"}}
	for _, i := range []int{3, 2, 1, 0} {
		r.Samples = append(r.Samples, want[i])
	}
	if got := r.SortedRows(); !slices.Equal(got, want) || r.Samples[0] != want[3] {
		t.Errorf("%+v", got)
	}
}

func TestASessionsOwnResultMakesUpForHistoriesThatAreGone(t *testing.T) {
	lost, kept := saas.Reject{Reason: "a", Subject: "lost"}, saas.Reject{Reason: "a", Subject: "kept"}
	var r Rejects
	r.Add(kept, 10)
	r.complete(saas.Tally{ByReason: []saas.ReasonCount{{Reason: "a", Count: 5}, {Reason: "b", Count: 2}}, Samples: []saas.Reject{lost, kept}})
	if r.Total() != 7 || len(r.Samples) != 2 || r.NotKept() != 5 {
		t.Errorf("%+v, %d not kept", r.Tally, r.NotKept())
	}
	r.complete(saas.Tally{ByReason: []saas.ReasonCount{{Reason: "a", Count: 1}}})
	if r.Total() != 7 {
		t.Errorf("%+v", r.Tally)
	}
}
