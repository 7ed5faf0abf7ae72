package sessions

import (
	"cmp"
	"context"
	"slices"

	"defendersync/internal/saas"
)

// Rejects is what is known of a session's rejected rows.
type Rejects struct {
	saas.Tally                   // all rows by reason; the samples are the rows that were kept
	AppNames   map[string]string // names of apps by their ids
	Lost       bool              // Temporal no longer has all of the session's history
}

// ReasonRows counts the rows that were rejected for one reason.
type ReasonRows struct {
	Reason string
	Count  int // rejected
	Kept   int // of these, rows that were kept
}

// ByCount returns the reasons, the most frequent first.
func (r Rejects) ByCount() []ReasonRows {
	kept := map[string]int{}
	for _, row := range r.Samples {
		kept[row.Reason]++
	}
	var out []ReasonRows
	for _, n := range r.ByReason {
		out = append(out, ReasonRows{Reason: n.Reason, Count: max(n.Count, kept[n.Reason]), Kept: kept[n.Reason]})
	}
	slices.SortStableFunc(out, func(a, b ReasonRows) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

// NotKept is how many rows were counted but not kept.
func (r Rejects) NotKept() int {
	n := 0
	for _, reason := range r.ByCount() {
		n += reason.Count - reason.Kept
	}
	return n
}

// SortedRows returns the rows that were kept by reason, app, stream and subject.
func (r Rejects) SortedRows() []saas.Reject {
	rows := slices.Clone(r.Samples)
	slices.SortStableFunc(rows, func(a, b saas.Reject) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(r.AppNames[a.App], r.AppNames[b.App]), cmp.Compare(a.App, b.App),
			cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Subject, b.Subject))
	})
	return rows
}

// ReadRejects collects the rejected rows of a session. Its result has a few samples
// only. The rows themselves are in the results of its activities, in the history of its
// Sync over all its runs, and for the page at work in the heartbeat.
func (r Reader) ReadRejects(ctx context.Context, s Session) (Rejects, error) {
	c := rejectCollector{Reader: r, out: Rejects{AppNames: map[string]string{}}}
	if err := c.readRuns(ctx, s); err != nil {
		return c.out, err
	}
	c.out.complete(s.Rejects)
	return c.out, nil
}

// complete adds what the session's own result has beyond the histories: all counts, and
// samples of activities whose history is gone.
func (r *Rejects) complete(result saas.Tally) {
	known := map[saas.Reject]bool{}
	for _, row := range r.Samples {
		known[row] = true
	}
	for _, row := range result.Samples {
		if !known[row] {
			r.Samples = append(r.Samples, row)
		}
	}
	counts := map[string]int{}
	for _, reason := range r.ByReason {
		counts[reason.Reason] = reason.Count
	}
	for _, reason := range result.ByReason {
		r.Count(reason.Reason, max(0, reason.Count-counts[reason.Reason]))
	}
}
