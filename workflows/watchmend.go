package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/watch"
)

// integrationOf is the integration that a Watch watches, by its own id, which
// no signal changes.
func integrationOf(ctx workflow.Context, s watch.Settings) string {
	if name, ours := strings.CutPrefix(workflow.GetInfo(ctx).WorkflowExecution.ID, WatchID("")); ours && name != "" {
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
	if w.state.sound(w.name, now) || workflow.GetVersion(ctx, fmt.Sprintf("%s-%d", changeMend, w.looks), workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	workflow.GetLogger(ctx).Warn("what the watch knew could not be right, and was put right")
	w.state.Mend(w.name, now)
	w.dirty = true
}

// badSession reports whether what is said to run can be no session.
func badSession(integration string) func(watch.Session) bool {
	return func(x watch.Session) bool { return !isSession(x.ID, x.Run, integration) }
}

// badClaim reports whether a claim would keep notices back for ever.
func badClaim(now time.Time) func(Claim) bool {
	return func(c Claim) bool { return c.Until.After(now.Add(maxClaim)) }
}

// badDelivery reports whether a delivery will never be made: its notice is not
// kept any more, or never was.
func (s *WatchState) badDelivery(now time.Time) func(Undelivered) bool {
	return func(u Undelivered) bool {
		_, known := s.Find(u.Key)
		return !u.flying && (!known || u.check(now) != nil)
	}
}

// sound reports whether a state is one that can be watched by.
func (s *WatchState) sound(integration string, now time.Time) bool {
	return s.Watch.Settings.Check(integration) == nil && !slices.ContainsFunc(s.Watch.Sessions, badSession(integration)) &&
		!slices.ContainsFunc(s.Claims, badClaim(now)) && !slices.ContainsFunc(s.Pending, s.badDelivery(now))
}

// Mend drops from a state what can't be right, and takes defaults for settings
// that can't.
func (s *WatchState) Mend(integration string, now time.Time) {
	if s.Watch.Settings.Check(integration) != nil {
		s.Watch.Settings, s.Stopgap = s.Watch.Settings.Mended(integration), true
	}
	s.Watch.Sessions = slices.DeleteFunc(slices.Clone(s.Watch.Sessions), badSession(integration))
	s.Claims = slices.DeleteFunc(slices.Clone(s.Claims), badClaim(now))
	s.Pending = slices.DeleteFunc(slices.Clone(s.Pending), s.badDelivery(now))
}
