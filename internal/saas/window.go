package saas

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"defendersync/internal/moment"
)

// Day is the unit in which Defender often tells last activity.
const Day = 24 * time.Hour

// Retention is how far back Defender's discovery data goes [DOC D13].
const Retention = 90 * Day

// Mode says how much a session reads.
type Mode string

// The modes of a session.
const (
	ModeFull        Mode = "full"        // every app, every user
	ModeIncremental Mode = "incremental" // what is newer than the watermark less the overlap
)

// WindowInput is what the choice of a session's window depends on.
type WindowInput struct {
	Began          time.Time // when the session began, by Defender's clock
	Full           bool      // a full session was asked for
	Watermark      time.Time // Began of the last good session; zero when there is none
	LastFull       time.Time // Began of the last good full session; zero when there is none
	TooManyRejects bool      // more was rejected last time than is carried forward
	Rules          string    // RulesHash of the last good session; "" when unknown
	Policy         Policy
	// Comparable is the timeframe, in days, whose rows can be compared with what was
	// kept of the session before. An increment takes it where it is the wider one and
	// lists are read no further for that; 0: none.
	Comparable int
}

// Window is what a session reads.
type Window struct {
	Mode      Mode      `json:"mode"`
	Timeframe int       `json:"timeframe"`          // days: 7, 30 or 90, the only ones Defender knows [CODE M1, X1]
	Threshold time.Time `json:"threshold,omitzero"` // rows older than this are left out; zero: none
	Reason    string    `json:"reason"`             // in words, for the operator
}

// PlanWindow decides what a session reads, and why.
func PlanWindow(in WindowInput) Window {
	if reason := fullReason(in); reason != "" {
		return fullWindow(in, reason)
	}
	from := in.Watermark
	if from.After(in.Began) {
		from = in.Began
	}
	from = from.Add(-in.Policy.Overlap).UTC()
	return Window{
		Mode: ModeIncremental,
		// A day more, because a row that shows only its day may belong to
		// any hour of it.
		Timeframe: max(smallestTimeframe(in.Began.Sub(from)+Day), in.Comparable),
		Threshold: from,
		Reason:    "activity since " + moment.Format(from, in.Policy.Zone()),
	}
}

// FullDue is how long after the last full session the next one is due. A schedule
// doesn't fire to the second: a full session "every 7 days" on a daily schedule is
// not to slip to the eighth.
func (p Policy) FullDue() time.Duration { return p.FullEvery - min(p.FullEvery/24, time.Hour) }

// fullReason tells why a session has to be full; "" when it hasn't.
func fullReason(in WindowInput) string {
	gap := in.Began.Sub(in.Watermark)
	age := in.Began.Sub(in.LastFull)
	switch {
	case in.Full:
		return "asked for"
	case in.Watermark.IsZero():
		return "first session"
	case gap > Retention:
		return fmt.Sprintf("%s since the last good session, more than the 90 days that Defender keeps", formatDays(gap))
	case gap < -Day:
		return "the last good session lies in the future by Defender's clock"
	case in.Rules != "" && in.Rules != in.Policy.RulesHash():
		return "the settings that decide what is taken over have changed"
	case in.TooManyRejects:
		return "too many apps were rejected in the last session to retry them one by one"
	case in.LastFull.IsZero():
		return "no full session so far"
	case in.Policy.FullEvery > 0 && age >= in.Policy.FullDue():
		return fmt.Sprintf("last full session %s ago", formatDays(age))
	}
	return ""
}

func fullWindow(in WindowInput, reason string) Window {
	w := Window{Mode: ModeFull, Timeframe: 90, Reason: reason}
	if back := in.Policy.Lookback; back > 0 && back < Retention {
		w.Timeframe = smallestTimeframe(back)
		w.Threshold = in.Began.Add(-back).UTC()
	}
	return w
}

// smallestTimeframe is the smallest of Defender's that covers a span.
func smallestTimeframe(span time.Duration) int {
	switch {
	case span <= 7*Day:
		return 7
	case span <= 30*Day:
		return 30
	}
	return 90
}

func formatDays(d time.Duration) string {
	if n := int((d + Day/2) / Day); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

// IsNewer reports whether a row is to be read under a threshold. An exact
// midnight (UTC) stands for any time of that day, as Defender often tells only
// the day [INF]. A row without a time counts as newer, so that a list in which
// such rows come first isn't taken for read.
func IsNewer(lastSeen, threshold time.Time) bool {
	if threshold.IsZero() || lastSeen.IsZero() {
		return true
	}
	if lastSeen.Equal(lastSeen.Truncate(Day)) {
		return lastSeen.Add(Day).After(threshold)
	}
	return !lastSeen.Before(threshold)
}

// rulesVersion changes when the mapping rules do, so that a new release reads
// everything once under its own rules.
const rulesVersion = 2

// RulesHash is short and the same as long as the settings that decide what is
// taken over are: streams, lookback, username format, exclusions and the
// thresholds that make the number of active users. A change makes the next
// session full.
func (p Policy) RulesHash() string {
	thresholds := make(map[string]time.Duration, len(p.AppThresholds))
	for name := range p.AppThresholds {
		thresholds[Fold(name)] = p.Threshold(name)
	}
	format := p.UsernameFormat
	if format == "" {
		format = FormatEmail
	}
	text, err := json.Marshal(struct {
		Version          int
		Streams, Exclude []string
		Format           string
		Lookback, Active time.Duration
		Thresholds       map[string]time.Duration
	}{rulesVersion, foldList(p.Streams), foldList(p.ExcludeUsers), format, p.Lookback, p.Threshold(""), thresholds})
	if err != nil {
		return "" // strings and numbers always marshal
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// foldList makes a list independent of order, case and repetition.
func foldList(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, Fold(s))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
