package appsync

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/notebook"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// longestPause is the longest pause between two rounds.
const longestPause = 10 * time.Second

// pageRun carries over one page of apps.
type pageRun struct {
	engine *Engine
	target Target // in a dry run one that only counts
	page   contract.UpsertAppsParams
	items  []*item

	changes *changelist.List // of a dry run: takes in what would be written; else nil

	mu      sync.Mutex
	untaken saas.Untaken
	claimed map[string]owner      // by record
	making  map[string]*turn.Lock // by what a cut leaves of a name
	keyed   atomic.Bool           // a record was seen that keeps our link key
	made    saas.Record           // one of the records made, as it was read back
	wasRead bool                  // which is done once, even where it fails
	notes   notebook.Notebook
}

// item is one app of a page, and what became of it.
type item struct {
	app     saas.App
	ref     contract.AppRef
	did     action
	decided saas.Action // about whose the record is
	record  saas.Record // the app's, as it was found
	failure error       // of the latest try
	reason  string      // why the app was rejected; "": it was not

	createTried bool // a create was sent, whose answer may have been lost
	cleared     bool // the tenant was proven to take writes after this app was refused
}

// action is what was done about an app's record.
type action uint8

const (
	nothing action = iota
	created
	updated
	unchanged
	adopted
)

func newPageRun(e *Engine, page contract.UpsertAppsParams) *pageRun {
	r := &pageRun{
		engine: e, target: e.target, page: page, untaken: page.Untaken.Clone(), claimed: map[string]owner{}, making: map[string]*turn.Lock{},
	}
	if page.DryRun != "" {
		r.target = e.rehearsal.joinRun(page.DryRun, e.target)
		r.changes = e.opts.Changes
	}
	seen := make(map[string]bool, len(page.Apps))
	for _, app := range page.Apps {
		if !seen[app.ID] {
			seen[app.ID] = true
			r.items = append(r.items, &item{app: app})
		}
	}
	return r
}

// writeAll writes all apps, in rounds. Apps that fail are tried again in another
// round, which sees what became of the others meanwhile.
func (r *pageRun) writeAll(ctx context.Context) (contract.UpsertAppsResult, error) {
	backoff := ratelimit.Backoff{Base: r.engine.opts.RetryBase, Max: longestPause}
	for left, try := r.items, 1; len(left) > 0; try++ {
		if try > 1 {
			select {
			case <-time.After(backoff.Delay(try-1, nil)):
			case <-ctx.Done():
				return contract.UpsertAppsResult{}, ctx.Err()
			}
		}
		err := r.writeRound(ctx, left, try)
		if err == nil {
			left, err = r.judgeFailures(ctx, left, try)
		}
		if err != nil {
			return contract.UpsertAppsResult{}, err
		}
	}
	return r.buildResult(ctx)
}

// writeRound finds the records of some of the apps and writes them.
func (r *pageRun) writeRound(ctx context.Context, items []*item, try int) error {
	apps := appsOf(items)
	records, err := r.findRecords(ctx, apps)
	if err != nil {
		return err
	}
	decisions, byID, err := r.decideRecords(ctx, apps, records)
	if err != nil {
		return err
	}
	names := make(map[string]string, len(byID))
	for id, rec := range byID {
		names[id] = rec.Name
	}
	writes := make([]*write, len(items))
	for i, d := range saas.SettleNames(apps, decisions, names) {
		writes[i] = &write{run: r, item: items[i], decision: d, current: byID[d.ID], try: try}
	}
	return r.writeInOrder(ctx, writes)
}

// writeInOrder carries out the writes of a round: side by side, but for those
// whose names others have to give up first.
func (r *pageRun) writeInOrder(ctx context.Context, writes []*write) error {
	for waiting := slices.Clone(writes); len(waiting) > 0; {
		var ready, rest []*write
		for _, w := range waiting {
			if after := w.decision.After; after < 0 || writes[after].renamed || writes[after].done {
				ready = append(ready, w)
			} else {
				rest = append(rest, w)
			}
		}
		if len(ready) == 0 {
			rest[0].parkName(ctx)
			continue
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(r.engine.opts.Writers)
		for _, w := range ready {
			group.Go(func() error {
				if after := w.decision.After; after >= 0 && !writes[after].renamed {
					w.decision.Name = saas.LongName(w.item.app) // whoever has the name could not give it up
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

func appsOf(items []*item) []saas.App {
	apps := make([]saas.App, len(items))
	for i, it := range items {
		apps[i] = it.app
	}
	return apps
}
