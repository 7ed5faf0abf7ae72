package watch

import (
	"slices"
	"time"

	"defendersync/internal/contract"
)

// IsSound reports whether a state can be worked with. One that is not was left behind by
// an older version, which believed signals without checking them.
func IsSound(s *contract.WatchState, integration string, now time.Time) bool {
	return CheckSettings(s.Watch.Settings, integration) == nil &&
		!slices.ContainsFunc(s.Watch.Sessions, isForeign(integration)) &&
		!slices.ContainsFunc(s.Claims, isEndless(now)) &&
		!slices.ContainsFunc(s.Pending, isHopeless(s, now))
}

// MendState removes what cannot be right from a state, and replaces settings that cannot
// be right by the defaults.
func MendState(s *contract.WatchState, integration string, now time.Time) {
	if CheckSettings(s.Watch.Settings, integration) != nil {
		s.Watch.Settings, s.DefaultSettings = MendSettings(s.Watch.Settings, integration), true
	}
	s.Watch.Sessions = slices.DeleteFunc(slices.Clone(s.Watch.Sessions), isForeign(integration))
	s.Claims = slices.DeleteFunc(slices.Clone(s.Claims), isEndless(now))
	s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), isHopeless(s, now))
}

// isForeign matches sessions that cannot be the integration's.
func isForeign(integration string) func(contract.WatchedSession) bool {
	return func(x contract.WatchedSession) bool { return !isSession(x.ID, x.Run, integration) }
}

// isEndless matches claims that would hold notices back for too long.
func isEndless(now time.Time) func(contract.NoticeClaim) bool {
	return func(c contract.NoticeClaim) bool { return isTooLong(c, now) }
}

// isHopeless matches deliveries that will never be made, because their notice is not
// kept any more or never was.
func isHopeless(s *contract.WatchState, now time.Time) func(contract.Delivery) bool {
	return func(d contract.Delivery) bool {
		_, known := FindNotice(s, d.Key)
		return !d.UnderWay && (!known || checkDelivery(d, now) != nil)
	}
}
