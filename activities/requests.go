package activities

import "defendersync/internal/saas"

// tally is a reading of the clients' counters of requests.
type tally struct{ saas.Requests }

// countRequests reads the counters. They count for the whole process; with one lane a
// tenant that is what the running activity asked for.
func (a *Activities) countRequests() tally {
	d, o := a.defender.Stats(), a.oomnitza.Stats()
	return tally{saas.Requests{
		Defender: d.Requests, Oomnitza: o.Requests, RateLimited: d.RateLimited + o.RateLimited, Waited: a.limiter.Stats().Waited,
	}}
}

// countSince returns what was asked for after an earlier reading.
func (t tally) countSince(before tally) saas.Requests {
	return saas.Requests{
		Defender: t.Defender - before.Defender, Oomnitza: t.Oomnitza - before.Oomnitza,
		RateLimited: t.RateLimited - before.RateLimited, Waited: t.Waited - before.Waited,
	}
}
