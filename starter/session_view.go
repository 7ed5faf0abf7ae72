package main

import (
	"fmt"
	"time"

	"defendersync/internal/sessions"
)

// viewEvery is how often a followed session is looked at.
const viewEvery = 500 * time.Millisecond

// view shows the progress of a session, on a terminal with a bar.
type view struct {
	*statusLine
	budget int               // requests a minute; 0: not limited
	zone   *time.Location    // of times
	last   sessions.Progress // as shown last
	asked  []sentSoFar       // the first look, and those of the last minute
}

// sentSoFar is how many requests a session had sent at a time.
type sentSoFar struct {
	at       time.Time
	requests int
}

// newView returns a view of a session that may send so many requests a minute; 0: any.
func (c commands) newView(budget int, zone *time.Location) *view {
	return &view{statusLine: newStatusLine(c.streams), budget: budget, zone: zone}
}

// moveOn takes over a progress and returns it such that it never runs backwards.
func (v *view) moveOn(p sessions.Progress) sessions.Progress {
	v.last = p.KeepForward(v.last)
	return v.last
}

// showProgress shows the progress of a session, which never runs backwards.
func (v *view) showProgress(p sessions.Progress) {
	line := v.describeProgress(v.moveOn(p))
	v.showFitted(line.String(), line.fitRoom)
}

// describeProgress says phase, apps, users, requests, rate, remaining time, rejected rows
// and what is waited for.
func (v *view) describeProgress(p sessions.Progress) progressLine {
	l := progressLine{
		phase: p.Phase, apps: p.Position().Describe(), users: fmt.Sprintf("users %d", p.Counts.Users.Seen), requests: fmt.Sprintf("requests %d", p.Requests.Defender),
	}
	if p.AppsKnown > 0 {
		l.bar = drawBar(p.AppsDone, p.AppsKnown)
	}
	now := time.Now()
	rate, full := v.requestRate(p.Requests.Defender, now)
	if rate > 0 {
		l.requests += fmt.Sprintf(" (%.0f/min)", rate)
	}
	if left := p.Ends.Sub(p.At); left >= time.Second {
		l.left = "about " + formatTimeLeft(left) + " left"
	}
	if n := p.Counts.Rejected(); n > 0 {
		l.rejected = fmt.Sprintf("%d rejected", n)
	}
	switch {
	case p.Waiting.IsOn():
		l.wait = waitOf(p.Waiting, v.zone, now)
	case full:
		l.wait.reason = fmt.Sprintf("the request budget (%d/min)", v.budget)
	}
	return l
}

// rateAfter is how long a session is followed before its rate is shown: requests come in
// bursts.
const rateAfter = 15 * time.Second

// requestRate returns the requests of the last minute, or those since the first look by
// the minute; 0: not known. It never exceeds the budget. full: the budget of the minute is
// used up, so the session waits for its next one.
func (v *view) requestRate(requests int, now time.Time) (rate float64, full bool) {
	v.asked = append(v.asked, sentSoFar{now, requests})
	for len(v.asked) > 2 && now.Sub(v.asked[1].at) >= time.Minute {
		v.asked = v.asked[1:]
	}
	since, sent := now.Sub(v.asked[0].at), requests-v.asked[0].requests
	if sent <= 0 {
		return 0, false
	}
	full = v.budget > 0 && float64(sent) >= float64(v.budget)*max(1, since.Minutes())
	if since < rateAfter {
		return 0, full
	}
	rate = float64(sent) / since.Minutes()
	if v.budget > 0 {
		rate = min(rate, float64(v.budget))
	}
	return rate, full
}

// formatTimeLeft formats a remaining time in its two largest units.
func formatTimeLeft(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return fmt.Sprintf("%ds", int(d.Seconds()))
}
