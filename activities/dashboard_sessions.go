package activities

import (
	"context"
	"fmt"

	dashboard "defendersync/internal/reporting/page"
	"defendersync/internal/sessions"
)

// dashboardSessions is how many sessions a dashboard shows, and so reads.
const dashboardSessions = 60

// ReadDashboardSessions reads the past sessions for a dashboard, the latest first, and
// what is to be said of them.
func ReadDashboardSessions(ctx context.Context, r sessions.Reader) ([]dashboard.Session, string, error) {
	found, err := r.List(ctx, sessions.Filter{Limit: dashboardSessions})
	if err != nil {
		return nil, "", err
	}
	var out []dashboard.Session
	for _, s := range found {
		out = append(out, DrawSession(s))
	}
	return out, NoteUnreadable(found), nil
}

// NoteUnreadable says how many sessions cannot be read with the key here, and which
// setting to correct; "" if all can.
func NoteUnreadable(found []sessions.Session) string {
	var keyError error
	n := 0
	for _, s := range found {
		if s.KeyError != nil {
			keyError = s.KeyError
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("The counts of %d of the %d sessions are unknown: %v", n, len(found), keyError)
}

// DrawSession is a session as the page shows it.
func DrawSession(s sessions.Session) dashboard.Session {
	out := dashboard.Session{Began: s.Began, Ended: s.Ended, Outcome: string(s.Outcome), Mode: s.DescribeMode(), StartedBy: s.StartedBy, DryRun: s.DryRun, Limited: s.LimitApps > 0,
		Apps: s.Counts.Apps.Seen, Added: s.Counts.Users.Added, Rejected: s.Counts.Rejected(),
		Users: s.Counts.Users.Seen, Updated: s.Counts.Users.Updated, Defender: s.Requests.Defender, Oomnitza: s.Requests.Oomnitza}
	if s.DryRun {
		out.Added, out.Updated = -1, -1
	}
	if s.Unclear != "" {
		out.Apps, out.Added, out.Rejected = -1, -1, -1
		out.Users, out.Updated, out.Defender, out.Oomnitza = -1, -1, -1, -1
	}
	return out
}
