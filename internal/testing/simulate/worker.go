package simulate

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/activity"
	sdkworker "go.temporal.io/sdk/worker"

	"defendersync/activities"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
)

// openSession is the activity that opens a session.
const openSession = contract.ActivityOpenSession

// worker is a worker process: clients and activities of its own, and a memory
// that is lost with it. The conductor alone kills and stops it.
type worker struct {
	id         int
	activities map[string]any // by name
	stop       chan struct{}  // closed when it is told to stop
	stopping   bool
	dead       bool
	denied     time.Time // when one of its requests was last denied
}

// newWorker starts a worker.
func (h *host) newWorker() *worker {
	h.workers++
	w := &worker{id: h.workers, activities: map[string]any{}, stop: make(chan struct{})}
	world := h.run.world
	hc := func(timeout time.Duration) *http.Client {
		return &http.Client{Transport: line{h.run.network, w}, Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	limiter := ratelimit.NewLimiter(world.Budget, time.Minute)
	o := h.run.sim.Options()
	from, err := defender.New(defender.Options{URL: "https://" + defenderHost, Token: o.DefenderToken, Limiter: limiter, HTTP: hc(httpx.DefaultTimeout)})
	if err != nil {
		panic(fmt.Sprint("simulate: ", err))
	}
	to, err := oomnitza.New(oomnitza.Options{URL: "https://" + oomnitzaHost, Token: o.OomnitzaToken, HTTP: hc(time.Minute), Concurrency: world.Writers})
	if err != nil {
		panic(fmt.Sprint("simulate: ", err))
	}
	activities.New(from, limiter, to, temporalStub{}, activities.Options{Leased: true, Fetchers: world.Fetchers, Writers: world.Writers, ReadPrints: h.run.readPrints}).Register(collector{w.activities})
	return w
}

// collector takes in activities as a worker does.
type collector struct{ into map[string]any }

var _ sdkworker.ActivityRegistry = collector{}

// RegisterActivity implements worker.ActivityRegistry.
func (collector) RegisterActivity(any) { panic("simulate: activities have names") }

// RegisterActivityWithOptions implements worker.ActivityRegistry.
func (c collector) RegisterActivityWithOptions(fn any, o activity.RegisterOptions) {
	c.into[o.Name] = fn
}

// RegisterDynamicActivity implements worker.ActivityRegistry.
func (collector) RegisterDynamicActivity(any, activity.DynamicRegisterOptions) {
	panic("simulate: activities have names")
}

// withTurns lets the calls of a context take their turns.
func (r *run) withTurns(ctx context.Context) context.Context {
	return httpx.WithTurns(ctx, r.network.takeTurnOf)
}

// Moment is when something befalls the worker or the session.
type Moment struct {
	What     string        // "kill", "stop" or "cancel"
	Requests int           // after so many requests of the session
	Delay    time.Duration // and so much later
}

// hearWrite hears of a request of the session.
func (h *host) hearWrite(*worker) {
	h.written++
	for len(h.moments) > 0 && h.moments[0].Requests <= h.written {
		m := h.moments[0]
		h.moments = h.moments[1:]
		of := h.runID
		h.run.network.doAfter(m.Delay, func() {
			if h.runID == of {
				h.strikeMoment(m)
			}
		})
	}
}

// strikeMoment carries out a moment.
func (h *host) strikeMoment(m Moment) {
	w, at := h.worker, h.now
	h.run.trace.noteEvent(m.What)
	h.run.trace.tellLine("=== %s, worker %d", m.What, w.id)
	switch {
	case w.dead || at == nil:
		return
	case m.What == "kill":
		h.killWorker(w)
	case m.What == "stop" && !w.stopping:
		w.stopping = true
		h.run.stats.countFault("worker told to stop")
		close(w.stop)
		h.run.network.doAfter(stopTimeout, func() {
			if h.now != nil && h.now.worker == w {
				h.killWorker(w)
			}
		})
	case m.What == "cancel" && at.cancel != nil:
		h.run.stats.countFault("session cancelled")
		close(at.cancel)
	}
}

// stopTimeout is how long a worker that is told to stop may take.
const stopTimeout = 30 * time.Second

// killWorker ends a worker at once.
func (h *host) killWorker(w *worker) {
	if w.dead {
		return
	}
	w.dead, h.run.network.deaths = true, append(h.run.network.deaths, time.Now())
	h.run.stats.countFault("worker killed")
	if h.now != nil && h.now.killed != nil {
		close(h.now.killed)
	}
}
