package activities

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// outage makes a tenant answer 503 to the requests from the first to the last
// given, whatever they are.
func (d *door) outage(first, last int64) (refused *atomic.Int64) {
	var seen atomic.Int64
	refused = &atomic.Int64{}
	d.set(func(w http.ResponseWriter, req *http.Request) bool {
		if n := seen.Add(1); n < first || n > last {
			return false
		}
		refused.Add(1)
		return down(w, req)
	})
	return refused
}

func TestAnOutageOfEitherSideIsWaitedOutWithoutFetchingAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		door        func(*rig) *door
		first, last int64
	}{
		"of Defender, from the beginning": {func(r *rig) *door { return r.defenderAt }, 1, 60},
		"of Defender, in the middle":      {func(r *rig) *door { return r.defenderAt }, 8, 80},
		"of Oomnitza, from the beginning": {func(r *rig) *door { return r.oomnitzaAt }, 1, 30},
		"of Oomnitza, in the middle":      {func(r *rig) *door { return r.oomnitzaAt }, 20, 45},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.sim.ResetRequests()
			refused := tc.door(r).outage(tc.first, tc.last)
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			if refused.Load() == 0 {
				t.Fatal("there was no outage")
			}
			if out.Rejects.Total() > 0 || len(out.Retry) > 0 {
				t.Errorf("an outage rejected %+v, retry %v", out.Rejects, out.Retry)
			}
			same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
			once(t, r.sim) // what the guard refused, the tenant never saw
			r.clean()
		})
	}
}

func TestASessionThatGetsNowhereGivesUpAndSaysWhy(t *testing.T) {
	r := newRig(t, small())
	p := r.open(contract.Carry{})
	in := r.usage(p, 0)
	in.Policy.GiveUp = 50 * time.Millisecond
	r.defenderAt.set(down)
	_, err := try[contract.SyncUsageResult](r, &attempt{}, contract.ActivitySyncUsage, in)
	if kind, again := kindOf(t, err); kind != httpx.KindServer || again || !strings.Contains(err.Error(), "nothing was written for 50ms") || !strings.Contains(err.Error(), "503") {
		t.Errorf("it ended with %v", err)
	}
}

func TestAPoisonedAppIsRejectedWhileTheOthersGoOn(t *testing.T) {
	for _, poison := range []string{"500", "malformed"} {
		t.Run(poison, func(t *testing.T) {
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			bad := in.Refs[slices.IndexFunc(in.Refs, func(ref contract.AppRef) bool { return ref.Users > 0 })].App
			r.sim.SetFaults(simulator.Faults{Poisoned: map[string]string{bad: poison}})
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			if !slices.Equal(out.Retry, []string{bad}) || out.Counts.Apps.Rejected != 1 || out.Rejects.Samples[0].Reason != "users unreadable" {
				t.Errorf("retry %v, counts %+v, rejects %+v", out.Retry, out.Counts, out.Rejects)
			}
			due := truth(r.sim, p.Streams[0].ID)
			for app := range r.sim.Truth() {
				for key := range due {
					if app.ID == bad && key.app == app.Name {
						delete(due, key)
					}
				}
			}
			same(t, due, held(t, r.sim))
		})
	}
}

func TestFaultsOfSingleRowsAreRejectedAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		faults simulator.Faults
		reason string
	}{
		"rows that cannot be read":     {simulator.Faults{BadUsers: 0.05}, "user row unreadable"},
		"assignments that are refused": {simulator.Faults{RefuseAssign: 0.05}, "assignment refused by Oomnitza"},
		"people who are refused":       {simulator.Faults{RefusePeople: 0.05}, "person refused by Oomnitza"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := small()
			o.Faults = tc.faults
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
			u := out.Counts.Users
			if u.Rejected == 0 || u.Rejected != out.Rejects.Total() || u.Seen != u.Added+u.Repeated+u.Rejected {
				t.Errorf("counts %+v, rejects %+v", u, out.Rejects.ByReason)
			}
			if len(out.Retry) == 0 || out.Rejects.ByReason[0].Reason != tc.reason || len(out.Rejects.ByReason) != 1 {
				t.Errorf("retry %v, rejects %+v", out.Retry, out.Rejects.ByReason)
			}
			if n := len(held(t, r.sim)); n != u.Added {
				t.Errorf("%d are assigned, it counts %d", n, u.Added)
			}
			r.sim.SetFaults(simulator.Faults{})
			must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(p, 0))
			same(t, truth(r.sim, p.Streams[0].ID), held(t, r.sim))
			r.clean()
		})
	}
}

