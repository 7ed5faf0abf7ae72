package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// integrationOf is the integration that a Watch watches, by its own id, which
// no signal changes.
func integrationOf(ctx workflow.Context, s contract.WatchSettings) string {
	if name, ours := strings.CutPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, contract.WatchID("")); ours && name != "" {
		return name
	}
	return s.Integration
}

// changeMend is the version from which on a state that can't be right is put
// right. It is asked for anew with each look, and only for such a state: a run
// that is replayed has not mended what it looked with, and mends it from then
// on.
const changeMend = "mend-state"

// mend puts right what an older version believed of a bad signal.
func (w *watchRun) mend(ctx workflow.Context) {
	now := workflow.Now(ctx)
	if isSound(w.state, w.name, now) || workflow.GetVersion(ctx, fmt.Sprintf("%s-%d", changeMend, w.looks), workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	workflow.GetLogger(ctx).Warn("what the watch knew could not be right, and was put right")
	MendState(w.state, w.name, now)
	w.dirty = true
}

// badSession reports whether what is said to run can be no session.
func badSession(integration string) func(contract.WatchedSession) bool {
	return func(x contract.WatchedSession) bool { return !isSession(x.ID, x.Run, integration) }
}

// badClaim reports whether a claim would keep notices back for ever.
func badClaim(now time.Time) func(contract.NoticeClaim) bool {
	return func(c contract.NoticeClaim) bool { return c.Until.After(now.Add(maxClaim)) }
}

// isBadDelivery reports whether a delivery will never be made: its notice is not
// kept any more, or never was.
func isBadDelivery(s *contract.WatchState, now time.Time) func(contract.Delivery) bool {
	return func(u contract.Delivery) bool {
		_, known := FindNotice(s, u.Key)
		return !u.Flying && (!known || checkDelivery(u, now) != nil)
	}
}

// isSound reports whether a state is one that can be watched by.
func isSound(s *contract.WatchState, integration string, now time.Time) bool {
	return watch.CheckSettings(s.Watch.Settings, integration) == nil && !slices.ContainsFunc(s.Watch.Sessions, badSession(integration)) &&
		!slices.ContainsFunc(s.Claims, badClaim(now)) && !slices.ContainsFunc(s.Pending, isBadDelivery(s, now))
}

// MendState drops from a state what can't be right, and takes defaults for settings
// that can't.
func MendState(s *contract.WatchState, integration string, now time.Time) {
	if watch.CheckSettings(s.Watch.Settings, integration) != nil {
		s.Watch.Settings, s.Stopgap = watch.MendSettings(s.Watch.Settings, integration), true
	}
	s.Watch.Sessions = slices.DeleteFunc(slices.Clone(s.Watch.Sessions), badSession(integration))
	s.Claims = slices.DeleteFunc(slices.Clone(s.Claims), badClaim(now))
	s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), isBadDelivery(s, now))
}
