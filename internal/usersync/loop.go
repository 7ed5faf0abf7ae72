package usersync

import (
	"context"
	"fmt"
	"sync"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

const (
	// lookEvery is how often the loop sees whether a checkpoint is due.
	lookEvery = 200 * time.Millisecond
	// recordEvery is how often at most a checkpoint is recorded. With
	// lookEvery it is what a kill can cost: under a second's work.
	recordEvery = 600 * time.Millisecond
	// minLookAhead is how many pages of one app may be on their way at once at
	// least. Where more fetchers are allowed, half of them may serve one app.
	minLookAhead = 8
	pageRows     = PageRows
	// maxUnwritten bounds the pages that wait for Oomnitza, and so memory and
	// what a kill would cost.
	maxUnwritten = 32
)

// usageRun is one attempt. Its loop owns all of its state;
// fetching and writing happen in goroutines that post back to the loop what
// came of them.
type usageRun struct {
	*Engine
	target  Target // the engine's, or that of a dry run
	attempt Attempt
	ctx     context.Context
	cancel  context.CancelFunc
	in      contract.SyncUsageParams
	namer   *saas.Namer

	apps      []*appRun
	ready     []*pageTask // to be fetched, next first
	unwritten []*pageTask // fetched, to be written
	events    chan func() error
	workers   sync.WaitGroup

	fetching, writing int
	sleeping          int  // pages that wait to be tried again
	halted            bool // no more fetches: the worker stops
	resumed           bool // an earlier attempt did part of the work
	left              int  // apps not finished

	cp       contract.Checkpoint
	stale    []string // keys of people whose ids are to be looked up anew
	dirty    bool
	beaten   time.Time
	earlier  saas.Requests
	before   saas.Requests
	keeping  *keeper
	batch    *batchSize
	notes    *notebook.Notebook
	people   *peopleMemory
	lastSave time.Time // last page written well

	shortened []*appRun    // apps whose lists were cut at the threshold
	shapeless map[int]bool // apps with rows of no known shape, since a page was read well
	refusedAt map[int]int  // skips that were refused, and for which app
	deepest   int          // the greatest skip that was read well
}

// appRun is one app's progress. Only the loop touches it, but for the ledger,
// which has its own lock.
type appRun struct {
	ending   pageTask // its last step, as far as it fails
	index    int
	ref      contract.AppRef
	mark     mark
	asked    map[int]bool   // skips asked for or written
	open     int            // pages on their way
	told     listing.Length // how long the list is said to be
	turned   turned         // the pages that came
	ledger   *ledger
	finished bool
	retry    bool                 // something was rejected: read it whole next time
	drift    bool                 // a row came twice: the list moved while it was read
	healing  bool                 // and is being read again
	jumbled  bool                 // pages were asked for out of their order
	rows     map[uint64]struct{}  // hashes of the rows met, in lists of several pages
	fresh    int                  // rows met for the first time since the list was begun anew
	bad      int                  // rows that can't be used
	passes   int                  // how often the list was read again
	restless bool                 // each reading showed rows that the ones before did not
	partial  bool                 // rows are known to be missing
	edges    map[int]listing.Edge // times at the ends of the pages, by skip
	prints   map[int]string       // fingerprints of the pages, by skip
	shifted  bool                 // a page read again showed other rows, or another order
}

// pageTask is one page of one app's users, on its way from Defender to
// Oomnitza.
type pageTask struct {
	app       *appRun
	skip      int
	heal      bool // the head of the list again
	page      listing.UserPage
	next      int  // skip of the page after
	more      bool // there is a page after
	fails     int
	firstFail time.Time
	doubted   bool // it is tried once more before it is given up
}

func newUsageRun(ctx context.Context, e *Engine, a Attempt, namer *saas.Namer, cp contract.Checkpoint) *usageRun {
	runCtx, cancel := context.WithCancel(ctx)
	in, target := a.Params, e.target
	if in.DryRun != "" {
		target = e.dryRun.target(in.DryRun, target)
	}
	r := &usageRun{
		Engine: e, target: target, attempt: a, ctx: runCtx, cancel: cancel, in: in, namer: namer, cp: cp, dirty: true,
		events: make(chan func() error), earlier: cp.Requests, before: e.requests(),
		resumed: a.Again || len(cp.Done) > 0 || len(cp.Open) > 0,
		keeping: newKeeper(target.Keeping(), in.Keeping, cp.Keeping), batch: newBatchSize(in.MaxBatch, cp.MaxBatch), notes: notebook.New(cp.Notes),
		people: e.people.of(a.Session, e.opts.PeopleKept),
	}
	if r.cp.LastWritten.IsZero() {
		r.cp.LastWritten = time.Now()
	}
	if !r.cp.Dialect.KnowsUsers() {
		r.cp.Dialect = in.Dialect
	}
	r.in.Dialect = r.cp.Dialect
	done := make(map[int]bool, len(cp.Done))
	for _, i := range cp.Done {
		done[i] = true
	}
	ledgers := make(map[string]*ledger, len(in.Refs)) // by record
	for i, ref := range in.Refs {
		app := &appRun{index: i, ref: ref, mark: newMark(), told: listing.NewLength(ref.Users), asked: map[int]bool{}, finished: done[i] || ref.Users == 0}
		if in.StaleCounts {
			app.told = listing.Length{Total: -1, Counted: -1, CountedBefore: max(ref.Users, 0)}
		}
		if m, ok := cp.Open[i]; ok {
			app.mark = mark{m}
			// Which rows an earlier attempt met is forgotten, so all is read again.
			app.drift, app.jumbled = m.Moved, m.Moved
			if m.Total > 0 {
				app.told.NoteTotal(m.Total, 0)
			}
			for skip := range m.Ahead {
				app.asked[skip] = true
			}
		}
		// One of a record, whoever names it, so that nothing in it moves backwards.
		if ledgers[ref.SaaS] == nil {
			ledgers[ref.SaaS] = newLedger(ref.New && !r.resumed)
		}
		app.ledger = ledgers[ref.SaaS]
		r.apps = append(r.apps, app)
	}
	return r
}

// enqueueAll asks for the first missing page of every app, those with the most
// users first, so that no long list is left for the end.
func (r *usageRun) enqueueAll() error {
	for _, app := range bySize(r.apps) {
		if app.finished {
			continue
		}
		r.left++
		if app.mark.complete() {
			// An earlier attempt wrote the last page and got no further.
			if err := r.closeList(app); err != nil {
				return err
			}
			continue
		}
		r.request(app, app.mark.Written)
	}
	return nil
}

// close ends every goroutine of the run and waits for them, so that nothing of
// it talks to a tenant any more.
func (r *usageRun) close() {
	r.cancel()
	r.workers.Wait()
	// Not sooner: a page that still looks for one of them would make them anew.
	for _, key := range r.stale {
		r.people.forget(key)
	}
}

// loop runs until every app is finished, or the worker stops and all that was
// fetched is written.
func (r *usageRun) loop() error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	stop := r.attempt.Stop
	r.record() // before any request, so that who takes over counts what is sent until the next one
	if err := r.enqueueAll(); err != nil {
		return err
	}
	for r.left > 0 {
		if err := r.dropDeep(); err != nil {
			return err
		}
		r.dispatch()
		if r.halted && r.fetching+r.writing == 0 && len(r.unwritten) == 0 {
			return stopping()
		}
		if r.idle() {
			return &FinalError{&httpx.Error{Peer: "session", Op: "carry over users", Kind: httpx.KindContract,
				Message: fmt.Sprintf("%d apps are unfinished and nothing is left to do for them", r.left), Hint: "this is a fault of defendersync: please report it"}}
		}
		select {
		case event := <-r.events:
			if err := event(); err != nil {
				return err
			}
		case <-tick.C:
			if err := r.beat(); err != nil {
				return err
			}
		case <-stop:
			stop = nil
			r.halt()
		case <-r.ctx.Done():
			return r.ctx.Err()
		}
	}
	return nil
}

