package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// mendState repairs what an older version spoiled by believing a bad signal.
func (w *watchRun) mendState(ctx workflow.Context) {
	now := workflow.Now(ctx)
	if watch.IsSound(w.state, w.integration, now) {
		return
	}
	change := fmt.Sprintf("%s-%d", changeMendState, w.looks)
	if workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	workflow.GetLogger(ctx).Warn("the watch's state could not be right, and was repaired")
	watch.MendState(w.state, w.integration, now)
	w.published.stale = true
}

// published is what the Web UI and the memo show of the state.
type published struct {
	stale   bool              // the state has changed since
	kind    string            // the search attribute
	notices []contract.Notice // in the memo
}

// publishState shows the state on the Web UI's page and list and in the memo,
// if it has changed.
func (w *watchRun) publishState(ctx workflow.Context) {
	if !w.published.stale {
		return
	}
	w.published.stale = false
	workflow.SetCurrentDetails(ctx, renderWatch(*w.state))
	if err := workflow.UpsertMemo(ctx, w.changedMemo()); err != nil {
		workflow.GetLogger(ctx).Warn("the watch's memo was not written", "error", err)
	}
	kind := watch.LatestUnread(w.state)
	if kind == w.published.kind {
		return
	}
	w.published.kind = kind
	err := workflow.UpsertTypedSearchAttributes(ctx, AttrIntegration.ValueSet(w.state.Watch.Settings.Integration), attrNotice.ValueSet(kind))
	if err != nil {
		workflow.GetLogger(ctx).Warn("the search attributes were not written", "error", err)
	}
}

// changedMemo is the memo as far as it has changed. It lets others read the
// state while no worker is alive. The notices, which are much longer than the
// rest and rarely change, are in it only when they have.
func (w *watchRun) changedMemo() map[string]any {
	rest := *w.state
	rest.Notices = nil
	memo := map[string]any{contract.MemoWatch: rest}
	same := func(a, b contract.Notice) bool { return a.Key == b.Key && a.Read == b.Read }
	if !slices.EqualFunc(w.state.Notices, w.published.notices, same) {
		w.published.notices = slices.Clone(w.state.Notices)
		memo[contract.MemoNotices] = w.published.notices
	}
	return memo
}
