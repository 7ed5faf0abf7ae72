package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

const (
	// pagesPerRun is how many app pages one run of Sync does before it
	// continues as new; the server may suggest it earlier.
	pagesPerRun = 100
	// maxSamples bounds the rejected rows that a session's result shows in
	// full; each activity's own result keeps more.
	maxSamples = 100
	// maxClaims bounds the records of which a session remembers whose they are;
	// keptClaims those that the next session hears of.
	maxClaims, keptClaims = 50_000, 500
	// tellEvery is how often a Session hears of its Sync's progress.
	tellEvery = time.Minute
)

// syncRun is one run of the Sync workflow.
type syncRun struct {
	in    contract.SyncParams
	state *contract.SyncState
	phase string
	pages int             // done in this run
	met   map[uint32]bool // hashes of the ids of the apps met in the list at hand

	waiting contract.Waiting // what the activity at work waits for
}

// Sync carries a tenant over, a page of apps at a time, strictly in sequence:
// being the only one to ask Defender is what makes the request budget hold for
// the whole tenant.
func Sync(ctx workflow.Context, in contract.SyncParams) (contract.SessionResult, error) {
	s := &syncRun{in: in, state: in.State, phase: "opening"}
	if s.state == nil {
		s.state = &contract.SyncState{Creator: true}
	}
	if err := workflow.SetQueryHandler(ctx, contract.QueryProgress, s.query); err != nil {
		return contract.SessionResult{}, err
	}
	workflow.Go(ctx, s.hearWaiting)
	err := s.run(ctx)
	if temporal.IsCanceledError(err) {
		return s.state.Result, temporal.NewCanceledError(s.state.Result)
	}
	if err != nil && !workflow.IsContinueAsNewError(err) {
		return contract.SessionResult{}, temporal.NewApplicationErrorWithOptions(temporalerr.Reason(err), contract.FailureSync,
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{s.state.Result}})
	}
	return s.state.Result, err
}

func (s *syncRun) run(ctx workflow.Context) error {
	if s.in.State == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	for {
		done, err := s.step(ctx)
		s.waiting = contract.Waiting{}
		if err != nil {
			return err
		}
		if done {
			s.hand()
			return nil
		}
		s.tell(ctx, false)
		if s.pages >= pagesPerRun || workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			next := s.in
			next.State = s.state
			return workflow.NewContinueAsNewError(ctx, contract.WorkflowSync, next)
		}
	}
}

// open checks both ends and plans the session.
func (s *syncRun) open(ctx workflow.Context) error {
	var plan contract.Plan
	before := s.in.Previous
	before.Claims = nil // which opening has no use for
	err := workflow.ExecuteActivity(opening(ctx, s.in.Policy), contract.ActivityOpenSession, contract.OpenSessionParams{
		Policy: s.in.Policy, Full: s.in.Full, Previous: before,
	}).Get(ctx, &plan)
	if err != nil {
		return err
	}
	st := s.state
	st.Plan, st.Dialect, st.Recent, st.Claims = plan, plan.Dialect, plan.Recent, s.in.Previous.Claims
	st.Known, st.Read = make([]int, len(plan.Streams)), make([]int, len(plan.Streams))
	st.Result = contract.SessionResult{
		Mode: string(plan.Window.Mode), Reason: plan.Window.Reason, DryRun: s.in.DryRun, Began: plan.Began,
		Warnings: plan.Warnings, Requests: plan.Requests,
	}
	for _, stream := range plan.Streams {
		st.Result.Streams = append(st.Result.Streams, stream.Name)
	}
	if plan.Window.Mode != saas.ModeFull {
		st.Retry, st.Untaken = s.in.Previous.Retry, s.in.Previous.Untaken
	}
	s.tell(ctx, true)
	return nil
}

// step does one page of apps; done when there is none left.
func (s *syncRun) step(ctx workflow.Context) (done bool, err error) {
	if len(s.state.Retry) > 0 {
		return false, s.retry(ctx)
	}
	for s.state.Skip < 0 {
		s.state.Stream++
		s.state.Skip, s.state.Walk = 0, contract.Walk{}
	}
	if s.state.Stream >= len(s.state.Plan.Streams) {
		return true, nil
	}
	page, err := s.fetch(ctx)
	if err != nil {
		return false, err
	}
	apps := s.withoutRetried(s.meet(page.Apps))
	if err := s.carry(ctx, s.stream(), apps, s.state.Plan.Window); err != nil {
		return false, err
	}
	s.state.Skip = page.Next
	if page.Next < 0 {
		s.endList(ctx, page)
	}
	return false, nil
}

