package sessions

import (
	"errors"
	"strings"
	"testing"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// carrying is a lane in which a page of three apps is carried over, of which one is done.
func carrying(t *testing.T) (*fakeTemporal, *fakeRun) {
	f, sync := laneAtWork(t)
	f.complete(sync, 2*time.Minute, f.begin(sync, time.Minute, contract.ActivityUpsertApps, threeApps), contract.UpsertAppsResult{})
	f.begin(sync, 2*time.Minute, contract.ActivitySyncUsage, contract.SyncUsageParams{Refs: make([]contract.AppRef, 3)})
	counts, requests := seen(20, 3)
	sync.pending = []*workflowpb.PendingActivityInfo{f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{
		Done: []int{0}, Counts: counts, Requests: requests, LastWritten: noon.Add(-time.Second), Failure: "HTTP 503",
	})}
	counts, requests = seen(100, 10)
	f.progress = &contract.Progress{Phase: "carrying over users", AppsRead: 13, AppsKnown: 31, Counts: counts, Requests: requests, Waiting: contract.Waiting{For: "an older wait"}}
	return f, sync
}

func TestProgressIsAskedOfAWorker(t *testing.T) {
	f, _ := carrying(t)
	p, err := f.reader().ReadProgress(t.Context(), noon.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if p.AppsDone != 11 || p.AppsKnown != 31 || p.Counts.Users.Seen != 120 || p.Requests.Defender != 13 || p.Waiting.For != "HTTP 503" || p.Phase != "carrying over users" {
		t.Errorf("%+v", p)
	}
	if !p.LastMoved.Equal(noon.Add(-time.Second)) || !p.At.Equal(noon) {
		t.Errorf("moved at %s, as of %s", p.LastMoved, p.At)
	}
	if left := p.Ends.Sub(noon).Round(time.Second); left != (time.Hour * 20 / 11).Round(time.Second) {
		t.Errorf("it ends in %s", left)
	}
}

func TestTheAnswerOfAWorkerAloneIsBetterThanNothing(t *testing.T) {
	for _, call := range []string{"describe", "last events"} {
		f, _ := carrying(t)
		f.fail[call] = errors.New("away")
		p, err := f.reader().ReadProgress(t.Context(), noon.Add(-time.Hour))
		if err != nil || p.AppsDone != 13 || p.Counts.Users.Seen != 100 || p.Waiting.For != "an older wait" || p.Ends.IsZero() {
			t.Errorf("without %s: %+v, %v", call, p, err)
		}
	}
}

func TestWithoutAWorkerItIsSilent(t *testing.T) {
	f, _ := carrying(t)
	f.progress = nil
	if _, err := f.reader().ReadProgress(t.Context(), time.Time{}); !errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "no poller") {
		t.Error(err)
	}
	f, _ = carrying(t)
	f.fail["answer"] = errors.New("not what was asked for")
	if _, err := f.reader().ReadProgress(t.Context(), time.Time{}); !errors.Is(err, ErrSilent) {
		t.Error(err)
	}
}

func TestAnAnswerUnderAnotherKeyIsNoSilence(t *testing.T) {
	f, _ := carrying(t)
	f.fail["answer"] = errors.New("decrypt a payload: no such key")
	_, err := f.reader().ReadProgress(t.Context(), time.Time{})
	if !errors.Is(err, ErrKey) || errors.Is(err, ErrSilent) || !strings.Contains(err.Error(), "cannot read its progress") {
		t.Error(err)
	}
}

// withoutWorker reads the progress of the session in the lane as the watch does.
func (f *fakeTemporal) withoutWorker(run string) (*Progress, error) {
	sync, err := f.reader().describeSync(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return f.reader().readProgressWithoutWorker(f.t.Context(), OpenSession{ID: dailyID(24), Run: run, PickedUp: noon.Add(-time.Hour)}, sync)
}

func TestWithoutAWorkerTheLastReportCounts(t *testing.T) {
	f, sync := carrying(t)
	session := f.runs[0]
	older, newer := *f.progress, *f.progress
	older.AppsRead, older.At = 3, sync.began.Add(10*time.Second)
	newer.At = sync.began.Add(90 * time.Second)
	f.signal(session, time.Minute, contract.SignalProgress, older)
	f.signal(session, 2*time.Minute, contract.SignalProgress, newer)
	f.signal(session, 3*time.Minute, contract.SignalStartedBy, "ann")
	p, err := f.withoutWorker(session.run)
	if err != nil || p == nil || p.AppsDone != 11 || p.Counts.Users.Seen != 120 || p.Waiting.For != "HTTP 503" || p.Ends.IsZero() {
		t.Errorf("%+v, %v", p, err)
	}
	if f.calls["query"] != 0 {
		t.Error("a worker was asked")
	}
	f.signal(session, 4*time.Minute, contract.SignalProgress, "nonsense")
	if p, err := f.withoutWorker(session.run); err != nil || p.AppsDone != 11 {
		t.Errorf("after nonsense: %+v, %v", p, err)
	}
}

func TestBeforeTheFirstReportTheHeartbeatCounts(t *testing.T) {
	f, sync := carrying(t)
	sync.began = sync.began.Add(time.Nanosecond)
	p, err := f.withoutWorker(f.runs[0].run)
	if err != nil || p == nil || p.AppsDone != 1 || p.Counts.Users.Seen != 20 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTheLaneOfAnotherSessionSaysNothing(t *testing.T) {
	f, sync := carrying(t)
	if p, err := f.withoutWorker(runOf(1)); p != nil || err != nil {
		t.Errorf("of another session: %+v, %v", p, err)
	}
	sync.closed = noon
	if p, err := f.withoutWorker(f.runs[0].run); p != nil || err != nil {
		t.Errorf("after its end: %+v, %v", p, err)
	}
	f.runs = f.runs[:1]
	if p, err := f.withoutWorker(f.runs[0].run); p != nil || err != nil {
		t.Errorf("before its beginning: %+v, %v", p, err)
	}
}

func TestHistoriesThatCannotBeReadAreAnError(t *testing.T) {
	f, _ := carrying(t)
	f.fail["last events"] = errors.New("away")
	if _, err := f.withoutWorker(f.runs[0].run); err == nil || !strings.Contains(err.Error(), "read the latest events of "+dailyID(24)) {
		t.Error(err)
	}
	f, _ = carrying(t)
	f.fail["last events of sync/hr"] = errors.New("away")
	if _, err := f.withoutWorker(f.runs[0].run); err == nil || !strings.Contains(err.Error(), "sync/hr") {
		t.Error(err)
	}
}

func TestTheLastReportIsFoundOrSaidToBeUnreadable(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	last, err := f.reader().readLastReport(t.Context(), s.id, s.run)
	if err != nil || last.found || last.unreadable != nil {
		t.Errorf("none: %+v, %v", last, err)
	}
	f.signal(s, time.Minute, contract.SignalProgress, 7)
	last, err = f.reader().readLastReport(t.Context(), s.id, s.run)
	if err != nil || last.found || last.unreadable == nil {
		t.Errorf("nonsense: %+v, %v", last, err)
	}
	f.signal(s, time.Minute, contract.SignalProgress, contract.Progress{Counts: saas.Counts{Apps: saas.AppCounts{Seen: 7}}})
	last, err = f.reader().readLastReport(t.Context(), s.id, s.run)
	if err != nil || !last.found || last.unreadable != nil || last.Counts.Apps.Seen != 7 {
		t.Errorf("one: %+v, %v", last, err)
	}
}