func TestWhatConcernsOneAppRejectsThatAppAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil  func(*contract.AppRef)
		users  bool // an app that has users
		reason string
	}{
		"its record is gone":              {func(ref *contract.AppRef) { ref.SaaS, ref.New = "999999", false }, true, "SaaS record missing in Oomnitza"},
		"its users are counted, not told": {func(ref *contract.AppRef) { ref.Users = 4 }, false, "users missing"},
	} {
		t.Run(name, func(t *testing.T) {
			o := small()
			o.EmptyApps = 0.3
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			i := slices.IndexFunc(in.Refs, func(ref contract.AppRef) bool { return (ref.Users > 0) == tc.users })
			tc.spoil(&in.Refs[i])
			out := must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, in)
			if !slices.Equal(out.Retry, []string{in.Refs[i].App}) || out.Rejects.Total() != 1 || out.Rejects.Samples[0].Reason != tc.reason {
				t.Errorf("retry %v, rejects %+v", out.Retry, out.Rejects)
			}
			if out.Counts.Users.Added == 0 {
				t.Error("the other apps did not go on")
			}
		})
	}
}

func TestAFaultThatNobodyCanWaitOutEndsTheActivity(t *testing.T) {
	for name, tc := range map[string]struct {
		faults simulator.Faults
		kind   httpx.Kind
	}{
		"Defender's token expires": {simulator.Faults{Defender: simulator.PeerFaults{ExpireTokenAfter: 6}}, httpx.KindUnauthorized},
		"Oomnitza's token expires": {simulator.Faults{Oomnitza: simulator.PeerFaults{ExpireTokenAfter: 6}}, httpx.KindUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.sim.SetFaults(tc.faults)
			at := &attempt{}
			_, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in)
			if kind, again := kindOf(t, err); kind != tc.kind || again {
				t.Errorf("it ended with %v", err)
			}
			at.heartbeat(t) // what was done is recorded all the same
		})
	}
}

func TestAUsernameFormatThatCannotBeReadIsToldAtOnce(t *testing.T) {
	r := newRig(t, small())
	in := contract.SyncUsageParams{Policy: r.policy}
	in.Policy.UsernameFormat = "{{.Nope"
	_, err := try[contract.SyncUsageResult](r, &attempt{}, contract.ActivitySyncUsage, in)
	var app *temporal.ApplicationError
	if !errors.As(err, &app) || !app.NonRetryable() || app.Type() != string(httpx.KindConfig) {
		t.Errorf("it ended with %v", err)
	}
}

func TestAPageThatIsRefusedTellsEachOfItsRows(t *testing.T) {
	users := []saas.Usage{{User: "ann@contoso.com"}, {User: "bob@contoso.com"}, {User: "cy@contoso.com"}}
	app := &appRun{ref: contract.AppRef{App: "17"}, mark: newMark(), open: 2}
	r := &usageRun{in: contract.SyncUsageParams{Stream: contract.Stream{ID: "s"}}}
	if err := r.rejectPage(&pageTask{app: app, next: 100, page: defender.UsersPage{Users: users}}, errors.New("no kites here")); err != nil {
		t.Fatal(err)
	}
	if r.cp.Counts.Users.Rejected != 3 || r.cp.Counts.Users.Seen != 3 || r.cp.Rejects.Total() != 3 || !app.retry || app.mark.Low != 100 {
		t.Errorf("counts %+v, %d rejects, retry %v, written to %d", r.cp.Counts.Users, r.cp.Rejects.Total(), app.retry, app.mark.Low)
	}
	for i, row := range r.cp.Rejects.Samples {
		want := saas.Reject{Reason: "assignment refused by Oomnitza", Stream: "s", App: "17", Subject: users[i].User, Detail: "no kites here"}
		if row != want {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}
