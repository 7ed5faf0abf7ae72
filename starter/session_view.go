package main

import (
	"fmt"
	"strings"
	"time"

	"defendersync/internal/sessions"
)

// viewEvery is how often a followed session is looked at.
const viewEvery = 500 * time.Millisecond

// view shows the progress of a session, on a terminal with a bar.
type view struct {
	*statusLine
	began time.Time // of the first look
	from  int       // requests at that time
}

func (c commands) newView() *view { return &view{statusLine: newStatusLine(c.streams)} }

// showProgress shows the progress of a session.
func (v *view) showProgress(p sessions.Progress) {
	text := v.formatProgress(p)
	if v.canRedraw() && p.AppsKnown > 0 {
		text = drawBar(p.AppsDone, p.AppsKnown) + " " + text
	}
	v.showText(text)
}

// formatProgress formats phase, apps, users, requests, rate and remaining time.
func (v *view) formatProgress(p sessions.Progress) string {
	parts := []string{p.Phase}
	if p.AppsKnown > 0 {
		parts = append(parts, fmt.Sprintf("apps %d of ~%d", p.AppsDone, p.AppsKnown))
	}
	parts = append(parts, fmt.Sprintf("users %d", p.Counts.Users.Seen))
	rate := v.requestRate(p.Requests.Defender)
	parts = append(parts, fmt.Sprintf("requests %d", p.Requests.Defender))
	if rate > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%.0f/min)", rate)
	}
	if left := p.Ends.Sub(p.At); left > 0 {
		parts = append(parts, "about "+formatTimeLeft(left)+" left")
	}
	if n := p.Counts.Rejected(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d rejected", n))
	}
	if p.Waiting.IsOn() {
		parts = append(parts, "waiting: "+p.Waiting.String())
	}
	return strings.Join(parts, " · ")
}

// requestRate is the number of requests a minute since the first call.
func (v *view) requestRate(requests int) float64 {
	if v.began.IsZero() {
		v.began, v.from = time.Now(), requests
	}
	minutes := time.Since(v.began).Minutes()
	if minutes < 1.0/60 || requests <= v.from {
		return 0
	}
	return float64(requests-v.from) / minutes
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
