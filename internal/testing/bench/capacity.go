package main

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

const (
	idleFor = time.Minute
	// perRequests is the number of requests to Defender that processor time and disk are
	// told for.
	perRequests = 1000
)

// effort is what a stretch of time has cost.
type effort struct {
	took           time.Duration
	worker, server time.Duration // of processor time
	bytes          int64         // by which the server's files grew
}

// measureEffort measures what the worker and the server do meanwhile.
func (b *bench) measureEffort(w *harness.Process, do func() error) (effort, error) {
	read := func() (e effort, err error) {
		if e.worker, err = w.ReadCPUTime(); err != nil {
			return e, err
		}
		if e.server, err = b.server.ReadCPUTime(); err != nil {
			return e, err
		}
		e.bytes, err = b.server.CountBytes()
		return e, err
	}
	before, err := read()
	if err != nil {
		return effort{}, err
	}
	began := time.Now()
	if err := do(); err != nil {
		return effort{}, err
	}
	after, err := read()
	return effort{time.Since(began), after.worker - before.worker, after.server - before.server, after.bytes - before.bytes}, err
}

// measureCapacity measures a worker that waits, and then one whose session goes at the
// real thirty requests a minute: a checkpoint for nearly each of them is what a session
// costs Temporal.
func measureCapacity(ctx context.Context, b *bench) ([]row, error) {
	if !b.real {
		return nil, nil
	}
	o := simulator.Options{Apps: 90, People: 1_000, Pairs: 5_000, Budget: 30}
	t, err := b.openTenant(o, "DEFENDER_REQUESTS_PER_MINUTE=30")
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	if out := t.RunCommand(ctx, "schedule", "apply"); out.Code != 0 { // the watch runs from here on
		return nil, fmt.Errorf("schedule apply ended with %d: %s", out.Code, out.Err)
	}
	idle, err := b.measureEffort(t.worker, func() error { return waitFor(ctx, idleFor) })
	if err != nil {
		return nil, err
	}
	busy, err := b.measureEffort(t.worker, func() error {
		r, err := t.runSession(ctx)
		if err != nil {
			return err
		}
		return t.checkComplete(r)
	})
	if err != nil {
		return nil, err
	}
	requests := float64(t.Sim.Requests().Defender.Requests) / perRequests
	memory, err := t.worker.PeakMemory()
	if err != nil {
		return nil, err
	}
	waits := float64(busy.took) / float64(idle.took)
	return []row{
		atMost("Worker that waits, processor", " %", 2, share(idle.worker, idle.took)),
		atMost("Temporal on SQLite with one worker that waits, processor", " %", 5, share(idle.server, idle.took)),
		atMost("Worker's processor time for 1,000 requests to Defender, waiting left out", " s", 20, (busy.worker.Seconds()-waits*idle.worker.Seconds())/requests),
		atMost("Temporal's on SQLite, the same", " s", 60, (busy.server.Seconds()-waits*idle.server.Seconds())/requests),
		atMost("Growth of Temporal's SQLite file for 1,000 requests", " MB", 20, float64(busy.bytes)/1e6/requests),
		atMost("Worker's peak memory at the real budget", " MB", 100, float64(memory)/1e6),
	}, nil
}

// share is the share of a processor, in percent.
func share(used, took time.Duration) float64 { return 100 * used.Seconds() / took.Seconds() }

func waitFor(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
