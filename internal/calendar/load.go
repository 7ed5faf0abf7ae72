package calendar

import "time"

// Pace is what sessions are expected to take.
type Pace struct {
	Incremental time.Duration // 0: not known, and taken to be none
	Full        time.Duration // the same
	FullEvery   time.Duration // how often a session is full at the least; 0: never
	LastFull    time.Time     // when the last full one began; zero: the next one is full
}

// Load is what becomes of a schedule's starts at a pace.
type Load struct {
	Starts        int // that are scheduled
	Full          int // that become full sessions
	Incremental   int // that become incremental ones
	Skipped       int // that come while an incremental session runs
	SkippedByFull int // that come while a full one does
}

// CountLoad counts what becomes of starts, the earliest first, where each that
// comes while a session runs is skipped.
func CountLoad(starts []time.Time, p Pace) (l Load) {
	var until time.Time
	full, lastFull := false, p.LastFull
	for _, at := range starts {
		l.Starts++
		if at.Before(until) {
			if full {
				l.SkippedByFull++
			} else {
				l.Skipped++
			}
			continue
		}
		if full = p.FullEvery > 0 && at.Sub(lastFull) >= p.FullEvery; full {
			lastFull, until = at, at.Add(p.Full)
			l.Full++
		} else {
			until = at.Add(p.Incremental)
			l.Incremental++
		}
	}
	return l
}
