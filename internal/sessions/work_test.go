package sessions

import (
	"errors"
	"testing"
	"time"

	failurepb "go.temporal.io/api/failure/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// laneAtWork is a Sync that holds the lane, an hour after it began.
func laneAtWork(t *testing.T) (*fakeTemporal, *fakeRun) {
	f := newFake(t)
	return f, f.addSync(f.pickUp(f.addSession(24, time.Hour), time.Second))
}

func (f *fakeTemporal) workOf(sync *fakeRun) work {
	f.t.Helper()
	w, err := f.reader().readWork(f.t.Context(), f.described(sync))
	if err != nil {
		f.t.Fatal(err)
	}
	return w
}

var threeApps = contract.UpsertAppsParams{Apps: make([]saas.App, 3)}

func TestThePageAtWorkIsFoundInTheHistory(t *testing.T) {
	for name, tc := range map[string]struct {
		live  func(*fakeTemporal, *fakeRun)
		want  page
		moved time.Duration // after the Sync began
	}{
		"nothing has happened": {func(*fakeTemporal, *fakeRun) {}, page{}, 0},
		"both tenants are checked": {func(f *fakeTemporal, s *fakeRun) {
			f.begin(s, time.Minute, contract.ActivityOpenSession, contract.OpenSessionParams{})
		}, page{}, 0},
		"apps are read": {func(f *fakeTemporal, s *fakeRun) {
			f.complete(s, time.Minute, f.begin(s, time.Second, contract.ActivityOpenSession, contract.OpenSessionParams{}), contract.Plan{})
			f.begin(s, time.Minute, contract.ActivityFetchApps, contract.FetchAppsParams{})
		}, page{}, time.Minute},
		"apps are written": {func(f *fakeTemporal, s *fakeRun) {
			f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps)
		}, page{began: noon.Add(-time.Hour + time.Second + time.Minute), apps: 3}, 0},
		"their users are carried over": {func(f *fakeTemporal, s *fakeRun) {
			f.complete(s, 2*time.Minute, f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps), contract.UpsertAppsResult{})
			f.begin(s, 2*time.Minute, contract.ActivitySyncUsage, contract.SyncUsageParams{Refs: make([]contract.AppRef, 2), StaleCounts: true})
		}, page{began: noon.Add(-time.Hour + time.Second + time.Minute), apps: 2, retry: true}, 2 * time.Minute},
		"the users are carried over": {func(f *fakeTemporal, s *fakeRun) {
			f.complete(s, 2*time.Minute, f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps), contract.UpsertAppsResult{})
			f.complete(s, 3*time.Minute, f.begin(s, 2*time.Minute, contract.ActivitySyncUsage, contract.SyncUsageParams{Refs: make([]contract.AppRef, 2)}), contract.SyncUsageResult{})
		}, page{}, 3 * time.Minute},
		"carrying over has failed": {func(f *fakeTemporal, s *fakeRun) {
			f.complete(s, 2*time.Minute, f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps), contract.UpsertAppsResult{})
			f.failActivity(s, 3*time.Minute, f.begin(s, 2*time.Minute, contract.ActivitySyncUsage, contract.SyncUsageParams{Refs: make([]contract.AppRef, 2)}), &failurepb.Failure{})
		}, page{}, 2 * time.Minute},
		"many signals have come since": {func(f *fakeTemporal, s *fakeRun) {
			f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps)
			for n := range 3 * lastEvents {
				f.signal(s, time.Minute+time.Duration(n)*time.Second, contract.SignalWaiting, contract.Waiting{})
			}
		}, page{began: noon.Add(-time.Hour + time.Second + time.Minute), apps: 3}, 0},
		"more signals than are looked through": {func(f *fakeTemporal, s *fakeRun) {
			f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps)
			for range mostEvents {
				f.signal(s, 2*time.Minute, contract.SignalWaiting, contract.Waiting{})
			}
		}, page{}, 0},
		"as many as are looked through": {func(f *fakeTemporal, s *fakeRun) {
			f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps)
			for range mostEvents - 1 {
				f.signal(s, 2*time.Minute, contract.SignalWaiting, contract.Waiting{})
			}
		}, page{began: noon.Add(-time.Hour + time.Second + time.Minute), apps: 3}, 0},
		"what it does can't be read": {func(f *fakeTemporal, s *fakeRun) {
			f.complete(s, 2*time.Minute, f.begin(s, time.Minute, contract.ActivityUpsertApps, threeApps), contract.UpsertAppsResult{})
			f.begin(s, 2*time.Minute, contract.ActivitySyncUsage, "nonsense")
		}, page{}, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			f, sync := laneAtWork(t)
			tc.live(f, sync)
			w := f.workOf(sync)
			if w.page != tc.want || !w.lastMoved.Equal(sync.began.Add(tc.moved)) {
				t.Errorf("page %+v, moved %s after it began", w.page, w.lastMoved.Sub(sync.began))
			}
		})
	}
}

