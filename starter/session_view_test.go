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
		v := (commands{streams{err: &errs}}).newView()
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
		v := (commands{streams{err: &errs, terminal: terminal{err: true}}}).newView()
		var opening sessions.Progress
		opening.Phase = "checking both tenants"
		v.showProgress(opening)
		time.Sleep(viewEvery)
		v.showProgress(seen(50, 100))
		v.endLine()
		if got := errs.String(); !strings.HasPrefix(got, "\rchecking both tenants · users 0 · requests 0\r[████████████░░░░░░░░░░░░]  50% carrying over users · apps 50 of ~100") {
			t.Errorf("got %q", got)
		}
	})
}