// stream is the one being read.
func (s *syncRun) stream() contract.Stream { return s.state.Plan.Streams[s.state.Stream] }

// againReason is why the apps of the session before are read whole.
const againReason = "rejected in the session before"

// retry carries over again the apps of one stream that the session before had
// to reject, read whole, though nothing changed in Defender.
func (s *syncRun) retry(ctx workflow.Context) error {
	id := s.state.Retry[0].Stream
	var now, later []saas.App
	for _, app := range s.state.Retry {
		if app.Stream == id {
			now = append(now, app)
		} else {
			later = append(later, app)
		}
	}
	s.state.Retry = later
	for _, stream := range s.state.Plan.Streams {
		if stream.ID != id {
			continue
		}
		for _, app := range now {
			s.state.Retried = append(s.state.Retried, app.Stream+"/"+app.ID)
		}
		whole := saas.Window{Mode: saas.ModeFull, Timeframe: 90, Reason: againReason}
		return s.carry(ctx, stream, now, whole)
	}
	s.state.Result.Warn(fmt.Sprintf("%d apps of a stream that is no longer read were not tried again", len(now)))
	return nil
}

// withoutRetried leaves out the apps that were read whole at the session's
// start.
func (s *syncRun) withoutRetried(apps []saas.App) []saas.App {
	if len(s.state.Retried) == 0 {
		return apps
	}
	retried := make(map[string]bool, len(s.state.Retried))
	for _, id := range s.state.Retried {
		retried[id] = true
	}
	var out []saas.App
	for _, app := range apps {
		if !retried[s.stream().ID+"/"+app.ID] {
			out = append(out, app)
		}
	}
	return out
}

// fetch reads the next page of apps; the first was read when probing.
func (s *syncRun) fetch(ctx workflow.Context) (contract.AppsPage, error) {
	st := s.state
	s.phase = "reading apps"
	page := contract.AppsPage{}
	if st.Plan.First != nil {
		page, st.Plan.First = *st.Plan.First, nil
	} else {
		what := fmt.Sprintf("apps %d–%d of %s", st.Skip+1, st.Skip+contract.PageSize, s.stream().Name)
		err := workflow.ExecuteActivity(reading(ctx, s.in.Policy, what), contract.ActivityFetchApps, contract.FetchAppsParams{
			Stream: s.stream(), Window: st.Plan.Window, Skip: st.Skip, Dialect: st.Dialect, Walk: st.Walk, Recent: st.Recent,
		}).Get(ctx, &page)
		if err != nil {
			return page, err
		}
		st.Dialect, st.Recent = page.Dialect, page.Recent
		st.Result.Requests = st.Result.Requests.Add(page.Requests)
	}
	st.Walk = page.Walk
	st.Known[st.Stream] = max(page.Total, st.Read[st.Stream]+len(page.Apps))
	st.Read[st.Stream] += len(page.Apps)
	for _, text := range page.Notes {
		st.Result.Warn(text)
	}
	rejected := page.Rejects.Total()
	st.List.Bad += rejected + page.Older
	st.Result.Counts.Apps.Seen += rejected
	st.Result.Counts.Apps.Rejected += rejected
	st.Result.Rejects.Merge(page.Rejects, maxSamples)
	st.Nameless = st.Nameless || page.Nameless
	return page, nil
}

// carry writes a page of apps of one stream, and then their users.
func (s *syncRun) carry(ctx workflow.Context, stream contract.Stream, apps []saas.App, window saas.Window) error {
	if len(apps) == 0 {
		s.pages++
		s.state.Result.Pages++
		return nil
	}
	refs, err := s.upsert(ctx, stream, apps)
	if err != nil {
		return err
	}
	err = s.users(ctx, stream, apps, refs, window)
	s.pages++
	s.state.Result.Pages++
	return err
}

