package listing

import "defendersync/internal/contract"

// Judgement says whether a list was shown whole.
type Judgement struct {
	Rows          int        // rows of the list, up to where it ends or was read to
	Unreadable    string     // why not a single page could be read; "" where one could
	Lost          []LostRows // pages that could not be read
	Missing       int        // rows that the source speaks of and did not show
	Restless      bool       // rows are missing, and each reading showed others
	Met, Expected int        // Restless: different rows that were met, of about so many
	Contradictory bool       // what the source says of the length cannot all be true, though the list seems whole
}

// IsEmpty reports whether the list has no row at all.
func (j Judgement) IsEmpty() bool { return j.Rows == 0 }

// LostRows are the rows of a page that could not be read.
type LostRows struct {
	Skip  int    // rows before it
	Rows  int    // how many there are, about
	ToEnd bool   // they reach to the end of the list: nothing after the page was read either
	Why   string // what was said of the page
}

// Judge returns the judgement of a list that is Done.
func (r *Reader) Judge() Judgement { return r.judgement }

// makeJudgement compares the rows that were read with what the source says about their
// number. What was left out on purpose is not missing.
func (r *Reader) makeJudgement() Judgement {
	m := &r.mark
	j := Judgement{Rows: m.End}
	if n := len(m.Lost); n > 0 && max(m.End, m.Written) == PageRows*n {
		j.Unreadable = m.Lost[n-1].Error
		return j
	}
	for _, l := range m.Lost {
		j.Lost = append(j.Lost, r.measureLost(l))
	}
	if len(m.Lost) > 0 || m.Stopped {
		return j
	}
	met := r.countMet()
	switch {
	case r.length.CountMissing(m.End) > 0:
		j.Missing = r.length.CountMissing(m.End)
	case r.restless && r.IsMissing(met):
		j.Restless, j.Met, j.Expected = true, met, r.length.FindGreatest()
	default:
		j.Contradictory = r.length.IsContradictory(m.End) || r.state == RereadingAll && r.IsMissing(met)
	}
	return j
}

// measureLost finds out how many rows a page had that could not be read.
func (r *Reader) measureLost(l contract.LostPage) LostRows {
	told, next := r.length.FindGreatest(), l.Skip+PageRows
	if told > next && next >= r.mark.End {
		return LostRows{Skip: l.Skip, Rows: told - l.Skip, ToEnd: true, Why: l.Error}
	}
	return LostRows{Skip: l.Skip, Rows: max(1, min(PageRows, told-l.Skip)), Why: l.Error}
}
