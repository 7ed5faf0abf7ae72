package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

const (
	// maxSamples bounds the rejected rows that a session's result shows in full.
	// The result of each activity holds more.
	maxSamples = 100
	// maxClaims bounds the records whose app a session remembers.
	maxClaims = 50_000
)

// fetchPage reads the next page of apps. Opening has read the first one.
func (s *syncRun) fetchPage(ctx workflow.Context) (page contract.AppsPage, err error) {
	st := s.state
	s.phase = "reading apps"
	if st.Plan.First != nil {
		page, st.Plan.First = *st.Plan.First, nil
	} else {
		summary := fmt.Sprintf("apps %d–%d of %s", st.Skip+1, st.Skip+contract.PageSize, s.currentStream().Name)
		err := workflow.ExecuteActivity(s.routeActivity(withShortOptions(ctx, s.params.Policy, summary)), contract.ActivityFetchApps, contract.FetchAppsParams{
			Stream: s.currentStream(), Window: st.Plan.Window, Skip: st.Skip, Dialect: st.Dialect, Walk: st.Walk, Recent: st.Recent,
			Prints: st.Shortcut.From,
		}).Get(ctx, &page)
		if err != nil {
			return page, err
		}
		st.Dialect, st.Recent = page.Dialect, page.Recent
		st.Result.Requests = st.Result.Requests.Add(page.Requests)
	}
	s.countPage(page)
	return page, nil
}

// countPage takes in what a page says beside its apps.
func (s *syncRun) countPage(page contract.AppsPage) {
	st := s.state
	st.Walk = page.Walk
	s.addNotes(page.Notes)
	rejected := page.Rejects.Total()
	st.List.Bad += rejected + page.Older
	s.lastPage = page.Next < 0
	if s.isAgain() {
		return
	}
	s.countRead(page)
	s.doubtRows(rejected)
	st.Result.Counts.Apps.Seen += rejected
	st.Result.Counts.Apps.Rejected += rejected
	st.Result.Rejects.Merge(page.Rejects, maxSamples)
	st.Unidentified = st.Unidentified || page.Unidentified
}

// syncApps carries apps of one stream over: their records, then the users of those
// that may have news by their marks.
func (s *syncRun) syncApps(ctx workflow.Context, stream contract.Stream, apps []saas.App, window saas.Window, m marks) error {
	if len(apps) == 0 {
		s.countPageDone()
		return nil
	}
	s.failed = map[string]bool{}
	refs, err := s.upsertApps(ctx, stream, apps)
	if err != nil {
		return err
	}
	err = s.syncUsage(ctx, stream, apps, s.chooseApps(stream, refs, m), window)
	s.countPageDone() // also when it ended the session: the apps are written
	s.collectPrints(refs, m)
	return err
}

func (s *syncRun) countPageDone() {
	s.pages++
	s.state.Result.Pages++
}

// upsertApps writes the records of apps.
func (s *syncRun) upsertApps(ctx workflow.Context, stream contract.Stream, apps []saas.App) ([]contract.AppRef, error) {
	s.phase = "writing apps"
	st := s.state
	var out contract.UpsertAppsResult
	summary := fmt.Sprintf("%d SaaS records, %s to %s", len(apps), shortenName(apps[0].Name), shortenName(apps[len(apps)-1].Name))
	err := workflow.ExecuteActivity(s.routeActivity(withShortOptions(ctx, s.params.Policy, summary)), contract.ActivityUpsertApps, contract.UpsertAppsParams{
		Stream: stream.ID, Apps: apps, Policy: s.params.Policy, DryRun: s.dryRunID(), CheckCreator: st.CheckCreator, Untaken: st.Untaken,
		Claims: st.Claims.ForApps(apps),
	}).Get(ctx, &out)
	if err != nil {
		return nil, err
	}
	st.CheckCreator, st.Untaken = st.CheckCreator && !out.CreatorChecked, out.Untaken
	st.Claims = st.Claims.WithLatest(out.Claims, maxClaims)
	s.addNotes(out.Notes)
	if s.isAgain() {
		// The apps were counted when they came first; what is new is these alone.
		out.Counts = saas.AppCounts{Seen: out.Counts.Created + out.Counts.Rejected, Created: out.Counts.Created, Rejected: out.Counts.Rejected}
	}
	s.doubtRows(out.Rejects.Total())
	st.Result.Counts = st.Result.Counts.Add(saas.Counts{Apps: out.Counts})
	st.Result.Rejects.Merge(out.Rejects, maxSamples)
	st.Result.Requests = st.Result.Requests.Add(out.Requests)
	s.queueRetries(stream, apps, out.Retry)
	s.rememberRead(stream, out.Retry...)
	return out.Refs, nil
}

