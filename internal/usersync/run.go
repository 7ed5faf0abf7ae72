package usersync

import (
	"context"
	"fmt"
	"strings"
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
	// saveEvery is how often at most a checkpoint is saved. With lookEvery it is
	// what a kill can cost: under a second's work.
	saveEvery = 600 * time.Millisecond
	// maxUnwritten bounds the pages that wait for the target, and so memory and
	// what a kill would cost.
	maxUnwritten = 32
)

// run is one attempt. Its loop owns all of its state but for what the writers
// share, which has locks of its own: ledgers, people, keeper, batch, notes.
type run struct {
	*Engine
	target  Target // the engine's, or that of a dry run
	attempt Attempt
	in      contract.SyncUsageParams
	namer   *saas.Namer
	ctx     context.Context
	cancel  context.CancelFunc

	lists     []*list
	left      int            // lists that are not ended
	toRead    []*page        // next first
	toWrite   []*page        // read, next first
	inFlight  [stages]int    // work that is under way, by stage
	events    chan event     // posted by goroutines
	workers   sync.WaitGroup // those goroutines
	stopping  bool           // nothing more is read: the worker is to stop
	resumed   bool           // an earlier attempt did part of the work
	lastWrite time.Time      // when a page was last written

	cp          contract.Checkpoint // counts, samples, times; checkpoint adds the rest
	beyond      int                 // see contract.SyncUsageResult
	tellsBeyond bool                // all attempts have counted that
	dirty       bool                // there is news since the last checkpoint
	saved       time.Time
	earlier     saas.Requests // of earlier attempts
	before      saas.Requests // counted when this one began

	habits  listing.Habits
	strange map[*list]bool // lists with rows of no known shape, since a page was read well

	people  *peopleMemory
	turn    int       // by which the engine's memory of ledgers knows the run
	settled time.Time // when reads show what others wrote before; zero: nobody has
	keeping *keeper
	batch   *batchSize
	notes   *notebook.Notebook
	stale   []string // keys of people whose ids are to be looked up anew
}

func newRun(ctx context.Context, e *Engine, a Attempt, namer *saas.Namer, cp contract.Checkpoint) *run {
	ctx, cancel := context.WithCancel(ctx)
	in, target := a.Params, e.target
	if in.DryRun != "" {
		dry := e.dryRun.wrapTarget(in.DryRun, target, e.opts.Changes)
		in.Refs, target = dry.knowTotals(in.Refs), dry
	}
	r := &run{
		Engine: e, target: target, attempt: a, in: in, namer: namer, ctx: ctx, cancel: cancel, cp: cp, dirty: true,
		events: make(chan event), earlier: cp.Requests, before: e.countBoth(),
		resumed: a.Again || len(cp.Done) > 0 || len(cp.Open) > 0, people: e.people.openMemory(a.Session, e.opts.PeopleKept),
		keeping: newKeeper(target.Keeping(), in.Keeping, cp.Keeping), batch: newBatchSize(in.MaxBatch, cp.MaxBatch), notes: notebook.New(cp.Notes),
	}
	switch {
	case cp.Beyond != nil:
		r.beyond, r.tellsBeyond = *cp.Beyond, true
	case !r.resumed:
		r.tellsBeyond = true
	}
	if r.cp.LastWritten.IsZero() {
		r.cp.LastWritten = time.Now()
	}
	if r.followsAnother() {
		r.settled = findSettled(time.Now(), r.cp.LastWritten, settlePauses*e.opts.RetryBase)
	}
	if !r.cp.Dialect.KnowsUsers() {
		r.cp.Dialect = in.Dialect
	}
	r.in.Dialect = r.cp.Dialect
	d := r.cp.Dialect
	r.turn = e.ledgers.beginRun(a.Session, in.Memory, r.resumed)
	r.habits = listing.Habits{Unsorted: d.UsersUnsorted, HasNextLies: d.HasNextLies, MaxSkip: d.MaxSkip, Note: r.notes.Add}
	r.openLists()
	return r
}

