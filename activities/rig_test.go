package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// unauthorized answers everything as to a token that is not known.
func unauthorized(w http.ResponseWriter, _ *http.Request) bool {
	w.WriteHeader(http.StatusUnauthorized)
	return true
}

// noWrites answers every write with a status.
func noWrites(status int) sandbox.Guard {
	return func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodGet {
			return false
		}
		w.WriteHeader(status)
		return true
	}
}

// rig is both simulated tenants with the activities that a worker would have.
type rig struct {
	*Activities
	t          *testing.T
	box        *sandbox.Sandbox
	sim        *simulator.Simulator
	defenderAt *sandbox.Door
	oomnitzaAt *sandbox.Door
	policy     saas.Policy
	sessions   int // begun so far
	claims     saas.Claims
}

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	box := sandbox.OpenSandbox(t, o)
	r := &rig{t: t, box: box, sim: box.Simulator, defenderAt: box.DefenderDoor, oomnitzaAt: box.OomnitzaDoor, policy: box.Policy()}
	r.Activities = r.worker()
	return r
}

// worker is the activities as another worker has them: with clients of its own.
func (r *rig) worker() *Activities { return r.workerWith(Options{}) }

// workerWith is worker with further options.
func (r *rig) workerWith(o Options) *Activities {
	c := r.box.NewClients()
	o.RetryBase, o.BeatEvery = time.Millisecond, 10*time.Millisecond
	return New(c.Defender, c.Limiter, c.Oomnitza, temporalStub{}, o)
}

// temporalStub is Temporal for an activity that leaves its last checkpoint.
type temporalStub struct{ client.Client }

type leftTo struct{}

// RecordActivityHeartbeat gives the details to the func that the activity's
// context carries.
func (temporalStub) RecordActivityHeartbeat(ctx context.Context, _ []byte, details ...any) error {
	keep, ok := ctx.Value(leftTo{}).(func(any))
	if !ok || len(details) != 1 || ctx.Err() != nil {
		return errors.New("nobody keeps the heartbeat")
	}
	keep(details[0])
	return nil
}

// SignalWorkflow takes what an activity tells its workflow.
func (temporalStub) SignalWorkflow(context.Context, string, string, string, any) error { return nil }

// keeping lets an activity leave its last checkpoint with a func.
func keeping(ctx context.Context, keep func(any)) worker.Options {
	return worker.Options{BackgroundActivityContext: context.WithValue(ctx, leftTo{}, keep)}
}

// attempt is one run of an activity, with what a worker adds to it.
type attempt struct {
	worker *Activities          // nil: the rig's
	ctx    context.Context      // ends when the activity is cancelled
	stop   chan struct{}        // closed when the worker is told to stop
	from   *contract.Checkpoint // the heartbeat of the attempt before

	mu   sync.Mutex
	last *contract.Checkpoint // the latest heartbeat
}

// heartbeat is the latest that was recorded.
func (at *attempt) heartbeat(t *testing.T) contract.Checkpoint {
	t.Helper()
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.last == nil {
		t.Fatal("no heartbeat was recorded")
	}
	return *at.last
}

// left takes the checkpoint that an attempt leaves at its end.
func (at *attempt) left(details any) {
	at.mu.Lock()
	defer at.mu.Unlock()
	cp := details.(contract.Checkpoint)
	at.last = &cp
}

func (at *attempt) listen(_ *activity.Info, details converter.EncodedValues) {
	var cp contract.Checkpoint
	if details.Get(&cp) == nil {
		at.mu.Lock()
		at.last = &cp
		at.mu.Unlock()
	}
}

// try runs an activity once and decodes its result.
func try[Out any](r *rig, at *attempt, name string, in any) (Out, error) {
	r.t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	ctx := at.ctx
	if ctx == nil {
		ctx = r.t.Context()
	}
	env.SetWorkerOptions(keeping(ctx, at.left))
	if at.stop != nil {
		env.SetWorkerStopChannel(at.stop)
	}
	if at.from != nil {
		env.SetHeartbeatDetails(*at.from)
	}
	env.SetOnActivityHeartbeatListener(at.listen)
	a := at.worker
	if a == nil {
		a = r.Activities
	}
	a.Register(env)
	var out Out
	v, err := env.ExecuteActivity(name, in)
	if err == nil {
		err = v.Get(&out)
	}
	return out, err
}

// must runs an activity that is to succeed.
func must[Out any](r *rig, name string, in any) Out {
	r.t.Helper()
	out, err := try[Out](r, &attempt{}, name, in)
	if err != nil {
		r.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// open opens a session.
func (r *rig) open(previous contract.Carry) contract.Plan {
	r.t.Helper()
	return must[contract.Plan](r, contract.ActivityOpenSession, contract.OpenSessionParams{Policy: r.policy, Previous: previous})
}

// apps reads every app of a stream.
func (r *rig) apps(p contract.Plan, stream int) []saas.App {
	r.t.Helper()
	var out []saas.App
	in := contract.FetchAppsParams{Stream: p.Streams[stream], Window: p.Window, Dialect: p.Dialect}
	for in.Skip >= 0 {
		page := must[contract.AppsPage](r, contract.ActivityFetchApps, in)
		out = append(out, page.Apps...)
		in.Skip, in.Walk = page.Next, page.Walk
	}
	return out
}

// usage is the input that carries over the users of all of a stream's apps.
func (r *rig) usage(p contract.Plan, stream int) contract.SyncUsageParams {
	r.t.Helper()
	r.sessions++
	written := r.page(r.apps(p, stream))
	return contract.SyncUsageParams{Stream: p.Streams[stream], Refs: written.Refs, Window: p.Window, Policy: r.policy, Began: p.Began, Dialect: p.Dialect, SessionRun: fmt.Sprint("session-", r.sessions)}
}

// page writes a page of apps, of which the next one and later sessions learn.
func (r *rig) page(apps []saas.App) contract.UpsertAppsResult {
	r.t.Helper()
	out := must[contract.UpsertAppsResult](r, contract.ActivityUpsertApps, contract.UpsertAppsParams{Apps: apps, Policy: r.policy, CheckCreator: true, Claims: r.claims.ForApps(apps)})
	r.claims = r.claims.WithLatest(out.Claims, 1000)
	return out
}

// clean makes sure that no request broke a contract.
func (r *rig) clean() {
	r.t.Helper()
	for _, v := range r.sim.Violations() {
		r.t.Error(v)
	}
}

// small is a tenant with lists of one and of several pages.
func small() simulator.Options {
	return simulator.Options{Apps: 12, People: 400, Pairs: 1500}
}
