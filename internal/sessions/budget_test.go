package sessions

import (
	"errors"
	"math"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"

	"defendersync/internal/contract"
)

// usedBy is what a worker tells of the budget.
func usedBy(worker string) contract.RecentRequests {
	return contract.RecentRequests{Holders: []contract.BudgetHolder{{ID: worker, Counts: []int{7}, Stopped: true}}}
}

// endLane makes a run of the lane that ended a while ago, and lets the test fill it.
func (f *fakeTemporal) endLane(number int, ago time.Duration, status enumspb.WorkflowExecutionStatus, fill func(sync *fakeRun)) {
	sync := f.addSync(f.pickUp(f.addSession(number, time.Hour), time.Second))
	fill(sync)
	sync.end(status, f.now.Add(-ago))
}

func TestWhatTheSessionBeforeUsedOfTheBudgetIsFoundHoweverItEnded(t *testing.T) {
	const completed, failed, cancelled = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED
	for name, tt := range map[string]struct {
		status enumspb.WorkflowExecutionStatus
		fill   func(f *fakeTemporal, sync *fakeRun)
	}{
		"completed": {completed, func(f *fakeTemporal, sync *fakeRun) {
			f.complete(sync, 1, f.begin(sync, 1, contract.ActivityFetchApps, contract.FetchAppsParams{}), contract.AppsPage{Recent: usedBy("older")})
			f.complete(sync, 2, f.begin(sync, 2, contract.ActivitySyncUsage, contract.SyncUsageParams{}), contract.SyncUsageResult{Recent: usedBy("it")})
			f.complete(sync, 3, f.begin(sync, 3, contract.ActivityUpsertApps, contract.UpsertAppsParams{}), contract.UpsertAppsResult{})
			f.complete(sync, 4, f.begin(sync, 4, contract.ActivityUpsertApps, contract.UpsertAppsParams{}), nil)
		}},
		"failed": {failed, func(f *fakeTemporal, sync *fakeRun) {
			f.failActivity(sync, 2, f.begin(sync, 1, contract.ActivitySyncUsage, contract.SyncUsageParams{}), &failurepb.Failure{FailureInfo: &failurepb.Failure_ApplicationFailureInfo{
				ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Details: f.payloads(contract.SyncUsageResult{Recent: usedBy("it")})},
			}})
		}},
		"cancelled": {cancelled, func(f *fakeTemporal, sync *fakeRun) {
			f.event(sync, 2, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_CANCELED, Attributes: &historypb.HistoryEvent_ActivityTaskCanceledEventAttributes{
				ActivityTaskCanceledEventAttributes: &historypb.ActivityTaskCanceledEventAttributes{Details: f.payloads(contract.SyncUsageResult{Recent: usedBy("it")})},
			}})
		}},
		"given up after its workers died": {failed, func(f *fakeTemporal, sync *fakeRun) {
			f.event(sync, 2, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, Attributes: &historypb.HistoryEvent_ActivityTaskTimedOutEventAttributes{
				ActivityTaskTimedOutEventAttributes: &historypb.ActivityTaskTimedOutEventAttributes{Failure: &failurepb.Failure{Cause: &failurepb.Failure{FailureInfo: &failurepb.Failure_TimeoutFailureInfo{
					TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{LastHeartbeatDetails: f.payloads(contract.Checkpoint{Recent: usedBy("it")})},
				}}}},
			}})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.endLane(1, time.Hour, completed, func(sync *fakeRun) {
				f.complete(sync, 1, f.begin(sync, 1, contract.ActivitySyncUsage, contract.SyncUsageParams{}), contract.SyncUsageResult{Recent: usedBy("long ago")})
			})
			f.endLane(2, 10*time.Second, tt.status, func(sync *fakeRun) { tt.fill(f, sync) })
			now := f.addSync(f.pickUp(f.addSession(3, time.Second), time.Second))
			f.complete(now, 1, f.begin(now, 1, contract.ActivityFetchApps, contract.FetchAppsParams{}), contract.AppsPage{Recent: usedBy("this one")})
			used, err := f.reader().FindUsed(t.Context(), now.run, 2*time.Minute)
			if err != nil || len(used.Holders) != 1 || used.Holders[0].ID != "it" || used.Holders[0].Counts[0] != 7 {
				t.Errorf("found %+v, %v", used, err)
			}
		})
	}
}

func TestARunThatWasEndedFromOutsideCountsAsTheWholeBudget(t *testing.T) {
	f := newFake(t)
	f.endLane(1, 10*time.Second, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, func(sync *fakeRun) {
		f.complete(sync, 1, f.begin(sync, 1, contract.ActivityFetchApps, contract.FetchAppsParams{}), contract.AppsPage{Recent: usedBy("it")})
		f.event(sync, time.Minute, &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED})
		sync.listedAs = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	})
	used, err := f.reader().FindUsed(t.Context(), "another", 2*time.Minute)
	if err != nil || len(used.Holders) != 1 || used.Holders[0].Counts[0] != math.MaxInt32 || !used.Holders[0].At.Equal(f.runs[1].began.Add(time.Minute)) {
		t.Errorf("found %+v, %v", used, err)
	}
}

func TestABudgetThatCannotBeFoundIsAnError(t *testing.T) {
	for _, call := range []string{"list", "last events"} {
		f := newFake(t)
		f.endLane(1, time.Second, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, func(*fakeRun) {})
		f.fail[call] = errors.New("no")
		if used, err := f.reader().FindUsed(t.Context(), "another", time.Minute); err == nil || len(used.Holders) > 0 {
			t.Errorf("%s fails: found %+v, %v", call, used, err)
		}
	}
}
