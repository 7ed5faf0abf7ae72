package workflows

import (
	"fmt"
	"strings"

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
	if watch.IsSound(w.state, w.name, now) || workflow.GetVersion(ctx, fmt.Sprintf("%s-%d", changeMend, w.looks), workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	workflow.GetLogger(ctx).Warn("what the watch knew could not be right, and was put right")
	watch.MendState(w.state, w.name, now)
	w.dirty = true
}
