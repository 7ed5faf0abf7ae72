package usersync_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/usersync"
)

func TestAnOutageOfEitherSideIsWaitedOutWithoutFetchingAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		door        func(*rig) *sandbox.Door
		first, last int64
	}{
		"of Defender, from the beginning": {func(r *rig) *sandbox.Door { return r.DefenderDoor }, 1, 60},
		"of Defender, in the middle":      {func(r *rig) *sandbox.Door { return r.DefenderDoor }, 8, 80},
		"of Oomnitza, from the beginning": {func(r *rig) *sandbox.Door { return r.OomnitzaDoor }, 1, 30},
		"of Oomnitza, in the middle":      {func(r *rig) *sandbox.Door { return r.OomnitzaDoor }, 20, 45},
		"of Oomnitza, for long":           {func(r *rig) *sandbox.Door { return r.OomnitzaDoor }, 20, 200},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.ResetRequests()
			refused := tc.door(r).BreakDown(tc.first, tc.last)
			out := r.carryOver(in)
			if refused.Load() == 0 {
				t.Fatal("there was no outage")
			}
			if out.Rejects.Total() > 0 || len(out.Retry) > 0 {
				t.Errorf("an outage rejected %+v, retry %v", out.Rejects, out.Retry)
			}
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			r.CheckNoPageTwice() // what the guard refused, the tenant never saw
			r.CheckContract()
		})
	}
}

func TestASessionThatGetsNowhereGivesUpAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		p := r.open(contract.Carry{})
		in := r.usage(p, 0)
		in.Policy.GiveUp = 20 * time.Minute
		r.DefenderDoor.Post(sandbox.AnswerDown)
		_, err := r.try(&attempt{}, in)
		if kind := httpx.KindOf(err); kind != httpx.KindServer || !strings.Contains(err.Error(), "nothing was written for 20m0s") || !strings.Contains(err.Error(), "503") {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestAPoisonedAppIsRejectedWhileTheOthersGoOn(t *testing.T) {
	for _, poison := range []string{"500", "malformed"} {
		inBubble(t, poison, func(t *testing.T) {
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			bad := in.Refs[slices.IndexFunc(in.Refs, func(ref contract.AppRef) bool { return ref.Users > 0 })].App
			r.SetFaults(simulator.Faults{Poisoned: map[string]string{bad: poison}})
			out := r.carryOver(in)
			if !slices.Equal(out.Retry, []string{bad}) || out.Counts.Apps.Rejected != 1 || out.Rejects.Samples[0].Reason != "users unreadable" {
				t.Errorf("retry %v, counts %+v, rejects %+v", out.Retry, out.Counts, out.Rejects)
			}
			due := r.DuePairs(p.Streams[0].ID)
			for app := range r.Truth() {
				for key := range due {
					if app.ID == bad && key.App == app.Name {
						delete(due, key)
					}
				}
			}
			sandbox.ComparePairs(t, due, r.HeldPairs())
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
		inBubble(t, name, func(t *testing.T) {
			o := small()
			o.Faults = tc.faults
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			out := r.carryOver(r.usage(p, 0))
			u := out.Counts.Users
			if u.Rejected == 0 || u.Rejected != out.Rejects.Total() || u.Seen != u.Added+u.Repeated+u.Rejected {
				t.Errorf("counts %+v, rejects %+v", u, out.Rejects.ByReason)
			}
			if len(out.Retry) == 0 || out.Rejects.ByReason[0].Reason != tc.reason || len(out.Rejects.ByReason) != 1 {
				t.Errorf("retry %v, rejects %+v", out.Retry, out.Rejects.ByReason)
			}
			if n := len(r.HeldPairs()); n != u.Added {
				t.Errorf("%d are assigned, it counts %d", n, u.Added)
			}
			r.SetFaults(simulator.Faults{})
			r.carryOver(r.usage(p, 0))
			sandbox.ComparePairs(t, r.DuePairs(p.Streams[0].ID), r.HeldPairs())
			r.CheckContract()
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
		inBubble(t, name, func(t *testing.T) {
			o := small()
			o.EmptyApps = 0.3
			r := newRig(t, o)
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			i := slices.IndexFunc(in.Refs, func(ref contract.AppRef) bool { return (ref.Users > 0) == tc.users })
			tc.spoil(&in.Refs[i])
			out := r.carryOver(in)
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
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			p := r.open(contract.Carry{})
			in := r.usage(p, 0)
			r.SetFaults(tc.faults)
			at := &attempt{}
			_, err := r.try(at, in)
			if kind := httpx.KindOf(err); kind != tc.kind {
				t.Errorf("it ended with %v", err)
			}
			if at.left.Requests.Oomnitza == 0 {
				t.Error("what was done is not recorded")
			}
		})
	}
}

func TestAUsernameFormatThatCannotBeReadIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, small())
		in := contract.SyncUsageParams{Policy: r.policy}
		in.Policy.UsernameFormat = "{{.Nope"
		_, err := r.try(&attempt{}, in)
		if final := (*usersync.FinalError)(nil); !errors.As(err, &final) || httpx.KindOf(err) != httpx.KindConfig {
			t.Errorf("it ended with %v", err)
		}
	})
}
