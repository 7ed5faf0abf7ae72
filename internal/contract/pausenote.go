package contract

import (
	"fmt"
	"strings"
	"time"
)

// The words by which a pause note is recognised. Notes of schedules hold them,
// so they never change.
const (
	pausedBy     = "Paused on purpose by "
	resumedBy    = "Resumed by "
	wasPaused    = "; it was paused on purpose by "
	pausedSince  = " since "
	pausedUntil  = " until "
	resumedAt    = " at "
	pauseBecause = ": "
)

// PauseNote is what a schedule's note says of a pause that an operator made on
// purpose, by our command. Temporal keeps one note a schedule and no history
// of its pauses, so the note is where such a pause can be told from one that
// somebody should hear of.
type PauseNote struct {
	By      string    // user@host
	Reason  string    // as given; may be empty
	From    time.Time // UTC
	Ends    time.Time // when it ends by itself; zero: when it is resumed
	Until   time.Time // when it was resumed; zero: it was not
	Resumer string    // who resumed it
}

// CoversTime reports whether the schedule was paused on purpose at a time.
func (p PauseNote) CoversTime(t time.Time) bool {
	return !p.From.IsZero() && !t.Before(p.From) && (p.Until.IsZero() || t.Before(p.Until)) && (p.Ends.IsZero() || t.Before(p.Ends))
}

// String is the note: "Paused on purpose by ann@desk since
// 2026-11-24T08:00:00Z until 2026-12-01T07:00:00Z: audit week", or after a
// resume "Resumed by bob@desk at 2026-11-25T08:00:00Z; it was paused on purpose
// by ann@desk since …". A pause without an end has no "until".
func (p PauseNote) String() string {
	pause := p.By + pausedSince + noteTime(p.From)
	if !p.Ends.IsZero() {
		pause += pausedUntil + noteTime(p.Ends)
	}
	if p.Reason != "" {
		pause += pauseBecause + strings.Join(strings.Fields(p.Reason), " ")
	}
	if p.Until.IsZero() {
		return pausedBy + pause
	}
	return fmt.Sprint(resumedBy, p.Resumer, resumedAt, noteTime(p.Until), wasPaused, pause)
}

// ParsePauseNote reads a note that String made; false for any other note.
func ParsePauseNote(note string) (p PauseNote, ok bool) {
	rest, paused := strings.CutPrefix(note, pausedBy)
	if !paused {
		var head, until string
		if head, rest, ok = strings.Cut(note, wasPaused); !ok {
			return PauseNote{}, false
		}
		if head, ok = strings.CutPrefix(head, resumedBy); !ok {
			return PauseNote{}, false
		}
		if p.Resumer, until, ok = strings.Cut(head, resumedAt); !ok {
			return PauseNote{}, false
		}
		var err error
		if p.Until, err = time.Parse(time.RFC3339, until); err != nil {
			return PauseNote{}, false
		}
	}
	by, rest, ok := strings.Cut(rest, pausedSince)
	if !ok {
		return PauseNote{}, false
	}
	span, reason, _ := strings.Cut(rest, pauseBecause)
	from, ends, hasEnd := strings.Cut(span, pausedUntil)
	var err error
	if p.From, err = time.Parse(time.RFC3339, from); err != nil {
		return PauseNote{}, false
	}
	if hasEnd {
		if p.Ends, err = time.Parse(time.RFC3339, ends); err != nil {
			return PauseNote{}, false
		}
	}
	p.By, p.Reason = by, reason
	return p, true
}

func noteTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
