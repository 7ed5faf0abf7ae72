package activities

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/ratelimit"
	"defendersync/internal/testing/sandbox"
)

// tooManyFor answers 429 with a Retry-After that many days ahead, once for each
// time that it is armed.
func tooManyFor(days int, armed chan struct{}) sandbox.Guard {
	return func(w http.ResponseWriter, r *http.Request) bool {
		select {
		case <-armed:
		default:
			return false
		}
		w.Header().Set("Retry-After", strconv.FormatInt(time.Now().AddDate(0, 0, days).Unix(), 10))
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
}

// TestALongPauseIsToldAndEndsWithTheSession has a tenant ask to be left alone
// for a day. The activity's heartbeat says so; cancelling ends the wait and the
// pause; and the next session is not held up.
func TestALongPauseIsToldAndEndsWithTheSession(t *testing.T) {
	for name, doorOf := range map[string]func(*rig) *sandbox.Door{
		"Defender": func(r *rig) *sandbox.Door { return r.defenderAt },
		"Oomnitza": func(r *rig) *sandbox.Door { return r.oomnitzaAt },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, small())
			plan := r.open(contract.Carry{})
			in := r.usage(plan, 0)
			armed := make(chan struct{}, 1)
			armed <- struct{}{}
			doorOf(r).Post(tooManyFor(1, armed))
			ctx, cancel := context.WithCancel(t.Context())
			at := &attempt{ctx: ctx}
			ended := make(chan error, 1)
			go func() {
				_, err := try[contract.SyncUsageResult](r, at, contract.ActivitySyncUsage, in)
				ended <- err
			}()
			w := waitToBeTold(t, at, ended)
			if !strings.HasPrefix(w.For, name+"'s rate limit (HTTP 429)") || w.Until.Sub(w.Since) < 50*time.Minute ||
				w.Until.Sub(w.Since) > ratelimit.LongestPause+time.Minute {
				t.Errorf("told %+v", w)
			}
			cancel()
			if err := <-ended; err == nil {
				t.Error("a cancelled activity ended well")
			}
			if w := r.findWaiting(); w.IsOn() {
				t.Errorf("after the session was cancelled: %s", w)
			}
			r.open(contract.Carry{}) // would wait for the rest of the hour
			r.clean()
		})
	}
}

// waitToBeTold is the first wait that an attempt's heartbeat tells of.
func waitToBeTold(t *testing.T, at *attempt, ended chan error) contract.Waiting {
	t.Helper()
	for {
		at.mu.Lock()
		last := at.last
		at.mu.Unlock()
		if last != nil && last.Waiting.IsOn() {
			return last.Waiting
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended untold: %v", err)
		case <-t.Context().Done():
			t.Fatal("no heartbeat tells of the wait")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestASessionInheritsNoLongPause(t *testing.T) {
	r := newRig(t, small())
	r.limiter.Pause(ratelimit.LongestPause)
	r.shortenPauses(inherited)
	if w := r.findWaiting(); !w.IsOn() || time.Until(w.Until) > inherited {
		t.Errorf("%+v", w)
	}
	r.freeAfter(t.Context())
	if !r.findWaiting().IsOn() {
		t.Error("a session that goes on gave its pause up")
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	r.freeAfter(stopped)
	if w := r.findWaiting(); w.IsOn() {
		t.Errorf("%+v", w)
	}
}

func TestAWaitIsToldWhenItLastsAndWhenItIsOver(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	long := contract.Waiting{For: "a", Since: now, Until: now.Add(time.Hour)}
	old := contract.Waiting{For: "b", Since: now.Add(-2 * time.Minute), Until: now.Add(time.Second)}
	for name, tc := range map[string]struct {
		t    teller
		w    contract.Waiting
		want bool
	}{
		"none":                     {teller{}, contract.Waiting{}, false},
		"a short one":              {teller{}, contract.Waiting{For: "a", Since: now, Until: now.Add(5 * time.Second)}, false},
		"one that will last":       {teller{}, long, true},
		"one that has lasted":      {teller{}, old, true},
		"the same again":           {teller{long, now.Add(-time.Hour)}, long, false},
		"another, a moment later":  {teller{long, now.Add(-time.Second)}, old, false},
		"another, a minute later":  {teller{long, now.Add(-time.Minute)}, old, true},
		"the end of one told":      {teller{long, now}, contract.Waiting{}, true},
		"the end of one told once": {teller{contract.Waiting{}, now}, contract.Waiting{}, false},
	} {
		if got := tc.t.hasNews(tc.w, now); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestASessionThatIsNotLetInSaysWhy(t *testing.T) {
	r := newRig(t, small())
	r.limiter.Pause(time.Hour)
	err := r.openLimit(r.findWaiting())
	for _, words := range []string{"25m", "Defender's rate limit", "since", "until"} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v does not say %q", err, words)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("it reads as the activity's own time limit")
	}
}
