package workflows

// The changes of workflow code that histories know of, as ids for
// workflow.GetVersion. An id stays for as long as a run may be replayed that
// began before the change; a Watch runs for years, in runs of some days.
const (
	// changeReadAgain: Sync reads a list of apps again when its rows moved
	// between pages.
	changeReadAgain = "read a list of apps again"
	// changePrints: Sync keeps fingerprints of the apps' rows, and leaves apps alone
	// whose rows are the same.
	changePrints = "fingerprints"
	// changeCheckedSignals: Watch checks signals before it believes them. It is
	// asked for only when a signal fails its check.
	changeCheckedSignals = "checked-signals"
	// changeMendState: Watch repairs a state that an older version spoiled by
	// believing a bad signal. It is asked for with the number of the look
	// appended, and only when the state is bad: a run that is replayed did not
	// repair the state that it looked with, and repairs it from then on.
	changeMendState = "mend-state"
	// changeYoungSchedule: the first look of a Watch counts what a schedule has
	// counted since both were made.
	changeYoungSchedule = "young-schedule"
	// changeRules: looks are judged by the rules of watch.RulesNow.
	changeRules = "rules"
)
