package sessions

import (
	"context"
	"fmt"
)

// Find finds a session by any of its names: NameLatest, NameRunning, its run id, its
// workflow id or the short form of that.
func (r Reader) Find(ctx context.Context, name string) (Session, error) {
	switch name {
	case NameLatest:
		return r.findLatest(ctx)
	case NameRunning:
		return r.findRunning(ctx)
	}
	if run, ok := parseRun(name); ok {
		return r.findRun(ctx, run)
	}
	return r.Read(ctx, r.LongName(name), "")
}

// findRunning finds the session that holds the lane, or else waits the longest.
func (r Reader) findRunning(ctx context.Context) (Session, error) {
	open, err := r.ListOpen(ctx)
	if err != nil {
		return Session{}, err
	}
	if len(open) == 0 {
		return Session{}, fmt.Errorf("no session of %s is running", r.Integration)
	}
	return r.Read(ctx, open[0].ID, open[0].Run)
}

// findRun finds a session by its run id. Only that tells sessions apart that were
// triggered within one second: Temporal gives them one workflow id.
func (r Reader) findRun(ctx context.Context, run string) (Session, error) {
	found, err := r.List(ctx, Filter{Run: run, Limit: 1})
	if err != nil {
		return Session{}, err
	}
	if len(found) == 0 {
		return Session{}, fmt.Errorf("Temporal lists no session of %s with run id %s in namespace %s", r.Integration, run, r.Namespace)
	}
	return found[0], nil
}

// findLatest finds the session that started last. Temporal's list lags behind by a
// moment, so the lane and the schedule are asked as well.
func (r Reader) findLatest(ctx context.Context) (Session, error) {
	listed, err := r.List(ctx, Filter{Limit: 1})
	if err != nil {
		return Session{}, err
	}
	var latest Session
	if len(listed) > 0 {
		latest = listed[0]
	}
	for _, id := range r.recentIDs(ctx) {
		if s, err := r.Read(ctx, id, ""); err == nil && s.Began.After(latest.Began) {
			latest = s
		}
	}
	if latest.Session == "" {
		return Session{}, fmt.Errorf("Temporal has no session of %s in namespace %s: start one with 'defendersync run', or check INTEGRATION_NAME and TEMPORAL_NAMESPACE", r.Integration, r.Namespace)
	}
	return latest, nil
}

// recentIDs returns the ids of sessions that Temporal's list may not show yet.
func (r Reader) recentIDs(ctx context.Context) []string {
	var ids []string
	if lane, err := r.FindLane(ctx); err == nil && lane.Held {
		ids = append(ids, lane.Session)
	}
	if d, err := r.DescribeSchedule(ctx); err == nil && d != nil && len(d.Info.RecentActions) > 0 {
		if started := d.Info.RecentActions[len(d.Info.RecentActions)-1].StartWorkflowResult; started != nil {
			ids = append(ids, started.WorkflowID)
		}
	}
	return ids
}
