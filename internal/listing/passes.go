package listing

// maxPasses bounds how often a list is read again because its rows moved.
const maxPasses = 3

// askAgain asks for the page after one that was read again, or for the first one where
// the list has moved since another reader read it again in part.
func (r *Reader) askAgain(a Ask, t Turn, rows []byte) {
	r.resumed = nil
	switch {
	case t.anew:
		t.Next, r.bad = 0, 0
		r.mark.Again, r.mark.AgainSum, r.mark.Rows = 0, 0, nil
	case r.state == RereadingAll:
		r.mark.recordAgain(a.Skip, t, rows)
	}
	r.asks = append(r.asks, Ask{Skip: t.Next, Again: true})
}

// resumeAgain has a list be read again on from where an earlier reader had got to with
// that; from its beginning where nobody could tell whether rows have moved up since.
func (r *Reader) resumeAgain() {
	last := r.mark.findLast()
	if r.mark.Again == 0 || last < 0 {
		r.mark.Again, r.mark.AgainSum = 0, 0
		return
	}
	r.resumed = map[uint64]bool{}
	for hash := range unpackRows(r.mark.Rows[last]) {
		r.resumed[hash] = true
	}
}

// concludePass decides what follows when every page is dealt with.
func (r *Reader) concludePass() {
	again := r.needsPass()
	if again == Done {
		r.judgement = r.makeJudgement()
		r.state = Done
		r.forgetRows()
		return
	}
	if r.state != Reading {
		r.mark.Sum, r.mark.Again, r.mark.AgainSum = r.mark.AgainSum, 0, 0
	}
	r.state = again
	r.beginPass(again == RereadingAll && r.mark.Again == 0)
	r.passes++
	r.open++
	r.asks = append(r.asks, Ask{Skip: r.mark.Again, Again: true})
}

// needsPass decides whether the list is read once more, and how: its rows moved
// between pages, and either that was not healed yet, or rows are still missing
// and the last pass itself found pages other than they had been. Done: it is
// not.
func (r *Reader) needsPass() State {
	missing := r.IsMissing(r.countMet())
	if r.moved {
		if r.disordered || r.mark.Whole || r.habits.Unsorted || missing {
			return RereadingAll
		}
		return RereadingHead
	}
	if r.state != RereadingAll || r.mark.Stopped || !missing {
		return Done
	}
	r.restless = r.isRestless()
	if r.restless && r.passes < maxPasses {
		return RereadingAll
	}
	return Done
}

// isRestless reports whether the latest pass showed rows, or pages, that the one before
// did not. Of what an earlier reader was shown the sum of its pages tells.
func (r *Reader) isRestless() bool {
	if r.blind {
		return r.mark.AgainSum != r.mark.Sum
	}
	return r.shifted || r.fresh > 0
}
