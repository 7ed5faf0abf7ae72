package contract

// TaskQueue is the queue of an integration's workers.
func TaskQueue(integration string) string { return "defendersync/" + integration }

// SyncID is the lane of an integration: the id of its one Sync workflow.
func SyncID(integration string) string { return "sync/" + integration }

// WatchID is the id of an integration's one Watch workflow.
func WatchID(integration string) string { return "watch/" + integration }

// SessionID is the id of the sessions that the schedule starts, less the time
// that Temporal appends, and the prefix of the others'.
func SessionID(integration string) string { return "session/" + integration }

// ScheduleID is the id of an integration's schedule.
func ScheduleID(integration string) string { return integration }

// ReportPrefix is the beginning of the ids of an integration's report schedules.
func ReportPrefix(integration string) string { return "report/" + integration + "/" }

// ReportID is the id of a report's schedule, and of its workflows less the
// time that Temporal appends.
func ReportID(integration, name string) string { return ReportPrefix(integration) + name }
