// Package workflows is a session's orchestration: deterministic, small, and
// without a touch of the world, which package activities is for.
//
// A Session is what an operator sees in the Web UI's list, however it was
// started. It runs Sync as a child whose id is the same for every session of
// an integration: Temporal lets only one workflow of an id run at a time, and
// that is the lane which keeps two sessions from ever overlapping.
package workflows

import (
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"defendersync/activities"
)

// The names that histories hold; they never change.
const (
	SessionWorkflow = "Session"
	SyncWorkflow    = "Sync"
	WatchWorkflow   = "Watch"

	// SignalProgress brings a Session the Progress of its Sync.
	SignalProgress = "progress"
	// SignalStartedBy tells a Session started by the schedule's trigger who
	// pulled it (a string).
	SignalStartedBy = "started-by"
	// SignalSettings brings a Watch the settings to go by (watch.Settings).
	SignalSettings = "settings"
	// SignalSession tells a Watch that a session began or is about to end
	// (SessionNews).
	SignalSession = "session"
	// SignalClaim tells a Watch that somebody outside is about to send notices
	// (Claim).
	SignalClaim = "claim"
	// SignalTold tells a Watch what was sent from outside (Told).
	SignalTold = "told"
	// SignalRead marks notices as read (Read).
	SignalRead = "read"
	// QueryWatch asks a Watch for its WatchState.
	QueryWatch = "watch"
	// MemoWatch is the memo that holds a Watch's WatchState, which can be read
	// while no worker is alive; MemoNotices holds its notices.
	MemoWatch   = "watch"
	MemoNotices = "notices"
	// QueryProgress asks a Sync for its Progress.
	QueryProgress = "progress"

	// FailureSync is the type of the error that a failed Sync ends with; its
	// details hold the saas.Result so far.
	FailureSync = "SyncFailed"
	// FailureSession is the type of the error that a failed Session ends with;
	// its details hold the saas.Result.
	FailureSession = "SessionFailed"
)

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

// LookNames are what a look at an integration asks Temporal for.
func LookNames(integration string) activities.Names {
	return activities.Names{
		Integration: integration, Schedule: ScheduleID(integration), Sync: SyncID(integration), Session: SessionID(integration),
		Kind: SessionWorkflow, Attribute: AttrIntegration.GetName(), Progress: SignalProgress, TaskQueue: TaskQueue(integration),
	}
}

// The search attributes of a Session and a Watch, which make the Web UI's list read as
// Sync Sessions do.
var (
	AttrIntegration = temporal.NewSearchAttributeKeyKeyword("SyncIntegration")
	AttrStartedBy   = temporal.NewSearchAttributeKeyKeyword("SyncStartedBy")
	AttrMode        = temporal.NewSearchAttributeKeyKeyword("SyncMode")
	AttrOutcome     = temporal.NewSearchAttributeKeyKeyword("SyncOutcome")
	AttrApps        = temporal.NewSearchAttributeKeyInt64("SyncApps")
	AttrUsers       = temporal.NewSearchAttributeKeyInt64("SyncUsers")
	AttrRejected    = temporal.NewSearchAttributeKeyInt64("SyncRejected")
	// AttrNotice is, of a Watch, the kind of its latest unread notice.
	AttrNotice = temporal.NewSearchAttributeKeyKeyword("SyncNotice")
)

// SearchAttributes are the attributes that a namespace must know, with their
// types.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	keys := []temporal.SearchAttributeKey{AttrIntegration, AttrStartedBy, AttrMode, AttrOutcome, AttrApps, AttrUsers, AttrRejected, AttrNotice}
	out := make(map[string]enumspb.IndexedValueType, len(keys))
	for _, k := range keys {
		out[k.GetName()] = k.GetValueType()
	}
	return out
}

// Register makes the workflows known to a worker under their names.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflowWithOptions(Session, workflow.RegisterOptions{Name: SessionWorkflow})
	r.RegisterWorkflowWithOptions(Sync, workflow.RegisterOptions{Name: SyncWorkflow})
	r.RegisterWorkflowWithOptions(Watch, workflow.RegisterOptions{Name: WatchWorkflow})
	r.RegisterWorkflowWithOptions(Report, workflow.RegisterOptions{Name: ReportWorkflow})
}
