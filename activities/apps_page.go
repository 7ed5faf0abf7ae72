package activities

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

const (
	// upsertPatience is how often an app that fails is tried before it is asked
	// whether it, and not the tenant, is at fault.
	upsertPatience = 4
	// longestUpsertPause is the longest pause between two of those tries.
	longestUpsertPause = 10 * time.Second
)

// appOutcome is what came of one app.
type appOutcome struct {
	ref    contract.AppRef
	did    saas.AppCounts
	reject error
	reason string // of the reject
}

// appsRun is the writing of one page of apps.
type appsRun struct {
	a    *Activities
	in   contract.UpsertAppsParams
	apps []saas.App

	outcomes []appOutcome
	failures []error
	created  []bool // a create was tried for the app, whose answer may have been lost
	cleared  []bool // the tenant was proven to work after the app was refused

	mu      sync.Mutex
	untaken saas.Untaken
	claimed map[string]owner      // by record
	making  map[string]*turn.Lock // by what a cut leaves of a name
	keyed   atomic.Bool           // a record was seen that keeps our link key
	made    saas.Record           // one of the records made, as it was read back
	wasRead bool                  // which is done once, even where it fails
	notes   *notebook
}

func newAppsRun(a *Activities, in contract.UpsertAppsParams) *appsRun {
	apps := uniqueApps(in.Apps)
	return &appsRun{
		a: a, in: in, apps: apps, outcomes: make([]appOutcome, len(apps)), failures: make([]error, len(apps)),
		created: make([]bool, len(apps)), cleared: make([]bool, len(apps)), untaken: in.Untaken.Clone(), claimed: map[string]owner{}, making: map[string]*turn.Lock{}, notes: newNotebook(nil),
	}
}

// page writes all apps. What fails is tried again by itself, with what became
// of the others meanwhile in sight.
func (r *appsRun) page(ctx context.Context) (contract.UpsertAppsResult, error) {
	left := make([]int, len(r.apps))
	for i := range left {
		left[i] = i
	}
	backoff := ratelimit.Backoff{Base: r.a.opts.RetryBase, Max: longestUpsertPause}
	for try := 1; len(left) > 0; try++ {
		if err := r.round(ctx, left, try); err != nil {
			return contract.UpsertAppsResult{}, err
		}
		var err error
		if left, err = r.judge(ctx, left, try); err != nil {
			return contract.UpsertAppsResult{}, err
		}
		if len(left) == 0 {
			break
		}
		select {
		case <-time.After(backoff.Delay(try, nil)):
		case <-ctx.Done():
			return contract.UpsertAppsResult{}, ctx.Err()
		}
	}
	out := contract.UpsertAppsResult{Counts: saas.AppCounts{Seen: len(r.in.Apps)}}
	for i, o := range r.outcomes {
		addOutcome(&out, r.in.Stream, r.apps[i], o)
	}
	if err := r.checkCreator(ctx, &out); err != nil {
		return out, err
	}
	out.Claims = r.claims(ctx, out.Refs)
	out.Untaken, out.Notes = r.untaken, r.notes.list()
	return out, nil
}

// round finds the records of some of the apps and writes them, those first
// whose names others wait for.
func (r *appsRun) round(ctx context.Context, left []int, try int) error {
	apps := make([]saas.App, len(left))
	for i, at := range left {
		apps[i] = r.apps[at]
	}
	records, err := r.a.findRecords(ctx, apps)
	if err != nil {
		return err
	}
	decisions, byID, err := r.decide(ctx, apps, records)
	if err != nil {
		return err
	}
	names := make(map[string]string, len(byID))
	for id, rec := range byID {
		names[id] = rec.Name
	}
	writes := make([]*appWrite, len(left))
	for i, d := range saas.SettleNames(apps, decisions, names) {
		writes[i] = &appWrite{run: r, app: apps[i], at: left[i], d: d, current: byID[d.ID], try: try}
	}
	return r.inOrder(ctx, writes)
}

// inOrder carries out the writes of a round, side by side where none waits for
// another.
func (r *appsRun) inOrder(ctx context.Context, writes []*appWrite) error {
	waiting := slices.Clone(writes)
	for len(waiting) > 0 {
		var ready, rest []*appWrite
		for _, w := range waiting {
			if after := w.d.After; after < 0 || r.in.DryRun != "" || writes[after].moved || writes[after].done {
				ready = append(ready, w)
			} else {
				rest = append(rest, w)
			}
		}
		if len(ready) == 0 {
			rest[0].park(ctx)
			continue
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(r.a.opts.Writers)
		for _, w := range ready {
			group.Go(func() error {
				if after := w.d.After; after >= 0 && !writes[after].moved && r.in.DryRun == "" {
					w.d.Name = saas.LongName(w.app) // who has the name could not give it up
				}
				w.carryOut(groupCtx)
				return groupCtx.Err()
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		waiting = rest
	}
	return nil
}

// judge decides what failed apps mean: a fault of the tenant is returned; a
// fault of one app rejects that app alone; the others are to be tried again.
func (r *appsRun) judge(ctx context.Context, left []int, try int) (again []int, err error) {
	for _, i := range left {
		err := r.failures[i]
		switch kind := httpx.KindOf(err); {
		case err == nil:
		case kind == "", kind == httpx.KindStopping, kind == httpx.KindConfig && !oomnitza.IsAnswer(err):
			return nil, err
		case kind == httpx.KindRefused, r.cleared[i]:
			r.reject(i, err)
		case try < upsertPatience && worthAnotherTry(kind, try):
			again = append(again, i)
		default:
			if blamed := r.a.oomnitza.Blame(ctx, err); blamed != nil {
				return nil, blamed
			}
			r.reject(i, err)
		}
	}
	return again, r.allFail(ctx, again, try)
}

// allFail is the failure of a page of which nothing at all can be written while
// nothing else can be either: waiting is for Temporal then.
func (r *appsRun) allFail(ctx context.Context, again []int, try int) error {
	if try > 1 || len(again) < 2 || len(again) < len(r.apps) || !httpx.KindOf(r.failures[again[0]]).Retryable() {
		return nil
	}
	if proven, err := r.a.oomnitza.ProveWrites(ctx); proven || err != nil {
		return err
	}
	return r.failures[again[0]]
}

// worthAnotherTry: what may pass, always; a record that went away or appeared,
// and a denial, once, when the others have been written.
func worthAnotherTry(kind httpx.Kind, try int) bool { return kind.Retryable() || try == 1 }

// reject gives up one app. Where its record is there and could only not be
// changed, its users are carried over all the same.
func (r *appsRun) reject(i int, err error) {
	o := &r.outcomes[i]
	o.reject, o.reason = err, RejectApp
	if o.ref.SaaS != "" && o.did.Created == 0 {
		// Nothing else of the record can be written either.
		o.ref.Ours, o.reason = false, RejectUpdate
	}
}

// The reasons to reject an app here.
const (
	RejectApp    = "app refused by Oomnitza"
	RejectUpdate = "app not brought up to date in Oomnitza"
)

// isUntaken tells what is known not to be taken.
func (r *appsRun) isUntaken(f saas.Field, value string) (words string, untaken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.untaken.Words(string(f), value), r.untaken.Has(string(f), value)
}

// remember notes that a value is not taken; words are the tenant's, empty where
// it stores the value otherwise.
func (r *appsRun) remember(f saas.Field, value, words string) {
	r.mu.Lock()
	r.untaken.Add(string(f), value, words)
	r.mu.Unlock()
	r.noteUntaken(f, words)
}