// idle reports that nothing is under way or waiting, which with apps left to
// finish would be for ever.
func (r *usageRun) idle() bool {
	return !r.halted && r.fetching+r.writing+r.sleeping+len(r.ready)+len(r.unwritten) == 0
}

// halt stops new requests: those that wait for the budget leave unsent.
func (r *usageRun) halt() {
	r.halted = true
	r.source.Stop()
}

// dispatch starts as many fetches and writes as there is room for.
func (r *usageRun) dispatch() {
	for !r.halted && r.fetching < r.opts.Fetchers && len(r.ready) > 0 && len(r.unwritten) < maxUnwritten {
		t := r.ready[0]
		r.ready = r.ready[1:]
		if !t.app.finished {
			r.fetching++
			r.spawn(func() func() error { return r.fetch(t) })
		}
	}
	for r.writing < r.opts.Writers && len(r.unwritten) > 0 {
		t := r.unwritten[0]
		r.unwritten = r.unwritten[1:]
		if !t.app.finished {
			r.writing++
			ledger := t.app.ledger
			r.spawn(func() func() error { return r.write(t, ledger) })
		}
	}
}

// spawn runs work beside the loop and posts its outcome to it.
func (r *usageRun) spawn(work func() func() error) {
	r.workers.Go(func() { r.post(work()) })
}

// post hands an outcome to the loop, unless the run is over.
func (r *usageRun) post(event func() error) {
	select {
	case r.events <- event:
	case <-r.ctx.Done():
	}
}

// later posts an event after a pause.
func (r *usageRun) later(d time.Duration, event func() error) {
	r.sleeping++
	awake := func() error {
		r.sleeping--
		return event()
	}
	r.workers.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			r.post(awake)
		case <-r.ctx.Done():
		}
	})
}

// beat records the checkpoint when there is news, and shows now and then that
// the loop is alive when there is none: every request has its own time limit,
// so a loop that waits is one that will go on. A run that gets nowhere for too
// long fails.
func (r *usageRun) beat() error {
	since := time.Since(r.beaten)
	if r.dirty && since >= recordEvery || since >= r.attempt.SaveEvery {
		r.record()
	}
	w := r.waiting()
	if r.attempt.Tell != nil {
		r.attempt.Tell(w)
	}
	if limit := r.in.Policy.GiveUp; limit > 0 && w.IsOn() && time.Since(r.cp.LastWritten) > limit {
		return &FinalError{&httpx.Error{Peer: "session", Op: "carry over users", Kind: httpx.KindServer,
			Message: "nothing was written for " + limit.String() + "; last failure: " + w.For,
			Hint:    "see whether both tenants answer (defendersync check); the next session starts where the last good one began"}}
	}
	return nil
}

// record saves the checkpoint.
func (r *usageRun) record() {
	r.beaten, r.dirty = time.Now(), false
	if r.attempt.Save != nil {
		r.attempt.Save(r.snapshot())
	}
}

// request asks for a page of an app unless it was asked for already or lies
// beyond the end.
func (r *usageRun) request(app *appRun, skip int) {
	if app.asked[skip] || (app.mark.End >= 0 && skip >= app.mark.End) {
		return
	}
	app.asked[skip] = true
	app.open++
	t := &pageTask{app: app, skip: skip}
	if skip == 0 {
		r.ready = append(r.ready, t)
		return
	}
	// The rest of a list that was begun goes first: it frees its ledger.
	r.ready = append([]*pageTask{t}, r.ready...)
}
