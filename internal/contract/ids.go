package contract

import (
	"strings"
	"time"
)

// TaskQueue is the task queue of an integration's workers.
func TaskQueue(integration string) string { return "defendersync/" + integration }

// PlanQueue is the task queue of the activities of one dry run that a command serves.
func PlanQueue(integration, id string) string { return TaskQueue(integration) + "/plan-" + id }

// ScheduleID is the id of the schedule that starts an integration's sessions.
func ScheduleID(integration string) string { return integration }

// SyncID is the workflow id of an integration's Sync: the lane, which one
// session holds at a time.
func SyncID(integration string) string { return "sync/" + integration }

// WatchID is the workflow id of an integration's Watch.
func WatchID(integration string) string { return "watch/" + integration }

// SessionID is how the workflow ids of all sessions of an integration begin, and
// the id that the schedule has for them: Temporal appends the time.
func SessionID(integration string) string { return "session/" + integration }

// directPrefix begins the part of a session's id that tells it from others, when
// an operator started it beside the schedule.
const directPrefix = "run-"

// ScheduledSessionID is the workflow id of the session that the schedule starts
// at a time.
func ScheduledSessionID(integration string, at time.Time) string {
	return SessionID(integration) + "-" + at.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// DirectSessionID is the workflow id of a session that is started beside the
// schedule at a time.
func DirectSessionID(integration string, at time.Time) string {
	return SessionID(integration) + "/" + directPrefix + at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// CutSessionID returns the part of a session's workflow id that tells it from
// others of the integration, as "2026-11-24T00:00:00Z" or
// "run-2026-11-24T10:00:00.000Z"; false for ids of anything else.
func CutSessionID(integration, id string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(id, SessionID(integration))
	if !ok || len(rest) < 2 || rest[0] != '-' && rest[0] != '/' {
		return "", false
	}
	return rest[1:], true
}

// JoinSessionID is the workflow id that CutSessionID was given.
func JoinSessionID(integration, name string) string {
	if strings.HasPrefix(name, directPrefix) {
		return SessionID(integration) + "/" + name
	}
	return SessionID(integration) + "-" + name
}

// ReportPrefix is how the ids of an integration's report schedules begin.
func ReportPrefix(integration string) string { return "report/" + integration + "/" }

// ReportID is the id of a report's schedule. Its workflows have the same, with
// the time appended.
func ReportID(integration, name string) string { return ReportPrefix(integration) + name }
