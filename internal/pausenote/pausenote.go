// Package pausenote is what a schedule's note says of a pause: who paused it,
// since when and why. Temporal keeps one note a schedule and no history of its
// pauses, so the note is where a pause on purpose can be told from one that
// somebody should hear of.
package pausenote

import (
	"fmt"
	"strings"
	"time"
)

// Pause is a pause that an operator made on purpose, by our command.
type Pause struct {
	By      string    // user@host
	Reason  string    // as given; may be empty
	From    time.Time // UTC
	Until   time.Time // when it was resumed; zero while it lasts
	Resumer string    // who resumed it
}

// Covers reports whether the schedule was paused on purpose at a time.
func (p Pause) Covers(t time.Time) bool {
	return !p.From.IsZero() && !t.Before(p.From) && (p.Until.IsZero() || t.Before(p.Until))
}

const (
	pausedBy  = "Paused on purpose by "
	resumedBy = "Resumed by "
	pausedWas = "; it was paused on purpose by "
	since     = " since "
	at        = " at "
	because   = ": "
)

// String is the note: "Paused on purpose by ann@desk since
// 2026-11-24T08:00:00Z: audit week", or after a resume "Resumed by bob@desk at
// 2026-11-25T08:00:00Z; it was paused on purpose by ann@desk since …".
func (p Pause) String() string {
	reason := ""
	if p.Reason != "" {
		reason = because + strings.Join(strings.Fields(p.Reason), " ")
	}
	if p.Until.IsZero() {
		return pausedBy + p.By + since + stamp(p.From) + reason
	}
	return fmt.Sprint(resumedBy, p.Resumer, at, stamp(p.Until), pausedWas, p.By, since, stamp(p.From), reason)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Parse reads a note that String made; false for any other note.
func Parse(note string) (p Pause, ok bool) {
	rest, paused := strings.CutPrefix(note, pausedBy)
	if !paused {
		var head, until string
		if head, rest, ok = strings.Cut(note, pausedWas); !ok {
			return Pause{}, false
		}
		if head, ok = strings.CutPrefix(head, resumedBy); !ok {
			return Pause{}, false
		}
		if p.Resumer, until, ok = strings.Cut(head, at); !ok {
			return Pause{}, false
		}
		var err error
		if p.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return Pause{}, false
		}
	}
	by, rest, ok := strings.Cut(rest, since)
	if !ok {
		return Pause{}, false
	}
	from, reason, _ := strings.Cut(rest, because)
	when, err := time.Parse(time.RFC3339, from)
	if err != nil {
		return Pause{}, false
	}
	p.By, p.From, p.Reason = by, when, reason
	return p, true
}
