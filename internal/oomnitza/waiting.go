package oomnitza

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/ratelimit"
)

// Waiting tells the pause that the tenant asked for; the zero value when there
// is none.
func (c *Client) Waiting() contract.Waiting { return ratelimit.WaitingFor(peer, c.gate) }

// OnPause has tell called whenever such a pause begins or gets longer.
func (c *Client) OnPause(tell func(contract.Waiting)) { ratelimit.Announce(peer, c.gate, tell) }

// ShortenPause ends a pause at the latest so long from now.
func (c *Client) ShortenPause(d time.Duration) { c.gate.Shorten(d) }
