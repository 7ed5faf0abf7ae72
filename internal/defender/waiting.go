package defender

import (
	"defendersync/internal/contract"
	"defendersync/internal/ratelimit"
)

// Waiting tells the pause that the tenant asked for; the zero value when there
// is none.
func (c *Client) Waiting() contract.Waiting { return ratelimit.WaitingFor(peer, c.limiter) }

// OnPause has tell called whenever such a pause begins or gets longer.
func (c *Client) OnPause(tell func(contract.Waiting)) { ratelimit.Announce(peer, c.limiter, tell) }