// upsert writes the apps' records.
func (s *syncRun) upsert(ctx workflow.Context, stream contract.Stream, apps []saas.App) ([]contract.AppRef, error) {
	s.phase = "writing apps"
	st := s.state
	var out contract.UpsertAppsResult
	what := fmt.Sprintf("%d SaaS records, %s to %s", len(apps), shorten(apps[0].Name), shorten(apps[len(apps)-1].Name))
	err := workflow.ExecuteActivity(writing(ctx, s.in.Policy, what), contract.ActivityUpsertApps, contract.UpsertAppsParams{
		Stream: stream.ID, Apps: apps, Policy: s.in.Policy, DryRun: s.dryRun(), Creator: st.Creator, Untaken: st.Untaken,
		Claims: st.Claims.For(apps),
	}).Get(ctx, &out)
	if err != nil {
		return nil, err
	}
	st.Creator, st.Untaken = st.Creator && !out.Creator, out.Untaken
	st.Claims = st.Claims.With(out.Claims, maxClaims)
	for _, text := range out.Notes {
		st.Result.Warn(text)
	}
	st.Result.Counts = st.Result.Counts.Add(saas.Counts{Apps: out.Counts})
	st.Result.Rejects.Merge(out.Rejects, maxSamples)
	st.Result.Requests = st.Result.Requests.Add(out.Requests)
	s.again(stream, apps, out.Retry)
	return out.Refs, nil
}

// users carries over the users of the apps.
func (s *syncRun) users(ctx workflow.Context, stream contract.Stream, apps []saas.App, refs []contract.AppRef, window saas.Window) error {
	if len(refs) == 0 {
		return nil
	}
	s.phase = "carrying over users"
	st := s.state
	in := contract.SyncUsageParams{
		Stream: stream, Refs: refs, Window: window, Policy: s.in.Policy, Began: st.Plan.Began,
		Dialect: st.Dialect, Keeping: st.Keeping, Recent: st.Recent, DryRun: s.dryRun(),
		Session: s.in.Run, Batch: st.Batch, Again: window.Reason == againReason,
	}
	var out contract.SyncUsageResult
	what := fmt.Sprintf("users of %d apps of %s", len(refs), stream.Name)
	err := workflow.ExecuteActivity(streaming(ctx, s.in.Policy, what), contract.ActivitySyncUsage, in).Get(ctx, &out)
	if err != nil && !temporalerr.ReadDetails(err, &out) {
		return err
	}
	st.Result.Counts = st.Result.Counts.Add(out.Counts)
	st.Result.Rejects.Merge(out.Rejects, maxSamples)
	st.Result.Skips.Merge(out.Skips, maxSamples)
	st.Result.Requests = st.Result.Requests.Add(out.Requests)
	for _, text := range out.Notes {
		st.Result.Warn(text)
	}
	if err != nil {
		return err
	}
	st.Dialect, st.Keeping, st.Batch, st.Recent = out.Dialect, out.Keeping, out.Batch, out.Recent
	if st.Keeping.Lost() {
		st.Result.Warn(contract.NoteLastActivityLost)
	}
	s.again(stream, apps, out.Retry)
	return nil
}

// dryRun names the session to the activities of a dry run, and nothing to
// those of one that writes.
func (s *syncRun) dryRun() string {
	if s.in.DryRun {
		return s.in.Run
	}
	return ""
}

// again notes the apps that the next session has to try again, or, where they
// are too many, that it has to read everything.
func (s *syncRun) again(stream contract.Stream, apps []saas.App, ids []string) {
	for _, id := range ids {
		for _, app := range apps {
			if app.ID == id {
				app.Stream = stream.ID
				s.state.Result.Carry.Retry = append(s.state.Result.Carry.Retry, app)
			}
		}
	}
	if c := &s.state.Result.Carry; len(c.Retry) > s.in.Policy.MaxRetryApps {
		c.Retry, c.FullNext = nil, true
	} else if c.FullNext {
		c.Retry = nil
	}
}

// hand settles what the next session goes by. A dry run wrote nothing, so it
// changes nothing.
func (s *syncRun) hand() {
	st := s.state
	c := &st.Result.Carry
	if s.in.DryRun {
		*c = s.in.Previous
		return
	}
	c.Watermark, c.LastFull, c.Rules = st.Plan.Began, s.in.Previous.LastFull, s.in.Policy.RulesHash()
	if st.Plan.Window.Mode == saas.ModeFull {
		c.LastFull = st.Plan.Began
	}
	c.FullNext, c.Untaken = c.FullNext || st.Nameless, st.Untaken.Without(string(saas.FieldName))
	c.Claims = st.Claims.Latest(keptClaims)
	c.Probed, c.Unsorted = st.Dialect.Known(), st.Dialect.Unsorted()
}

// shorten keeps a name within what a summary has room for.
func shorten(name string) string {
	if r := []rune(name); len(r) > 30 {
		return string(r[:29]) + "…"
	}
	return name
}
