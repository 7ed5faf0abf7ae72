package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/sessions"
)

// seen is the progress of a session that has done so many apps.
func seen(apps, requests int) sessions.Progress {
	p := sessions.Progress{AppsDone: apps}
	p.Phase, p.AppsKnown, p.At = "carrying over users", 100, time.Now()
	p.Counts.Users.Seen, p.Requests.Defender = 10*apps, requests
	return p
}

func TestAFollowedSessionIsShownWithRateAndTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		v := (commands{streams{err: &errs}}).newView(60, nil)
		v.showProgress(seen(10, 20))
		time.Sleep(time.Minute)
		late := seen(25, 50)
		late.Counts.Users.Rejected, late.Ends = 3, late.At.Add(5*time.Minute)
		late.Waiting.For = "Defender answered 429"
		v.showProgress(late)
		want := "carrying over users · apps 10 of ~100 · users 100 · requests 20\n" +
			"carrying over users · apps 25 of ~100 · users 250 · requests 50 (30/min) · about 5m left · 3 rejected · waiting: Defender answered 429\n"
		if got := errs.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestAFollowedSessionHasABarOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		v := (commands{streams{err: &errs, terminal: terminal{err: true}}}).newView(60, nil)
		var opening sessions.Progress
		opening.Phase = "checking both tenants"
		v.showProgress(opening)
		time.Sleep(viewEvery)
		v.showProgress(seen(50, 30))
		v.endLine()
		if got := errs.String(); !strings.HasPrefix(got, "\rchecking both tenants · users 0 · requests 0\r[████████████░░░░░░░░░░░░]  50% carrying over users · apps 50 of ~100") {
			t.Errorf("got %q", got)
		}
	})
}

func TestProgressThatIsShownNeverRunsBackwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		v := (commands{streams{err: &errs}}).newView(0, nil)
		first := seen(27, 10)
		first.AppsKnown, first.Uncounted, first.Streams = 28, 1, []string{"a", "b"}
		v.showProgress(first)
		time.Sleep(plainEvery)
		second := seen(1, 5) // of a worker that has taken over
		second.AppsKnown, second.Streams, second.Ends = 83, []string{"a", "b"}, time.Now().Add(58*time.Minute)
		v.showProgress(second)
		time.Sleep(plainEvery)
		third := seen(29, 12)
		third.AppsKnown, third.Streams, third.Ends = 80, []string{"a", "b"}, time.Now().Add(3*time.Hour)
		v.showProgress(third)
		want := "carrying over users · apps 27 of ~28 in 1 of 2 streams · users 270 · requests 10\n" +
			"carrying over users · apps 27 of ~83 · users 270 · requests 10 · about 58m left\n" +
			"carrying over users · apps 29 of ~83 · users 290 · requests 12 · about 58m left\n"
		if got := errs.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestTheRateNeverExceedsTheBudgetWhichIsSaidToBeWaitedFor(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	v := &view{budget: 30}
	for _, step := range []struct {
		after    time.Duration
		requests int
		rate     float64
		full     bool
	}{
		{0, 0, 0, false},
		{2 * time.Second, 30, 0, true}, // all of the minute's at once
		{20 * time.Second, 30, 30, true},
		{59 * time.Second, 30, 30, true},
		{62 * time.Second, 40, 10, false}, // the burst is more than a minute ago
		{122 * time.Second, 40, 0, false}, // nothing was sent for a minute
		{137 * time.Second, 65, 20, false},
	} {
		rate, full := v.requestRate(step.requests, at.Add(step.after))
		if rate != step.rate || full != step.full {
			t.Errorf("after %s: %v/min, full %v; want %v, %v", step.after, rate, full, step.rate, step.full)
		}
	}
}
