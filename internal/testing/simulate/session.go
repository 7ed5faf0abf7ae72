package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/workflows"
)

// ended is how a session ended, and all that its activities told.
type ended struct {
	result  contract.SessionResult
	rejects []saas.Reject
	counted int // rows rejected, by the activities
	took    time.Duration

	threshold time.Time // before which an incremental session reads nothing
}

// long is longer than any session takes.
const long = 400 * 24 * time.Hour

// holdSession runs a session: the real workflows, in the SDK's test environment, with
// the real activities behind the host.
func (r *run) holdSession(i int) ended {
	s, began := &r.Sessions[i], time.Now()
	r.stats.Sessions++
	r.host.moments, r.host.written, r.host.runID = append([]Moment(nil), s.Moments...), 0, fmt.Sprintf("run-%d", i)
	r.network.newSession()
	r.sim.ResetRequests()
	r.trace.tellLine("=== session %d", i)
	end := ended{}
	if r.carry != nil {
		end.threshold = r.carry.Carry.Watermark.Add(-r.Overlap)
	}
	env := r.newEnvironment(i, &end)
	in := contract.SessionParams{Integration: "simulated", Policy: r.newPolicy(r.sim.Options().TokenUser), StartedBy: "schedule", DryRun: s.DryRun, Full: s.Full}
	if s.Full || s.DryRun {
		in.StartedBy, in.Previous = "somebody", &contract.Carry{}
		if r.carry != nil {
			in.Previous = &r.carry.Carry
		}
	} else if r.carry != nil {
		env.SetLastCompletionResult(*r.carry)
	}
	env.ExecuteWorkflow(contract.WorkflowSession, in)
	end.result, end.took = resultOf(env), time.Since(began)
	if r.host.worker != nil && r.host.worker.stopping {
		r.host.worker.dead = true
	}
	if in.StartedBy == "schedule" && env.GetWorkflowError() == nil {
		r.carry = &end.result
	}
	return end
}

// newEnvironment is the SDK's test environment with the workflows and the host.
func (r *run) newEnvironment(i int, end *ended) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(time.Now())
	env.SetTestTimeout(long)
	env.SetWorkflowRunTimeout(long)
	env.SetWorkerOptions(sdkworker.Options{
		DeadlockDetectionTimeout: long, Interceptors: []interceptor.WorkerInterceptor{&interception{host: r.host}},
	})
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: fmt.Sprintf("%s-%d", contract.SessionID("simulated"), i), TaskQueue: "simulated"})
	workflows.Register(env)
	r.host.registerActivities(env)
	env.SetOnActivityCompletedListener(func(info *activity.Info, result converter.EncodedValue, err error) {
		end.hearResult(result, err)
		if info.ActivityType.Name == contract.ActivityKeepPrints {
			r.keepPrints(result, err)
		}
	})
	return env
}

// keepPrints keeps what Temporal's history has of the fingerprints of a session.
func (r *run) keepPrints(result converter.EncodedValue, err error) {
	var kept contract.KeepPrintsResult
	if err != nil || result.Get(&kept) != nil {
		return
	}
	if r.kept == nil {
		r.kept = map[string][]byte{}
	}
	r.kept[r.host.runID] = kept.Set
}

// readPrints reads the fingerprints of a session before.
func (r *run) readPrints(_ context.Context, ref contract.PrintsRef) ([]byte, error) {
	set, ok := r.kept[ref.Run]
	if !ok {
		return nil, fmt.Errorf("run %s has kept no fingerprints", ref.Run)
	}
	return set, nil
}

// told is what the results of all activities may hold.
type told struct {
	Rejects saas.Tally `json:"rejects"`
}

// hearResult takes in what an activity told of rejected rows.
func (e *ended) hearResult(result converter.EncodedValue, err error) {
	var t told
	var failed *temporal.ApplicationError
	switch {
	case err == nil:
		err = result.Get(&t)
	case errors.As(err, &failed) && failed.HasDetails():
		err = failed.Details(&t)
	}
	if err == nil {
		e.rejects = append(e.rejects, t.Rejects.Samples...)
		e.counted += t.Rejects.Total()
	}
}

// resultOf is a session's result, however it ended.
func resultOf(env *testsuite.TestWorkflowEnvironment) (out contract.SessionResult) {
	err := env.GetWorkflowError()
	var failed *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	switch {
	case err == nil:
		err = env.GetWorkflowResult(&out)
	case errors.As(err, &cancelled) && cancelled.HasDetails():
		err = cancelled.Details(&out)
	case errors.As(err, &failed) && failed.HasDetails():
		err = failed.Details(&out)
	}
	if err != nil {
		out.Outcome, out.Error = saas.OutcomeFailed, "no result: "+err.Error()
	}
	return out
}