// syncUsage carries the users of apps over. An error says what was done before
// it, which counts.
func (s *syncRun) syncUsage(ctx workflow.Context, stream contract.Stream, apps []saas.App, refs []contract.AppRef, window saas.Window) error {
	if len(refs) == 0 {
		return nil
	}
	s.phase = "carrying over users"
	st := s.state
	var out contract.SyncUsageResult
	summary := fmt.Sprintf("users of %d apps of %s", len(refs), stream.Name)
	err := workflow.ExecuteActivity(s.routeActivity(withSyncUsageOptions(ctx, s.params.Policy, summary)), contract.ActivitySyncUsage, contract.SyncUsageParams{
		Stream: stream, Refs: refs, Window: window, Policy: s.params.Policy, Began: st.Plan.Began,
		Dialect: st.Dialect, Keeping: st.Keeping, Recent: st.Recent, DryRun: s.dryRunID(),
		SessionRun: s.params.Run, MaxBatch: st.MaxBatch, StaleCounts: window.Reason == retryReason,
		Memory: st.Memory, Further: s.isFollowed(stream, window),
	}).Get(ctx, &out)
	if err != nil && !temporalerr.ReadDetails(err, &out) {
		return err
	}
	s.countRows(out)
	s.takeMissed(out.Missed)
	st.Result.Counts = st.Result.Counts.Add(out.Counts)
	st.Result.Rejects.Merge(out.Rejects, maxSamples)
	st.Result.Skips.Merge(out.Skips, maxSamples)
	st.Result.Requests = st.Result.Requests.Add(out.Requests)
	s.addNotes(out.Notes)
	if err != nil {
		return err
	}
	st.Dialect, st.Keeping, st.MaxBatch, st.Recent, st.Memory = out.Dialect, out.Keeping, out.MaxBatch, out.Recent, out.Memory
	if st.Keeping.LosesActivity() {
		st.Result.AddWarning(contract.NoteLastActivityLost)
	}
	s.queueRetries(stream, apps, out.Retry)
	return nil
}

// isFollowed reports whether streams are read after this one, which may show the
// same apps. Those that the last session rejected come before all streams.
func (s *syncRun) isFollowed(stream contract.Stream, window saas.Window) bool {
	streams := s.state.Plan.Streams
	if window.Reason == retryReason {
		return len(streams) > 1
	}
	return len(streams) > 0 && stream.ID != streams[len(streams)-1].ID
}

// addNotes adds notes to the result, each once.
func (s *syncRun) addNotes(notes []string) {
	for _, text := range notes {
		s.state.Result.AddWarning(text)
	}
}

// dryRunID is the session's run id for the activities of a dry run, and "" for
// those of a session that writes.
func (s *syncRun) dryRunID() string {
	if s.isDryRun() {
		return s.params.Run
	}
	return ""
}

// isDryRun reports whether nothing is written; see contract.Limit.
func (s *syncRun) isDryRun() bool { return s.params.DryRun && !s.params.LimitWrites }

// shortenName cuts a name to what a summary has room for.
func shortenName(name string) string {
	if r := []rune(name); len(r) > 30 {
		return string(r[:29]) + "…"
	}
	return name
}
