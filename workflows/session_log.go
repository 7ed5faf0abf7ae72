package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// A worker's log tells what sessions came to, in the worker that served the workflow
// then. Logging is no command: a history replays whatever is logged, and a replay logs
// nothing.

// logBegin says that the session has begun.
func (s *session) logBegin(ctx workflow.Context) {
	workflow.GetLogger(ctx).Info("session begun", "full", s.params.Full, "dryRun", s.result.DryRun, "limitApps", s.params.LimitApps)
}

// logEnd says how the session ended, and what was carried over.
func (s *session) logEnd(ctx workflow.Context) {
	r := s.result
	a, u := r.Counts.Apps, r.Counts.Users
	fields := []any{
		"outcome", string(r.Outcome), "mode", r.Mode, "tookSeconds", r.Ended.Sub(r.Began).Round(time.Millisecond).Seconds(),
		"apps", a.Seen, "appsAdded", a.Created, "appsUpdated", a.Updated, "appsRejected", a.Rejected, "appsWithoutNews", a.NoNews,
		"users", u.Seen, "usersAdded", u.Added, "usersUpdated", u.Updated, "usersSkipped", u.Skipped, "usersRejected", u.Rejected,
		"peopleAdded", r.Counts.People.Created, "peopleRejected", r.Counts.People.Rejected,
		"requestsDefender", r.Requests.Defender, "requestsOomnitza", r.Requests.Oomnitza, "rateLimited", r.Requests.RateLimited,
	}
	if r.Blocker != "" {
		fields = append(fields, "blocker", r.Blocker)
	}
	if r.Outcome == saas.OutcomeFailed {
		workflow.GetLogger(ctx).Error("session ended", append(fields, "reason", r.Error)...)
		return
	}
	workflow.GetLogger(ctx).Info("session ended", fields...)
}

// logNotices says what the contacts are told from now on, beside what they knew.
func logNotices(ctx workflow.Context, known, now []contract.Notice) {
	told := map[string]bool{}
	for _, n := range known {
		told[n.Key] = true
	}
	for _, n := range now {
		if !told[n.Key] {
			workflow.GetLogger(ctx).Info("notice", "kind", string(n.Kind), "headline", n.Headline, "about", n.Session)
		}
	}
}
