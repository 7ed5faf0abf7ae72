package simulate

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	commonpb "go.temporal.io/api/common/v1"
)

// host is Temporal's part of a session as far as activities go: it hands them
// to a worker, keeps their heartbeats, sees a worker die, and tries again by the
// retry policy that the workflow asks for. The SDK's test environment runs the
// workflows, and hands their activities to the host.
type host struct {
	run     *run
	worker  *worker
	workers int
	options workflow.ActivityOptions          // of the activity at hand
	runID   string                            // of the session
	moments []Moment                          // still to come
	written int                               // requests of the session
	now     *attempt                          // under way
	spoil   func(name string, result any) any // for tests of the judge: changes what activities return
}

// attempt is one try of an activity by a worker.
type attempt struct {
	host   *host
	name   string
	number int
	began  time.Time
	worker *worker
	killed chan struct{}
	cancel chan struct{}

	from  *commonpb.Payloads // the heartbeat of the attempt before
	saved *commonpb.Payloads // the latest that Temporal has
	beat  time.Time          // when it got it

	mu     sync.Mutex
	sign   time.Time     // the last sign of life
	silent time.Duration // the longest time without one
}

type attemptKey struct{}

// attemptOf is the attempt that a context belongs to.
func attemptOf(ctx context.Context) *attempt {
	at, _ := ctx.Value(attemptKey{}).(*attempt)
	return at
}

// registerActivities makes the activities known, each behind the host.
func (h *host) registerActivities(r interface {
	RegisterActivityWithOptions(any, activity.RegisterOptions)
}) {
	for name, fn := range h.newWorker().activities {
		of := reflect.TypeOf(fn)
		wrapped := reflect.MakeFunc(of, func(args []reflect.Value) []reflect.Value { return h.executeActivity(name, of, args) })
		r.RegisterActivityWithOptions(wrapped.Interface(), activity.RegisterOptions{Name: name})
	}
}

// executeActivity runs an activity as Temporal does: again after a failure that may
// pass, on another worker where the first one died or stopped.
func (h *host) executeActivity(name string, of reflect.Type, args []reflect.Value) []reflect.Value {
	ctx := args[0].Interface().(context.Context)
	options, began := h.options, time.Now()
	h.run.network.opening = name == openSession
	var beat *commonpb.Payloads
	for n := 1; ; n++ {
		at := &attempt{host: h, name: name, number: n, began: time.Now(), worker: h.livingWorker(), killed: make(chan struct{}), cancel: make(chan struct{}), from: beat, saved: beat, beat: time.Now(), sign: time.Now()}
		out, err := h.tryOnce(ctx, at, options, args)
		if out != nil {
			if h.spoil != nil {
				out[0] = reflect.ValueOf(h.spoil(name, out[0].Interface()))
			}
			return out
		}
		beat = at.saved
		wait, again := nextTry(options, n, err, began)
		h.run.trace.tellLine("%s attempt %d ends: %v; again %v after %s", name, n, err, again, wait)
		if !again {
			return []reflect.Value{reflect.Zero(of.Out(0)), reflect.ValueOf(&err).Elem()}
		}
		time.Sleep(wait)
	}
}

// livingWorker is a worker that takes work: a new one where the last one is gone.
func (h *host) livingWorker() *worker {
	if h.worker == nil || h.worker.dead || h.worker.stopping {
		h.worker = h.newWorker()
	}
	return h.worker
}

// errWorkerLost is how Temporal sees a worker that died.
var errWorkerLost = temporal.NewHeartbeatTimeoutError()

