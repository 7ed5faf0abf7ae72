package defender

import "defendersync/internal/pace"

// Waiting tells the pause that the tenant asked for; the zero value when there
// is none.
func (c *Client) Waiting() pace.Waiting { return pace.WaitingFor(peer, c.limiter) }

// OnPause has tell called whenever such a pause begins or gets longer.
func (c *Client) OnPause(tell func(pace.Waiting)) { pace.Announce(peer, c.limiter, tell) }
