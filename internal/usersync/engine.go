package usersync

import (
	"context"
	"errors"
	"fmt"
	"time"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// Options say how hard an Engine works; zero values take the defaults.
type Options struct {
	Fetchers   int           // pages that are read at once (16)
	Writers    int           // pages that are written at once (8)
	RetryBase  time.Duration // first pause after a failed request (1s)
	PeopleKept int           // people whose ids are remembered (50,000, which are some 6 MB)

	Changes *changelist.List // takes in what dry runs would write; nil: nobody does
}

// Engine carries users over, one page of apps after the other. One serves a
// worker: it remembers the people of the session under way, and who is assigned
// to the records that further streams may show again.
type Engine struct {
	source  Source
	target  Target
	opts    Options
	people  memories
	ledgers ledgerMemory
	dryRun  rehearsal
}

// New makes an engine.
func New(source Source, target Target, opts Options) *Engine {
	if opts.Fetchers <= 0 {
		opts.Fetchers = 16
	}
	if opts.Writers <= 0 {
		opts.Writers = 8
	}
	if opts.RetryBase <= 0 {
		opts.RetryBase = time.Second
	}
	if opts.PeopleKept <= 0 {
		opts.PeopleKept = 50_000
	}
	return &Engine{source: source, target: target, opts: opts}
}

// Attempt is one attempt to carry over the users of a page of apps.
type Attempt struct {
	Params  contract.SyncUsageParams
	From    contract.Checkpoint // what the attempt before recorded; the zero value when there was none
	Again   bool                // there was an attempt before, even if it recorded nothing
	Session string              // whose people are remembered

	// Save records a checkpoint, and reports whether it is known to be kept: with
	// news within 800 ms, without any every SaveEvery, and when SaveNow receives.
	// It is called by one goroutine alone and should not take long.
	Save      func(contract.Checkpoint) bool
	SaveEvery time.Duration
	SaveNow   <-chan struct{}
	// Tell says what the attempt waits for at the moment; the zero value: nothing.
	// It is called a few times a second.
	Tell func(contract.Waiting)
	// Stop is closed when the worker is to stop: what was read is written, and
	// the attempt ends with an error of httpx.KindStopping.
	Stop <-chan struct{}
}

// Outcome is what came of an attempt, however it ended.
type Outcome struct {
	Result     contract.SyncUsageResult // of this attempt and those before it
	Checkpoint contract.Checkpoint      // from which the next attempt goes on
}

// FinalError is an error after which no other attempt is worth while, whatever
// its kind.
type FinalError struct{ Err error }

// Error implements error.
func (e *FinalError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *FinalError) Unwrap() error { return e.Err }

// maxBarren is how many attempts may begin one after the other without a page
// being written. Workers die, and hand over, but not so often in the same
// place: what kills them, or keeps their result from being taken, is the work.
const maxBarren = 30

// Run carries the users over. It returns when all are, or the attempt is told to
// stop and what it has read is written, or ctx ends, or an error makes it
// useless to go on; no goroutine of it is left then.
func (e *Engine) Run(ctx context.Context, a Attempt) (Outcome, error) {
	namer, err := saas.NewNamer(a.Params.Policy)
	if err != nil {
		return Outcome{}, &FinalError{&httpx.Error{Peer: "settings", Op: "read the username rules", Kind: httpx.KindConfig, Err: err}}
	}
	cp := a.From
	if cp.FruitlessAttempts++; cp.FruitlessAttempts > maxBarren {
		return Outcome{
			Result:     contract.SyncUsageResult{Counts: cp.Counts, Rejects: cp.Rejects, Skips: cp.Skips, Requests: cp.Requests, Beyond: cp.Beyond},
			Checkpoint: cp,
		}, &FinalError{gotNowhere(cp)}
	}
	r := newRun(ctx, e, a, namer, cp)
	defer r.closeRun()
	err = r.runLoop()
	if r.stopping {
		r.cp.FruitlessAttempts = max(0, r.cp.FruitlessAttempts-1) // a worker that is told to stop is no sign of anything
	}
	return Outcome{Result: r.makeResult(), Checkpoint: r.makeCheckpoint()}, err
}

// gotNowhere is the error of a page of apps that is begun over and over.
func gotNowhere(cp contract.Checkpoint) error {
	last := cp.Failure
	if last == "" {
		last = "none that was recorded"
	}
	return &httpx.Error{Peer: "session", Op: "carry over users", Kind: httpx.KindServer,
		Message: fmt.Sprintf("%d attempts in a row ended without a page being written; last failure: %s", maxBarren, last),
		Hint:    "see the worker's log for what ended them, such as too little memory; the next session starts where the last good one began"}
}

// errStopping is the error of an attempt that hands over to another worker.
func errStopping() error {
	return &httpx.Error{Peer: "worker", Op: "hand over", Kind: httpx.KindStopping}
}

// countBoth counts what both tenants were asked since the worker began.
func (e *Engine) countBoth() saas.Requests { return e.source.Requests().Add(e.target.Requests()) }

// waitBriefly waits for something that may only be late. The pauses grow from a
// quarter of the first pause after a failed request.
func (e *Engine) waitBriefly(ctx context.Context, try int) error {
	return sleepFor(ctx, e.opts.RetryBase/4<<min(try, 10))
}

// sleepFor waits, unless ctx ends.
func sleepFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// briefTries is how often something is looked at again that may only be late:
// with the usual pauses that is nearly eight seconds.
const briefTries = 5

// shortenError is what was said of an error, without what we were doing.
func shortenError(err error) string {
	var e *httpx.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	if err != nil {
		return err.Error()
	}
	return "no reason given"
}