func TestReadingOnIsOverOnceEverythingIsKnown(t *testing.T) {
	f, sync := laneAtWork(t)
	for n := range 10 * lastEvents {
		f.complete(sync, time.Duration(n)*time.Second, f.begin(sync, time.Duration(n)*time.Second, contract.ActivityUpsertApps, threeApps), contract.UpsertAppsResult{})
	}
	f.workOf(sync)
	if f.calls["last events"] != 1 {
		t.Errorf("%d pages were read", f.calls["last events"])
	}
}

func TestAnErrorOfTheHistoryIsNamed(t *testing.T) {
	f, sync := laneAtWork(t)
	f.fail["last events"] = errors.New("away")
	_, err := f.reader().readWork(t.Context(), f.described(sync))
	if err == nil || err.Error() != "read the latest events of sync/hr: away" {
		t.Error(err)
	}
}

func TestWhatAnActivityWaitsForIsReadOffIt(t *testing.T) {
	pause := contract.Waiting{For: "Defender answered 429", Since: noon, Until: noon.Add(time.Minute)}
	failed := func(a *workflowpb.PendingActivityInfo, attempt int32) *workflowpb.PendingActivityInfo {
		a.Attempt, a.LastFailure = attempt, &failurepb.Failure{Message: "HTTP 503"}
		a.LastAttemptCompleteTime, a.NextAttemptScheduleTime = timestamppb.New(noon), timestamppb.New(noon.Add(time.Second))
		return a
	}
	f := newFake(t)
	retry := contract.Waiting{For: "HTTP 503", Since: noon, Until: noon.Add(time.Second)}
	for name, tc := range map[string]struct {
		activity *workflowpb.PendingActivityInfo
		want     contract.Waiting
	}{
		"nothing yet":                    {f.atWork(contract.ActivitySyncUsage), contract.Waiting{}},
		"nothing":                        {f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{}), contract.Waiting{}},
		"a pause":                        {f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Waiting: pause, Failure: "something else"}), pause},
		"a failure":                      {f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Failure: "HTTP 502"}), contract.Waiting{For: "HTTP 502"}},
		"a pause while reading apps":     {f.atWork(contract.ActivityFetchApps, "reading", pause), pause},
		"nothing while reading apps":     {f.atWork(contract.ActivityFetchApps, "reading", contract.Waiting{}), contract.Waiting{}},
		"a heartbeat of an older worker": {f.atWork(contract.ActivityFetchApps, "reading"), contract.Waiting{}},
		"something else":                 {f.atWork(contract.ActivityFetchApps, 7, 8), contract.Waiting{}},
		"a checkpoint of another kind":   {f.atWork(contract.ActivitySyncUsage, []int{1}), contract.Waiting{}},
		"a first attempt that failed":    {failed(f.atWork(contract.ActivityFetchApps), 1), contract.Waiting{}},
		"the next attempt":               {failed(f.atWork(contract.ActivityFetchApps), 2), retry},
		"a pause in a later attempt":     {failed(f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Waiting: pause}), 2), pause},
		"an attempt that did not fail":   {&workflowpb.PendingActivityInfo{Attempt: 2}, contract.Waiting{}},
		"an attempt of unknown times":    {&workflowpb.PendingActivityInfo{Attempt: 2, LastFailure: &failurepb.Failure{Message: "x"}}, contract.Waiting{For: "x"}},
	} {
		if got := f.reader().waitingOf(tc.activity); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOfSeveralActivitiesTheFirstThatTellsCounts(t *testing.T) {
	f, sync := laneAtWork(t)
	sync.pending = []*workflowpb.PendingActivityInfo{
		f.atWork(contract.ActivityFetchApps, "reading", contract.Waiting{}),
		f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Failure: "first", Done: []int{1}}),
		f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Failure: "second", Done: []int{1, 2}}),
	}
	w := f.workOf(sync)
	if w.waiting.For != "first" || w.checkpoint == nil || len(w.checkpoint.Done) != 1 {
		t.Errorf("waiting %+v, checkpoint %+v", w.waiting, w.checkpoint)
	}
}
