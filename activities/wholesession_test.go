package activities

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

// patiently runs an activity as Temporal does: again after a failure that may
// pass, from the checkpoint of the attempt before.
func patiently[Out any](r *rig, name string, in any) (Out, error) {
	at := &attempt{}
	for n := 1; ; n++ {
		out, err := try[Out](r, at, name, in)
		var app *temporal.ApplicationError
		if err == nil || errors.As(err, &app) && app.NonRetryable() || n >= 60 {
			return out, err
		}
		at.from, at.last = at.last, nil
		time.Sleep(3 * time.Second) // a virtual one
	}
}

// wholeSession is a session as the workflow runs it, of streams with one page
// of apps, and what it tells of itself.
type wholeSession struct {
	r       *rig
	plan    contract.Plan
	before  contract.Carry
	carry   contract.Carry
	counts  saas.Counts
	rejects saas.Tally
	skips   saas.Tally
	notes   []string
	failed  error
	took    time.Duration

	dry     bool // it writes nothing
	name    string
	creator bool
	untaken saas.Untaken
	dialect contract.Dialect
	keeping contract.Keeping
	batch   int
	recent  contract.RecentRequests
	memory  string
}

// hold runs a session after another one.
func (r *rig) hold(before contract.Carry) *wholeSession { return r.holdAs(before, false) }

// holdAs is hold for a dry run as well.
func (r *rig) holdAs(before contract.Carry, dry bool) *wholeSession {
	r.sessions++
	s := &wholeSession{r: r, before: before, creator: true, dry: dry, name: fmt.Sprint("session-", r.sessions)}
	began := time.Now()
	if s.failed = s.run(); s.failed != nil {
		s.carry = before
	}
	s.took = time.Since(began)
	return s
}

func (s *wholeSession) run() (err error) {
	if s.plan, err = patiently[contract.Plan](s.r, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: s.r.policy, Previous: s.before}); err != nil {
		return err
	}
	p := s.plan
	s.notes, s.dialect, s.recent, s.carry.LastFull = p.Warnings, p.Dialect, p.Recent, p.Began
	var again []saas.App
	if p.Window.Mode != saas.ModeFull {
		s.untaken, again, s.carry.LastFull = s.before.Untaken, s.before.Retry, s.before.LastFull
	}
	retried := map[string]bool{}
	for _, stream := range p.Streams {
		var apps []saas.App
		for _, app := range again {
			if app.Stream == stream.ID {
				apps, retried[stream.ID+app.ID] = append(apps, app), true
			}
		}
		if err := s.carryOver(stream, apps, saas.Window{Mode: saas.ModeFull, Timeframe: 90}, true); err != nil {
			return err
		}
	}
	for i := range p.Streams {
		if err := s.list(i, retried); err != nil {
			return err
		}
	}
	s.carry.Watermark, s.carry.Rules, s.carry.Untaken = p.Began, s.r.policy.RulesHash(), s.untaken.Without(string(saas.FieldName))
	s.carry.Probed, s.carry.Unsorted = s.dialect.KnowsUsers(), s.dialect.UnsortedLists()
	return nil
}

// list reads a stream's list of apps and carries them over.
func (s *wholeSession) list(i int, retried map[string]bool) (err error) {
	stream := s.plan.Streams[i]
	in := contract.FetchAppsParams{Stream: stream, Window: s.plan.Window}
	for in.Skip >= 0 {
		var page contract.AppsPage
		if i == 0 && in.Skip == 0 && s.plan.First != nil {
			page = *s.plan.First
		} else {
			in.Dialect, in.Recent = s.dialect, s.recent
			if page, err = patiently[contract.AppsPage](s.r, contract.ActivityFetchApps, in); err != nil {
				return err
			}
			s.dialect, s.recent = page.Dialect, page.Recent
		}
		s.notes = append(s.notes, page.Notes...)
		s.rejects.Merge(page.Rejects, saas.MaxSamples)
		s.carry.FullNext = s.carry.FullNext || page.Unidentified
		var apps []saas.App
		for _, app := range page.Apps {
			if !retried[stream.ID+app.ID] {
				apps = append(apps, app)
			}
		}
		if err := s.carryOver(stream, apps, s.plan.Window, false); err != nil {
			return err
		}
		in.Skip, in.Walk = page.Next, page.Walk
	}
	return nil
}

// carryOver writes some apps and their users.
func (s *wholeSession) carryOver(stream contract.Stream, apps []saas.App, w saas.Window, again bool) error {
	if len(apps) == 0 {
		return nil
	}
	up, err := patiently[contract.UpsertAppsResult](s.r, contract.ActivityUpsertApps, contract.UpsertAppsParams{Stream: stream.ID, Apps: apps, Policy: s.r.policy, CheckCreator: s.creator, Untaken: s.untaken, DryRun: s.dryID()})
	if err != nil {
		return err
	}
	s.creator, s.untaken = s.creator && !up.CreatorChecked, up.Untaken
	s.notes = append(s.notes, up.Notes...)
	s.counts = s.counts.Add(saas.Counts{Apps: up.Counts})
	s.rejects.Merge(up.Rejects, saas.MaxSamples)
	s.retry(stream, apps, up.Retry)
	out, err := patiently[contract.SyncUsageResult](s.r, contract.ActivitySyncUsage, contract.SyncUsageParams{Stream: stream, Refs: up.Refs, Window: w, Policy: s.r.policy, Began: s.plan.Began,
		Dialect: s.dialect, Keeping: s.keeping, Recent: s.recent, SessionRun: s.name, DryRun: s.dryID(), MaxBatch: s.batch, StaleCounts: again,
		Memory: s.memory, Further: again || stream.ID != s.plan.Streams[len(s.plan.Streams)-1].ID})
	if err != nil && !temporalerr.ReadDetails(err, &out) {
		return err
	}
	s.notes = append(s.notes, out.Notes...)
	s.counts = s.counts.Add(out.Counts)
	s.rejects.Merge(out.Rejects, saas.MaxSamples)
	s.skips.Merge(out.Skips, saas.MaxSamples)
	s.retry(stream, apps, out.Retry)
	s.dialect, s.keeping, s.batch, s.recent, s.memory = out.Dialect, out.Keeping, out.MaxBatch, out.Recent, out.Memory
	return err
}

// dryID is what activities know a dry run by.
func (s *wholeSession) dryID() string {
	if s.dry {
		return s.name
	}
	return ""
}

// retry notes apps for the next session.
func (s *wholeSession) retry(stream contract.Stream, apps []saas.App, ids []string) {
	for _, id := range ids {
		for _, app := range apps {
			if app.ID == id {
				app.Stream = stream.ID
				s.carry.Retry = append(s.carry.Retry, app)
			}
		}
	}
}
