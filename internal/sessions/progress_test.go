package sessions

import (
	"fmt"
	"testing"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"pgregory.net/rapid"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func seen(users, requests int) (saas.Counts, saas.Requests) {
	return saas.Counts{Users: saas.UserCounts{Seen: users}}, saas.Requests{Defender: requests}
}

func TestProgressIsWhatWasReportedWithThePageAtWork(t *testing.T) {
	began := noon.Add(-time.Minute)
	before, after := began.Add(-time.Second), began.Add(time.Second)
	counts, requests := seen(20, 3)
	checkpoint := &contract.Checkpoint{Done: []int{0, 4, 7}, Counts: counts, Requests: requests, LastWritten: noon}
	for name, tc := range map[string]struct {
		reported time.Time
		work     work
		done     int
		users    int
		requests int
		moved    time.Time
	}{
		"no page is at work":                        {after, work{lastMoved: before}, 150, 100, 10, before},
		"a page that the report includes":           {after, work{page: page{began: began, apps: 50}, lastMoved: before}, 100, 100, 10, before},
		"a page that began with the report":         {began, work{page: page{began: began, apps: 50}, lastMoved: before}, 100, 100, 10, before},
		"a page that began later":                   {before, work{page: page{began: began, apps: 50}, lastMoved: before}, 150, 100, 10, before},
		"some of its apps are finished":             {after, work{page: page{began: began, apps: 50}, checkpoint: checkpoint, lastMoved: before}, 103, 120, 13, noon},
		"some are, and the report is older":         {before, work{page: page{began: began, apps: 50}, checkpoint: checkpoint, lastMoved: before}, 153, 120, 13, noon},
		"the page is tried again":                   {after, work{page: page{began: began, apps: 50, retry: true}, checkpoint: checkpoint, lastMoved: before}, 150, 120, 13, noon},
		"its beginning is not known":                {after, work{page: page{apps: 50}, checkpoint: checkpoint, lastMoved: before}, 150, 120, 13, noon},
		"an activity ended after the page":          {after, work{page: page{began: began, apps: 50}, checkpoint: checkpoint, lastMoved: noon.Add(1)}, 103, 120, 13, noon.Add(1)},
		"a page with more apps than have been read": {after, work{page: page{began: began, apps: 500}, checkpoint: checkpoint, lastMoved: before}, 0, 120, 13, noon},
	} {
		c, r := seen(100, 10)
		waiting := contract.Waiting{For: "Defender", Since: noon}
		tc.work.waiting = waiting
		p := countProgress(contract.Progress{AppsRead: 150, AppsKnown: 400, Counts: c, Requests: r, At: tc.reported, Phase: "reading apps"}, tc.work)
		if p.AppsDone != tc.done || p.Counts.Users.Seen != tc.users || p.Requests.Defender != tc.requests || !p.LastMoved.Equal(tc.moved) {
			t.Errorf("%s: %d apps, %d users, %d requests, moved at %s", name, p.AppsDone, p.Counts.Users.Seen, p.Requests.Defender, p.LastMoved)
		}
		if p.AppsKnown != 400 || p.Phase != "reading apps" || p.Waiting != waiting || !p.Ends.IsZero() {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestAWaitThatIsOverIsNotShown(t *testing.T) {
	if p := countProgress(contract.Progress{Waiting: contract.Waiting{For: "Defender"}}, work{}); p.Waiting.IsOn() {
		t.Errorf("it waits for %s", p.Waiting)
	}
}

func TestTheEndIsEstimatedByThePaceSoFar(t *testing.T) {
	for name, tc := range map[string]struct {
		pickup      time.Time
		done, known int
		want        time.Time
	}{
		"a quarter took an hour":  {noon.Add(-time.Hour), 100, 400, noon.Add(3 * time.Hour)},
		"all is done":             {noon.Add(-time.Hour), 400, 400, noon},
		"no worker has picked up": {time.Time{}, 100, 400, time.Time{}},
		"nothing is done":         {noon.Add(-time.Hour), 0, 400, time.Time{}},
		"one app is done":         {noon.Add(-time.Hour), 1, 3, noon.Add(2 * time.Hour)},
		"the total is not known":  {noon.Add(-time.Hour), 100, 0, time.Time{}},
		"the total is too low":    {noon.Add(-time.Hour), 100, 99, time.Time{}},
		"it has only just begun":  {noon, 100, 400, time.Time{}},
		"clocks differ":           {noon.Add(time.Second), 100, 400, time.Time{}},
	} {
		p := Progress{Progress: contract.Progress{AppsKnown: tc.known}, AppsDone: tc.done}
		if got := p.estimateEnd(tc.pickup, noon); !got.Equal(tc.want) {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// TestAppsAreCountedRightAtAnyMoment has a Sync carry pages over and compares what is
// counted, after each of its steps, with what is done in truth.
func TestAppsAreCountedRightAtAnyMoment(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLife(t, rt)
		for range rapid.IntRange(0, 2).Draw(rt, "retries") {
			l.carryPage(rapid.IntRange(1, 3).Draw(rt, "apps tried again"), true)
		}
		for range rapid.IntRange(0, 4).Draw(rt, "pages") {
			l.fetchPage()
		}
	})
}

// life is a Sync that carries over, and what is true of it.
type life struct {
	*rapid.T
	f        *fakeTemporal
	sync     *fakeRun
	read     int // as the Sync counts
	done     int // in truth
	finished []int
	stale    contract.Progress // a report of some time ago
}

func newLife(t *testing.T, rt *rapid.T) *life {
	f := newFake(t)
	l := &life{T: rt, f: f, sync: f.addSync(f.addSession(24, time.Hour))}
	l.check("begun")
	return l
}

// after is how long after its beginning the Sync is.
func (l *life) after() time.Duration {
	l.f.now = l.f.now.Add(time.Second)
	return l.f.now.Sub(l.sync.began)
}

// fetchPage reads a page of the list and carries it over.
func (l *life) fetchPage() {
	id := l.f.begin(l.sync, l.after(), contract.ActivityFetchApps, contract.FetchAppsParams{})
	l.check("reading")
	rows := rapid.IntRange(0, 5).Draw(l.T, "rows")
	apps := rapid.IntRange(0, rows).Draw(l.T, "apps")
	l.f.complete(l.sync, l.after(), id, contract.AppsPage{})
	l.read += rows
	l.done += rows - apps
	if apps > 0 {
		l.carryPage(apps, false)
	}
}

// carryPage carries apps over, which are of a list or tried again.
func (l *life) carryPage(apps int, retry bool) {
	counted := func(n int) int {
		if retry {
			return 0
		}
		return n
	}
	id := l.f.begin(l.sync, l.after(), contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: make([]saas.App, apps)})
	l.check("writing")
	l.f.complete(l.sync, l.after(), id, contract.UpsertAppsResult{})
	l.check("written")
	refs := rapid.IntRange(1, apps).Draw(l.T, "refs")
	l.done += counted(apps - refs)
	id = l.f.begin(l.sync, l.after(), contract.ActivitySyncUsage, contract.SyncUsageParams{Refs: make([]contract.AppRef, refs), StaleCounts: retry})
	l.finished = nil
	l.check("carrying over")
	for n := range refs {
		l.finished = append(l.finished, n)
		l.done += counted(1)
		l.check(fmt.Sprintf("%d finished", n+1))
	}
	l.finished = nil
	l.f.complete(l.sync, l.after(), id, contract.SyncUsageResult{})
	l.check("carried over")
}

// check compares what is counted from a report of now, and from one of some time ago,
// with the truth.
func (l *life) check(step string) {
	l.sync.pending = []*workflowpb.PendingActivityInfo{l.f.atWork(contract.ActivitySyncUsage, contract.Checkpoint{Done: l.finished})}
	w, err := l.f.reader().readWork(l.f.t.Context(), l.f.described(l.sync))
	if err != nil {
		l.Fatal(err)
	}
	now := contract.Progress{AppsRead: l.read, At: l.f.now}
	if got := countProgress(now, w).AppsDone; got != l.done {
		l.Errorf("%s: %d apps are counted, %d are done", step, got, l.done)
	}
	if got := countProgress(l.stale, w).AppsDone; got > l.done {
		l.Errorf("%s: of an older report %d apps are counted, %d are done", step, got, l.done)
	}
	if rapid.Bool().Draw(l.T, "report") {
		l.stale = now
	}
}