// runLoop runs until every list is ended, or the worker stops and all that was
// read is written.
func (r *run) runLoop() error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	stop := r.attempt.Stop
	r.saveCheckpoint() // before any request, so that who takes over counts what is sent until the next one
	if err := r.startLists(); err != nil {
		return err
	}
	for r.left > 0 {
		if err := r.startPages(); err != nil {
			return err
		}
		switch {
		case r.stopping && r.isDrained():
			return errStopping()
		case !r.stopping && r.isIdle():
			return r.errIdle()
		}
		e, err := r.awaitEvent(tick.C, &stop)
		if err == nil {
			err = r.handleEvent(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitEvent returns the next event. Where several are there already, their order
// is always the same, so that a run in virtual time can be repeated.
func (r *run) awaitEvent(tick <-chan time.Time, stop *<-chan struct{}) (event, error) {
	select {
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	default:
	}
	select {
	case <-*stop:
		*stop = nil
		return stopAsked{}, nil
	default:
	}
	select {
	case <-tick:
		return ticked{}, nil
	default:
	}
	select {
	case <-r.attempt.SaveNow:
		return saveAsked{}, nil
	default:
	}
	select {
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	case <-*stop:
		*stop = nil
		return stopAsked{}, nil
	case <-r.attempt.SaveNow:
		return saveAsked{}, nil
	case e := <-r.events:
		return e, nil
	case <-tick:
		return ticked{}, nil
	}
}

// closeRun ends every goroutine of the run and waits for them, so that nothing of
// it talks to a tenant any more.
func (r *run) closeRun() {
	r.cancel()
	r.workers.Wait()
	// Not sooner: a page that still looks for one of them would create them anew.
	for _, key := range r.stale {
		r.people.forgetKey(key)
	}
}

// startPages starts reading and writing as many pages as there is room for.
func (r *run) startPages() error {
	if err := r.dropTooDeep(); err != nil {
		return err
	}
	for !r.stopping && len(r.toRead) > 0 && r.inFlight[reading]+r.inFlight[doubtingSource] < r.opts.Fetchers && len(r.toWrite) < maxUnwritten {
		p := r.toRead[0]
		r.toRead = r.toRead[1:]
		if !p.list.isEnded() {
			r.startReading(p)
		}
	}
	for len(r.toWrite) > 0 && r.countWriting() < r.opts.Writers {
		p := r.toWrite[0]
		r.toWrite = r.toWrite[1:]
		if !p.list.isEnded() {
			r.startWriting(p)
		}
	}
	return nil
}

// countWriting counts what keeps a writer busy.
func (r *run) countWriting() int {
	return r.inFlight[writing] + r.inFlight[doubtingTarget] + r.inFlight[totalling]
}

// isDrained reports whether nothing that was read is left to be written.
func (r *run) isDrained() bool {
	return r.inFlight[reading]+r.inFlight[doubtingSource]+r.countWriting()+len(r.toWrite) == 0
}

// isIdle reports whether nothing is under way or waiting, which with lists left
// to be ended would be for ever.
func (r *run) isIdle() bool {
	return r.isDrained() && r.inFlight[pausing]+len(r.toRead) == 0
}

// startWork does work beside the loop and posts the event that it ends with. s is
// what the work counts as meanwhile.
func (r *run) startWork(s stage, work func() event) {
	r.inFlight[s]++
	r.workers.Go(func() { r.postEvent(work()) })
}

// startAfter posts an event after a pause.
func (r *run) startAfter(d time.Duration, e event) {
	r.inFlight[pausing]++
	r.workers.Go(func() {
		if sleepFor(r.ctx, d) == nil {
			r.postEvent(e)
		}
	})
}

// postEvent hands an event to the loop, unless the run is over.
func (r *run) postEvent(e event) {
	select {
	case r.events <- e:
	case <-r.ctx.Done():
	}
}

// stopReading lets requests that wait for the budget end unsent: nothing more is read.
func (r *run) stopReading() {
	r.stopping = true
	r.source.Stop()
}

// lookAround saves a checkpoint when there is news, and now and then when there is
// none, to show that the loop is alive: every request has its own time limit,
// so a loop that waits is one that goes on. A run that gets nowhere for too long
// fails.
func (r *run) lookAround() error {
	since := time.Since(r.saved)
	if r.dirty && since >= saveEvery || since >= r.attempt.SaveEvery {
		r.saveCheckpoint()
	}
	w := r.findWaiting()
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

// saveCheckpoint saves the checkpoint. One that may not be kept is saved again soon, but
// not at once: where saving takes long, events have their turn in between.
func (r *run) saveCheckpoint() {
	r.dirty = false
	if r.attempt.Save != nil {
		r.dirty = !r.attempt.Save(r.makeCheckpoint())
	}
	r.saved = time.Now()
}

// errIdle is the error of a run that has nothing left to do for lists that are
// not ended.
func (r *run) errIdle() error {
	return &FinalError{&httpx.Error{Peer: "session", Op: "carry over users", Kind: httpx.KindContract,
		Message: fmt.Sprintf("%d apps are unfinished and nothing is left to do for them", r.left), Hint: "this is a fault of defendersync: please report it"}}
}

// String shows what is under way: for who looks into a run.
func (r *run) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d lists left; to read %d, to write %d", r.left, len(r.lists), len(r.toRead), len(r.toWrite))
	for s, n := range r.inFlight {
		if n > 0 {
			fmt.Fprintf(&b, ", %s %d", stage(s), n)
		}
	}
	for _, l := range r.lists {
		if !l.isEnded() {
			b.WriteString("\n" + l.String())
		}
	}
	return b.String()
}
