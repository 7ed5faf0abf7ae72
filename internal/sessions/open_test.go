package sessions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
)

// running has the schedule name workflows that it believes to run.
func running(ids ...string) *client.ScheduleDescription {
	d := &client.ScheduleDescription{}
	for _, id := range ids {
		d.Info.RunningWorkflows = append(d.Info.RunningWorkflows, client.ScheduleWorkflowExecution{WorkflowID: id})
	}
	return d
}

func TestAnOpenSessionIsReadWithoutAWorker(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	o, err := f.reader().FindOpen(t.Context(), s.id, "")
	if err != nil || *o != (OpenSession{ID: s.id, Run: s.run, Began: s.began}) {
		t.Fatalf("queued: %+v, %v", o, err)
	}
	f.pickUp(s, time.Minute)
	s.leaving, s.labels = true, map[string]any{contract.AttrMode: "dry run"}
	o, err = f.reader().FindOpen(t.Context(), s.id, s.run)
	want := OpenSession{ID: s.id, Run: s.run, Began: s.began, PickedUp: s.began.Add(time.Minute), Leaving: true, DryRun: true}
	if err != nil || *o != want {
		t.Errorf("picked up: %+v, %v", o, err)
	}
}

func TestWhatIsNoOpenSessionIsNone(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	if o, err := f.reader().FindOpen(t.Context(), dailyID(1), ""); o != nil || err != nil {
		t.Errorf("an unknown one: %+v, %v", o, err)
	}
	s.end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, noon)
	if o, err := f.reader().FindOpen(t.Context(), s.id, ""); o != nil || err != nil {
		t.Errorf("one that has ended: %+v, %v", o, err)
	}
	sync := f.addSync(f.addSession(23, time.Hour))
	if o, err := f.reader().FindOpen(t.Context(), sync.id, ""); o != nil || err != nil {
		t.Errorf("another workflow: %+v, %v", o, err)
	}
	f.fail["describe"] = errors.New("away")
	if _, err := f.reader().FindOpen(t.Context(), s.id, ""); err == nil || err.Error() != "look up session "+s.id+": away" {
		t.Errorf("Temporal is away: %v", err)
	}
}

func TestAPickupIsFoundBehindManyEvents(t *testing.T) {
	f := newFake(t)
	s := f.addSession(24, time.Hour)
	for range 3 * firstEvents {
		f.signal(s, time.Second, contract.SignalStartedBy, "ann")
	}
	f.pickUp(s, time.Minute)
	f.pickUp(s, time.Hour)
	o, err := f.reader().FindOpen(t.Context(), s.id, "")
	if err != nil || !o.PickedUp.Equal(s.began.Add(time.Minute)) {
		t.Errorf("%+v, %v", o, err)
	}
	f.fail["first events"] = errors.New("away")
	if _, err := f.reader().FindOpen(t.Context(), s.id, ""); err == nil || err.Error() != "read how session "+s.id+" began: away" {
		t.Error(err)
	}
}

func TestOpenSessionsAreListedByWhatStandsInTheWay(t *testing.T) {
	f := newFake(t)
	third, second, first := f.addSession(3, time.Minute), f.addSession(2, 2*time.Minute), f.addSession(1, time.Second)
	f.addSync(first)
	third.unlisted, first.unlisted = true, true
	ended := f.addSession(4, time.Hour).end(enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, noon)
	f.schedule = running(second.id, third.id, ended.id)
	open, err := f.reader().ListOpen(t.Context())
	if err != nil || len(open) != 3 {
		t.Fatalf("%+v, %v", open, err)
	}
	for i, want := range []*fakeRun{first, second, third} {
		if open[i].ID != want.id || open[i].HoldsLane != (i == 0) {
			t.Errorf("in place %d: %+v", i, open[i])
		}
	}
	if !strings.HasSuffix(f.lists[0], "AND (ExecutionStatus = 'Running')") {
		t.Errorf("asked for %s", f.lists[0])
	}
}

func TestOpenSessionsCannotBeListedWithoutTemporal(t *testing.T) {
	for call, says := range map[string]string{
		"describe": "look up the running session: away", "schedule": "read the schedule: away", "list": "list the running sessions: away",
		"first events": "read how session " + dailyID(24) + " began: away",
	} {
		f, _ := laneAtWork(t)
		f.fail[call] = errors.New("away")
		if open, err := f.reader().ListOpen(t.Context()); err == nil || err.Error() != says || open != nil {
			t.Errorf("without %s: %v, %v", call, open, err)
		}
	}
}

