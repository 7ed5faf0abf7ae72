package watch

import (
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// countEnd counts a session whose end is judged, once.
func countEnd(t *contract.SessionTotals, v contract.SessionView) {
	mode, outcome := modeOf(v), v.Outcome
	if outcome == "" {
		outcome = v.End.Outcome()
	}
	countSession(t, mode, outcome)
	if v.IsTrial() || outcome == saas.OutcomeSkipped {
		return
	}
	t.Last = contract.LastSession{Began: v.Began, Ended: v.Closed}
	if v.Progress != nil {
		t.Rows = t.Rows.Add(v.Progress.Counts)
		t.Last.Rejected = v.Progress.Counts.Rejected()
	}
	t.Rejects, t.Skips = addReasons(t.Rejects, v.Errors), addReasons(t.Skips, v.Skips)
}

// modeOf is the mode by which a session is counted.
func modeOf(v contract.SessionView) contract.SessionMode {
	if v.DryRun {
		return contract.ModeDryRun
	}
	if v.LimitApps > 0 {
		return contract.ModeLimited
	}
	switch mode := contract.SessionMode(v.Mode); mode {
	case contract.ModeFull, contract.ModeIncremental:
		return mode
	}
	return contract.ModeNone
}

// countSession counts one more session of a mode and an outcome.
func countSession(t *contract.SessionTotals, mode contract.SessionMode, outcome saas.Outcome) {
	i := slices.IndexFunc(t.Sessions, func(c contract.SessionCount) bool { return c.Mode == mode && c.Outcome == outcome })
	if i < 0 {
		t.Sessions = append(t.Sessions, contract.SessionCount{Mode: mode, Outcome: outcome, Count: 1})
		return
	}
	t.Sessions[i].Count++
}

// addReasons adds up counts by reason.
func addReasons(a, b []saas.ReasonCount) []saas.ReasonCount {
	sum := saas.Tally{ByReason: a}
	sum.Merge(saas.Tally{ByReason: b}, 0)
	return sum.ByReason
}

// cloneTotals returns totals that can be changed without changing the original.
func cloneTotals(t contract.SessionTotals) contract.SessionTotals {
	t.Sessions, t.Rejects, t.Skips = slices.Clone(t.Sessions), slices.Clone(t.Rejects), slices.Clone(t.Skips)
	return t
}