// tryOnce runs an activity once. It returns its results when that settles it, else
// why it ended.
func (h *host) tryOnce(ctx context.Context, at *attempt, options workflow.ActivityOptions, args []reflect.Value) ([]reflect.Value, error) {
	ctx, cancel := context.WithTimeoutCause(context.WithValue(ctx, attemptKey{}, at), options.StartToCloseTimeout, errTooLong)
	defer cancel()
	ctx, end := context.WithCancel(ctx)
	defer end()
	h.now = at
	defer func() { h.now = nil }()
	done := make(chan []reflect.Value, 1)
	args = append([]reflect.Value{reflect.ValueOf(h.run.withTurns(ctx))}, args[1:]...)
	go func() { done <- reflect.ValueOf(at.worker.activities[at.name]).Call(args) }()
	cancelled := false
	for {
		select {
		case out := <-done:
			if at.worker.dead {
				time.Sleep(time.Until(at.beat.Add(options.HeartbeatTimeout)))
				return nil, errWorkerLost
			}
			return settleAttempt(ctx, at, out, cancelled, options)
		case <-at.killed:
			at.killed = nil
			end()
		case <-at.cancel:
			at.cancel, cancelled = nil, true
			end()
		}
	}
}

// errTooLong is the cause of a context that took longer than the workflow asks
// for.
var errTooLong = errors.New("start to close")

// settleAttempt looks at what an attempt returned: its results when they settle the
// activity, else the error.
func settleAttempt(ctx context.Context, at *attempt, out []reflect.Value, cancelled bool, options workflow.ActivityOptions) ([]reflect.Value, error) {
	at.hearSign() // the end is a sign of life as well
	if silent := at.silent; options.HeartbeatTimeout > 0 && silent > options.HeartbeatTimeout {
		at.host.run.noteFinding("silence", "%s was silent for %s, and would have been given up", at.name, silent)
	}
	err, _ := out[1].Interface().(error)
	var app *temporal.ApplicationError
	switch {
	case err == nil, cancelled, temporal.IsCanceledError(err), errors.As(err, &app) && app.NonRetryable():
		if cancelled && err != nil && !temporal.IsCanceledError(err) && (app == nil || !app.NonRetryable()) {
			out[1] = reflect.ValueOf(temporal.NewCanceledError())
		}
		return out, nil
	case errors.Is(context.Cause(ctx), errTooLong):
		return nil, temporal.NewTimeoutError(startToClose, err)
	}
	return nil, err
}

// nextTry is how long Temporal waits before an activity is tried again.
func nextTry(o workflow.ActivityOptions, tried int, err error, began time.Time) (time.Duration, bool) {
	p := o.RetryPolicy
	if p.MaximumAttempts > 0 && tried >= int(p.MaximumAttempts) {
		return 0, false
	}
	wait := float64(p.InitialInterval)
	for range tried - 1 {
		if wait *= p.BackoffCoefficient; wait >= float64(p.MaximumInterval) {
			wait = float64(p.MaximumInterval)
			break
		}
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.NextRetryDelay() > 0 {
		wait = float64(app.NextRetryDelay())
	}
	d := time.Duration(wait)
	return d, o.ScheduleToCloseTimeout <= 0 || time.Since(began)+d < o.ScheduleToCloseTimeout
}

// recordBeat takes in a heartbeat, as Temporal has it a moment later.
func (at *attempt) recordBeat(details ...any) error {
	if at.worker.dead {
		return errors.New("the worker is gone")
	}
	p, err := payloads.ToPayloads(details...)
	if err != nil {
		return fmt.Errorf("encode a heartbeat: %w", err)
	}
	at.hearSign()
	at.host.run.network.doAfter(beatTakes, func() {
		if at.worker.dead && fallsWithin(at.host.run.dice.rollFor("beat lost", uint64(time.Now().UnixNano())), 0.5) {
			at.host.run.stats.countFault("heartbeat lost with its worker")
			return
		}
		at.saved, at.beat = p, time.Now()
	})
	return nil
}

// beatTakes is how long a heartbeat is on its way.
const beatTakes = 12 * time.Millisecond

// hearSign measures the time since the last sign of life.
func (at *attempt) hearSign() {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.silent, at.sign = max(at.silent, time.Since(at.sign)), time.Now()
}
