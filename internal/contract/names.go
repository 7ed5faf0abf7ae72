package contract

// The workflow types.
const (
	WorkflowSession = "Session"
	WorkflowSync    = "Sync"
	WorkflowWatch   = "Watch"
	WorkflowReport  = "Report"
)

// The activity types. An activity's parameters and result are named after it:
// FetchAppsParams, UpsertAppsResult.
const (
	ActivityOpenSession   = "OpenSession"
	ActivityFetchApps     = "FetchApps"
	ActivityUpsertApps    = "UpsertApps"
	ActivitySyncUsage     = "SyncUsage"
	ActivityKeepPrints    = "KeepPrints"
	ActivityFindSession   = "FindSession"
	ActivityObserve       = "Observe"
	ActivityDeliverNotice = "DeliverNotice"
	ActivitySendReport    = "SendReport"
)

// The signals, with who takes them and what they bring.
const (
	SignalProgress  = "progress"   // Session: the Progress of its Sync
	SignalStartedBy = "started-by" // Session: who triggered the schedule, a string
	SignalWaiting   = "waiting"    // Sync: the Waiting of its activity; the zero value ends it
	SignalSettings  = "settings"   // Watch: the WatchSettings to go by
	SignalSession   = "session"    // Watch: SessionNews, of a session that began or is about to end
	SignalClaim     = "claim"      // Watch: the NoticeClaim of a process outside that is about to send notices
	SignalSent      = "told"       // Watch: the ToldNotices that such a process has sent
	SignalRead      = "read"       // Watch: the ReadNotices that an operator marks as read
	SignalRenew     = "renew"      // Watch: begin a new run, with the key that encrypts now; a string that says why
)

// The queries.
const (
	QueryProgress = "progress" // Sync: its Progress
	QueryWatch    = "watch"    // Watch: its WatchState
)

// The keys of a Watch's memo, which can be read while no worker is alive.
const (
	MemoWatch   = "watch"   // the WatchState without its notices
	MemoNotices = "notices" // the notices, a list of Notice
)

// The search attributes of sessions and watches.
const (
	AttrIntegration = "SyncIntegration" // keyword
	AttrStartedBy   = "SyncStartedBy"   // keyword
	AttrMode        = "SyncMode"        // keyword
	AttrOutcome     = "SyncOutcome"     // keyword
	AttrApps        = "SyncApps"        // integer
	AttrUsers       = "SyncUsers"       // integer
	AttrRejected    = "SyncRejected"    // integer
	AttrNotice      = "SyncNotice"      // keyword; of a watch: the kind of its latest unread notice
)

// The types of the errors that workflows fail with, and what their details hold.
const (
	FailureSync    = "SyncFailed"         // the SessionResult so far
	FailureSession = "SessionFailed"      // the SessionResult
	FailureReport  = "ReportNotDelivered" // the SendReportResult: not every subscriber was reached
)
