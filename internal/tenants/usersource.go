package tenants

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// UserSource reads the users of apps in Defender, for usersync.
type UserSource struct {
	*defender.Client
	Limiter *ratelimit.Limiter // the client's
}

// Stop implements usersync.Source.
func (s UserSource) Stop() { s.Limiter.Stop() }

// Recent implements usersync.Source.
func (s UserSource) Recent() contract.RecentRequests { return s.Limiter.Snapshot(time.Now()) }

// Requests implements usersync.Source.
func (s UserSource) Requests() saas.Requests {
	stats := s.Stats()
	return saas.Requests{Defender: stats.Requests, RateLimited: stats.RateLimited, Waited: s.Limiter.Stats().Waited}
}
