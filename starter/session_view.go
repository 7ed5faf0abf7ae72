package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"defendersync/internal/sessions"
)

// view draws progress: a bar on a terminal, plain lines elsewhere.
type view struct {
	c     commands
	bar   *progressbar.ProgressBar
	last  string
	told  time.Time
	began time.Time // of the first look
	from  int       // requests at that time
}

func (c commands) newView() *view {
	v := &view{c: c}
	if c.redraws() {
		v.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(c.err), progressbar.OptionSetWidth(24),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false))
	}
	return v
}

// plainEvery is the least time between plain lines.
const plainEvery = 5 * time.Second

func (v *view) every() time.Duration { return 500 * time.Millisecond }

func (v *view) show(p sessions.Progress) {
	line := v.line(p)
	if v.bar != nil {
		v.bar.ChangeMax(max(p.AppsKnown, 1))
		v.bar.Describe(line)
		_ = v.bar.Set(min(p.AppsDone, max(p.AppsKnown, 1)))
		return
	}
	if line != v.last && time.Since(v.told) >= plainEvery {
		v.last, v.told = line, time.Now()
		fmt.Fprintln(v.c.err, line)
	}
}

// line tells phase, apps, users, requests, rate and time left.
func (v *view) line(p sessions.Progress) string {
	parts := []string{p.Phase}
	if p.AppsKnown > 0 {
		parts = append(parts, fmt.Sprintf("apps %d of ~%d", p.AppsDone, p.AppsKnown))
	}
	parts = append(parts, fmt.Sprintf("users %d", p.Counts.Users.Seen))
	rate := v.rate(p.Requests.Defender)
	parts = append(parts, fmt.Sprintf("requests %d", p.Requests.Defender))
	if rate > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%.0f/min)", rate)
	}
	if left := p.Ends.Sub(p.At); left > 0 {
		parts = append(parts, "about "+brief(left)+" left")
	}
	if n := p.Counts.Rejected(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d rejected", n))
	}
	if p.Waiting.On() {
		parts = append(parts, "waiting: "+p.Waiting.String())
	}
	return strings.Join(parts, " · ")
}

// rate is how many requests a minute there were since the first look.
func (v *view) rate(requests int) float64 {
	if v.began.IsZero() {
		v.began, v.from = time.Now(), requests
	}
	minutes := time.Since(v.began).Minutes()
	if minutes < 1.0/60 || requests <= v.from {
		return 0
	}
	return float64(requests-v.from) / minutes
}

// brief shows a time left in the two units that matter.
func brief(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return fmt.Sprintf("%ds", int(d.Seconds()))
}

func (v *view) close() {
	if v.bar != nil {
		_ = v.bar.Finish()
	}
}
