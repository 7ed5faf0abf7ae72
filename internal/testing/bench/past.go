package main

import "fmt"

// pastCommit is the commit whose figures are called past: the last one whose
// increments read every app that was used within the overlap.
const pastCommit = "5682d08"

// past is what the sessions of one tenant cost then, at full size.
type past struct{ full, quiet, busy pastCost }

// pastCost is what one session cost: requests to both tenants, and bytes of history.
type pastCost struct{ defender, oomnitza, history int }

// tellRequests says how many requests to Defender a session made then.
func (p pastCost) tellRequests(scale float64) string {
	if scale != 1 {
		return ""
	}
	return fmt.Sprintf(" (%s at %s)", formatNumber(float64(p.defender)), pastCommit)
}

// cost is what one session costs.
type cost struct {
	defender, oomnitza int // requests
	history            history
}

// comparePast compares a session with what it cost once. Tenants of another size
// have no past.
func (c *changes) comparePast(of string, was pastCost, got cost) {
	if c.scale != 1 {
		c.rows = append(c.rows, row{fmt.Sprintf("Requests to Oomnitza and history of %s%s", of, c.name), "none at this size",
			fmt.Sprintf("%s, %s B", formatNumber(float64(got.oomnitza)), formatNumber(float64(got.history.bytes))), true})
		return
	}
	c.addRow("Requests to Oomnitza of "+of, "as at "+pastCommit, was.oomnitza, got.oomnitza)
	c.addRow("History of "+of+", bytes", fmt.Sprintf("1.2 x %s", formatNumber(float64(was.history))), was.history*6/5, got.history.bytes)
}
