package preflight

import (
	"context"
	"time"

	"defendersync/internal/contract"
)

// countWithin bounds the time for counting the apps of all streams. It is for the
// progress alone, so it waits neither for the request budget nor for a slow tenant. No
// other wait is as long: which of two ends first is a matter of chance, and a simulated
// session has to do the same again.
const countWithin = 17 * time.Second

// countApps returns about how many apps are to be read of each stream, with a request for
// each stream but the first, whose first page is read already; -1: not known.
func (c *Checker) countApps(ctx context.Context, plan contract.Plan) []int {
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	totals := make([]int, len(plan.Streams))
	for i, stream := range plan.Streams {
		totals[i] = -1
		if i == 0 && plan.First != nil {
			totals[i] = plan.First.CountList(0)
			continue
		}
		n, err := c.apps.CountApps(ctx, contract.FetchAppsParams{Stream: stream, Window: plan.Window, Dialect: plan.Dialect})
		if err == nil {
			totals[i] = n
		}
	}
	return totals
}
