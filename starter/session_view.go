package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
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

func (v *view) show(g glance) {
	if g.silent {
		return
	}
	line := v.line(g)
	if v.bar != nil {
		v.bar.ChangeMax(max(g.AppsKnown, 1))
		v.bar.Describe(line)
		_ = v.bar.Set(min(g.appsNow, max(g.AppsKnown, 1)))
		return
	}
	if line != v.last && time.Since(v.told) >= plainEvery {
		v.last, v.told = line, time.Now()
		fmt.Fprintln(v.c.err, line)
	}
}

// line tells phase, apps, users, requests, rate and time left.
func (v *view) line(g glance) string {
	parts := []string{g.Phase}
	if g.AppsKnown > 0 {
		parts = append(parts, fmt.Sprintf("apps %d of ~%d", g.appsNow, g.AppsKnown))
	}
	parts = append(parts, fmt.Sprintf("users %d", g.Counts.Users.Seen))
	rate := v.rate(g.Requests.Defender)
	parts = append(parts, fmt.Sprintf("requests %d", g.Requests.Defender))
	if rate > 0 {
		parts[len(parts)-1] += fmt.Sprintf(" (%.0f/min)", rate)
	}
	if left := timeLeft(g, rate); left > 0 {
		parts = append(parts, "about "+brief(left)+" left")
	}
	if n := g.Counts.Rejected(); n > 0 {
		parts = append(parts, fmt.Sprintf("%d rejected", n))
	}
	if g.waiting != "" {
		parts = append(parts, "waiting: "+g.waiting)
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

// timeLeft estimates from the requests that the apps so far have cost, at the
// rate that the budget allows.
func timeLeft(g glance, perMinute float64) time.Duration {
	if g.appsNow == 0 || perMinute <= 0 || g.AppsKnown <= g.appsNow {
		return 0
	}
	each := float64(g.Requests.Defender) / float64(g.appsNow)
	left := time.Duration(each * float64(g.AppsKnown-g.appsNow) / perMinute * float64(time.Minute))
	if left > time.Minute {
		return left.Round(time.Minute)
	}
	return left.Round(time.Second)
}

func (v *view) close() {
	if v.bar != nil {
		_ = v.bar.Finish()
	}
}