func TestANamespaceWithoutOurAttributesNeedsSetup(t *testing.T) {
	f := newFake(t)
	f.fail["list"] = serviceerror.NewInvalidArgument("invalid search attribute: SyncIntegration")
	for name, ask := range map[string]func() error{
		"open":   func() error { _, err := f.reader().ListOpen(t.Context()); return err },
		"listed": func() error { _, err := f.reader().List(t.Context(), Filter{}); return err },
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), "run 'defendersync setup' once for this namespace") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLaneNamesItsSession(t *testing.T) {
	f := newFake(t)
	if lane, err := f.reader().FindLane(t.Context()); lane != (Lane{}) || lane.Holder() != "" || err != nil {
		t.Errorf("nobody: %+v, %v", lane, err)
	}
	s := f.addSession(24, time.Hour)
	sync := f.addSync(s)
	lane, err := f.reader().FindLane(t.Context())
	if err != nil || lane != (Lane{Session: s.id, Run: s.run, Since: sync.began, Held: true}) || lane.Holder() != s.id || !lane.HeldBy(s.run) || lane.HeldBy(runOf(1)) {
		t.Errorf("held: %+v, %v", lane, err)
	}
	sync.closed = noon
	lane, err = f.reader().FindLane(t.Context())
	if err != nil || lane.Session != s.id || lane.Held || lane.Holder() != "" || lane.HeldBy(s.run) {
		t.Errorf("free again: %+v, %v", lane, err)
	}
	sync.parent = nil
	if lane, err = f.reader().FindLane(t.Context()); err != nil || lane.Session != "sync/hr" {
		t.Errorf("started by hand: %+v, %v", lane, err)
	}
	f.fail["describe"] = errors.New("away")
	if _, err = f.reader().FindLane(t.Context()); err == nil || err.Error() != "look up the running session: away" {
		t.Errorf("Temporal is away: %v", err)
	}
}

func TestTheObstacleIsTheLanesOrTheOneThatWaits(t *testing.T) {
	old, fresh := noon.Add(-time.Hour), noon.Add(-pickupPatience)
	lane := OpenSession{ID: "lane", Began: fresh, PickedUp: fresh, HoldsLane: true}
	ending := OpenSession{ID: "ending", Began: old, PickedUp: old}
	queued := OpenSession{ID: "queued", Began: fresh.Add(-time.Nanosecond)}
	starting := OpenSession{ID: "starting", Began: fresh}
	leaving := OpenSession{ID: "leaving", Began: old, Leaving: true}
	stopping := OpenSession{ID: "stopping", Began: old, PickedUp: old, Leaving: true}
	for name, tc := range map[string]struct {
		open    []OpenSession
		plain   bool
		want    string
		settled bool
	}{
		"none":                            {nil, true, "", true},
		"the lane":                        {[]OpenSession{lane, queued}, true, "lane", true},
		"one that waits":                  {[]OpenSession{ending, starting, queued}, true, "queued", true},
		"one that begins":                 {[]OpenSession{starting}, true, "starting", false},
		"one that ends":                   {[]OpenSession{ending}, false, "ending", false},
		"one cancelled in the queue":      {[]OpenSession{leaving}, true, "leaving", true},
		"the same, for one of its own":    {[]OpenSession{leaving}, false, "", true},
		"one that is being cancelled":     {[]OpenSession{stopping}, false, "stopping", false},
		"several, one of them in the way": {[]OpenSession{leaving, queued}, false, "queued", true},
	} {
		before := slices.Clone(tc.open)
		o, settled := chooseObstacle(tc.open, tc.plain, noon)
		got := ""
		if o != nil {
			got = o.ID
		}
		if got != tc.want || settled != tc.settled || !slices.Equal(before, tc.open) {
			t.Errorf("%s: %q, settled %v", name, got, settled)
		}
	}
}

// inVirtualTime reads with the clock of a synctest bubble.
func (f *fakeTemporal) inVirtualTime() Reader {
	r := f.reader()
	r.Clock = nil
	return r
}

func TestASessionThatHasJustStartedIsGivenAMomentToBePickedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		s := f.addSession(24, 0)
		s.began = time.Now()
		began := time.Now()
		o, err := f.inVirtualTime().FindObstacle(t.Context(), false)
		if err != nil || o == nil || o.ID != s.id || time.Since(began) <= pickupPatience || time.Since(began) > pickupPatience+2*settlePause {
			t.Errorf("found %+v after %s, %v", o, time.Since(began), err)
		}
		if r := f.inVirtualTime(); !r.IsQueued(*o) || r.IsQueued(OpenSession{Began: time.Now()}) || r.IsQueued(OpenSession{PickedUp: s.began, Began: s.began}) {
			t.Error("it is not known whether it is queued")
		}
	})
}

func TestASessionThatDoesNotEndInAMomentIsAnObstacle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.pickUp(f.addSession(24, time.Hour), time.Second)
		began := time.Now()
		o, err := f.inVirtualTime().FindObstacle(t.Context(), true)
		if took := time.Since(began); err != nil || o == nil || took <= settleWithin || took > settleWithin+2*settlePause {
			t.Errorf("found %+v after %s, %v", o, took, err)
		}
	})
}

func TestLookingForAnObstacleEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		f.pickUp(f.addSession(24, time.Hour), time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if o, err := f.inVirtualTime().FindObstacle(ctx, true); !errors.Is(err, context.DeadlineExceeded) || o != nil {
			t.Errorf("%+v, %v", o, err)
		}
		f.fail["list"] = errors.New("away")
		if o, err := f.inVirtualTime().FindObstacle(t.Context(), true); err == nil || o != nil {
			t.Errorf("%+v, %v", o, err)
		}
	})
}
