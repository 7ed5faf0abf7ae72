package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/workflows"
)

// runNow starts a session.
func (c commands) runNow() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "run a session now",
		Description: "A plain run goes through the schedule's trigger, so that it reads only what has changed and the next " +
			"scheduled session goes on from it. --full and --dry-run start a session of their own.\n\n" +
			"Without --follow the command ends as soon as the session has started; --dry-run always follows.\n\n" +
			"While another session runs, or waits for a worker, nothing is started: the command says which one, since when, and ends with 1. " +
			"A plain run with --follow shows that one in place of its own.\n\n" +
			"Examples:\n  defendersync run --follow\n  defendersync run --full --follow --output json\n  defendersync run --dry-run",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "full", Usage: "read everything, not only what has changed"},
			&cli.BoolFlag{Name: "dry-run", Usage: "read and compare everything, write nothing, and say what would have been written"},
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "show progress until the session ends; the exit code tells how it ended"},
			outputFlag(),
		},
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.startRun,
	}
}

// started is what --output json prints when a run is not followed.
type started struct {
	Session string `json:"session"`
	Run     string `json:"run,omitempty"`
	Started bool   `json:"started"`          // false when another session stood in the way
	Reason  string `json:"reason,omitempty"` // how that one stands
	WebUI   string `json:"webUI,omitempty"`

	other bool // the session named does not do what was asked for, so it is not followed
}

func (c commands) startRun(ctx *cli.Context) error {
	if _, err := config.Load(ctx.Context, c.environ, config.NeedIntegration); err != nil {
		return usage(err)
	}
	conn, err := c.connect(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.close()
	got, err := conn.start(ctx.Context, ctx.Bool("full"), ctx.Bool("dry-run"), func(text string) { fmt.Fprintln(c.err, text) })
	if err != nil {
		return err
	}
	got.WebUI = conn.linkTo(got.Session, got.Run)
	asJSON := ctx.String("output") == "json"
	c.announce(got)
	if got.other || !ctx.Bool("follow") && !ctx.Bool("dry-run") {
		if asJSON {
			if err := printJSON(c.out, got); err != nil {
				return err
			}
		}
		if !got.Started {
			return exit{code: exitFailed}
		}
		return nil
	}
	result, err := c.follow(ctx.Context, conn, got.Session, got.Run)
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(c.out, result)
	} else {
		printResult(c.out, result)
	}
	if err != nil {
		return err
	}
	return exitOf(result)
}

// announce says what was started, on the stream that is not for data.
func (c commands) announce(got started) {
	switch {
	case got.Started:
		fmt.Fprintf(c.err, "started %s\n", got.Session)
	case got.other:
		fmt.Fprintf(c.err, "nothing started: %s; run it again once that has ended\n", got.Reason)
	default:
		fmt.Fprintf(c.err, "nothing started: %s\n", got.Reason)
	}
	if got.WebUI != "" {
		fmt.Fprintf(c.err, "see %s\n", got.WebUI)
	}
}

// start starts a session, or names the one that stands in the way. Only a plain
// run has the same to do as any other that writes; --full and --dry-run don't.
// What is waited for meanwhile is told.
func (c connection) start(ctx context.Context, full, dryRun bool, tell func(string)) (started, error) {
	plain := !full && !dryRun
	s, found, err := c.obstacle(ctx, plain)
	if err != nil {
		return started{}, err
	}
	if found {
		return c.inTheWay(s, plain), nil
	}
	description, err := c.scheduled(ctx)
	if err != nil {
		return started{}, err
	}
	if description != nil && plain {
		return c.trigger(ctx, description, tell)
	}
	return c.startDirectly(ctx, description, full, dryRun)
}

// inTheWay is that nothing was started because of a session.
func (c connection) inTheWay(s standing, plain bool) started {
	return started{Session: s.id, Run: s.run, Reason: s.says(c), other: !plain || s.dryRun || s.leaving}
}

// triggerPatience bounds the wait for the schedule to do as it was told, of
// which nothing is said for triggerSilence.
const (
	triggerPatience = 30 * time.Second
	triggerSilence  = 3 * time.Second
)

// errTriggered is what an interrupt leaves to say before it is known what the
// trigger has started.
var errTriggered = errors.New("no longer following; what the schedule was told to start goes on: see 'defendersync sessions list'")

// trigger pulls the schedule's trigger and finds out what came of it, which
// Temporal does not tell.
func (c connection) trigger(ctx context.Context, before *client.ScheduleDescription, tell func(string)) (started, error) {
	handle := c.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(c.integration()))
	if err := apart(ctx, before, time.Now()); err != nil {
		return started{}, err
	}
	known := map[string]bool{}
	for _, a := range before.Info.RecentActions {
		if r := a.StartWorkflowResult; r != nil {
			known[r.FirstExecutionRunID] = true
		}
	}
	if err := handle.Trigger(ctx, client.ScheduleTriggerOptions{}); err != nil {
		return started{}, fmt.Errorf("trigger the schedule: %w", err)
	}
	began, told := time.Now(), false
	for time.Since(began) < triggerPatience {
		if !told && time.Since(began) > triggerSilence {
			told = true
			tell(fmt.Sprintf("waiting for the schedule to start a session since %s, for %s at most", clock(began, c.zone()), triggerPatience))
		}
		d, err := c.scheduled(ctx)
		if ctx.Err() != nil {
			return started{}, errTriggered
		}
		if err != nil {
			return started{}, err
		}
		if d == nil {
			break // deleted meanwhile
		}
		for _, a := range d.Info.RecentActions {
			if r := a.StartWorkflowResult; r != nil && !known[r.FirstExecutionRunID] {
				c.claim(ctx, r)
				return started{Session: r.WorkflowID, Run: r.FirstExecutionRunID, Started: true}, nil
			}
		}
		if d.Info.NumActionsSkippedOverlap > before.Info.NumActionsSkippedOverlap {
			return c.skipped(ctx, d)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return started{}, errTriggered
		}
	}
	return started{}, fmt.Errorf("the schedule was triggered but has started nothing for %s: see whether it was changed or deleted meanwhile", triggerPatience)
}

const (
	// sameSecond is how long ago a start may be to be thought of as one of the
	// same second, by two clocks that are not quite the same.
	sameSecond = 3 * time.Second
	// nextSecond is a pause after which Temporal's clock shows another second.
	nextSecond = 1100 * time.Millisecond
)

// apart waits until a session that is triggered now gets a name of its own.
// Temporal names what a schedule starts by the second, so two of one second
// would share a name; a start that the schedule has just made is let pass.
func apart(ctx context.Context, before *client.ScheduleDescription, now time.Time) error {
	var last time.Time
	for _, a := range before.Info.RecentActions {
		for _, at := range []time.Time{a.ScheduleTime, a.ActualTime} {
			if at.After(last) {
				last = at
			}
		}
	}
	if now.Sub(last) > sameSecond {
		return nil
	}
	select {
	case <-time.After(nextSecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// claim tells the session who asked for it. It may have ended already.
func (c connection) claim(ctx context.Context, r *client.ScheduleWorkflowExecution) {
	_ = c.temporal.SignalWorkflow(ctx, r.WorkflowID, r.FirstExecutionRunID, workflows.SignalStartedBy, caller())
}

// skipped names the session because of which the trigger started nothing.
func (c connection) skipped(ctx context.Context, d *client.ScheduleDescription) (started, error) {
	s, found, err := c.obstacle(ctx, true)
	if err != nil {
		return started{}, err
	}
	if found {
		return c.inTheWay(s, true), nil
	}
	for _, a := range slices.Backward(d.Info.RecentActions) { // it has ended meanwhile
		if r := a.StartWorkflowResult; r != nil {
			return started{Session: r.WorkflowID, Run: r.FirstExecutionRunID, Reason: r.WorkflowID + " was running"}, nil
		}
	}
	return started{}, errors.New("nothing started: the schedule skipped it because of a session that has ended meanwhile; run it again")
}

// startDirectly starts a session beside the schedule. What it read last is
// looked up for it, since only the schedule hands that on by itself.
func (c connection) startDirectly(ctx context.Context, description *client.ScheduleDescription, full, dryRun bool) (started, error) {
	in := c.input()
	in.StartedBy, in.Full, in.DryRun = caller(), full, dryRun
	var err error
	if in.Previous, err = c.previous(ctx, description); err != nil {
		return started{}, err
	}
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	for {
		w, err := c.startNamed(ctx, in, time.Now())
		if errors.As(err, &taken) && ctx.Err() == nil {
			continue // somebody else's, of this very millisecond
		}
		if err != nil {
			return started{}, needsSetup(fmt.Errorf("start a session: %w", err))
		}
		return started{Session: w.GetID(), Run: w.GetRunID(), Started: true}, nil
	}
}

// startNamed starts a session under the name of a moment, unless there is one
// of that name.
func (c connection) startNamed(ctx context.Context, in workflows.SessionInput, at time.Time) (client.WorkflowRun, error) {
	return c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                    fmt.Sprintf("%s/run-%s", workflows.SessionID(c.integration()), at.UTC().Format("2006-01-02T15:04:05.000Z")),
		TaskQueue:             workflows.TaskQueue(c.integration()),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         "Defender → Oomnitza (" + c.integration() + ")",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttrIntegration.ValueSet(c.integration()), workflows.AttrStartedBy.ValueSet(in.StartedBy),
		),
		// Else the SDK hands out the session that there is, as if it were ours.
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, workflows.SessionWorkflow, in)
}

// previous finds what the latest good session of the schedule carried forward;
// nil when there is none to be found, which makes the session a full one. One
// that has not ended is not waited for.
func (c connection) previous(ctx context.Context, d *client.ScheduleDescription) (*saas.Carry, error) {
	if d == nil {
		return nil, nil
	}
	for _, a := range slices.Backward(d.Info.RecentActions) {
		r := a.StartWorkflowResult
		if r == nil {
			continue
		}
		info, err := c.temporal.DescribeWorkflowExecution(ctx, r.WorkflowID, r.FirstExecutionRunID)
		if err != nil || info.GetWorkflowExecutionInfo().GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			continue
		}
		var result saas.Result
		err = c.temporal.GetWorkflow(ctx, r.WorkflowID, r.FirstExecutionRunID).Get(ctx, &result)
		if err == nil {
			return &result.Carry, nil
		}
		if err = unreadable("what the last session carried forward", err); errors.Is(err, errKey) {
			return nil, err
		}
	}
	return nil, nil
}

// outcome waits for a session to end and reads its result, also out of the
// error that a failed or cancelled session ends with; "" as its run is its
// latest.
func (c connection) outcome(ctx context.Context, sessionID, run string) (saas.Result, error) {
	var result saas.Result
	err := c.temporal.GetWorkflow(ctx, sessionID, run).Get(ctx, &result)
	var failed *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var terminated *temporal.TerminatedError
	switch {
	case err == nil:
		return result, nil
	case errors.As(err, &failed) && failed.Type() == workflows.FailureSession && failed.HasDetails():
		return result, unreadable("its result", failed.Details(&result))
	case errors.As(err, &cancelled) && cancelled.HasDetails():
		return result, unreadable("its result", cancelled.Details(&result))
	case errors.As(err, &terminated):
		return saas.Result{Session: sessionID, Outcome: saas.OutcomeFailed, Error: "the session was terminated by hand"}, nil
	}
	if why := foreignFailure(failed); why != "" {
		return result, fmt.Errorf("%s failed before it could report: %s", sessionID, why)
	}
	return result, fmt.Errorf("session %s: %w", sessionID, unreadable("its result", err))
}

// foreignFailure is why a session failed that told nothing of itself; "" where
// that can't be read here. A worker without the key with which a session was
// started fails it so: that key is the worker's to get, not this command's.
func foreignFailure(failed *temporal.ApplicationError) string {
	switch {
	case failed == nil || failed.Type() == workflows.FailureSession || failed.Message() == encodedFailure:
		return ""
	case strings.HasPrefix(failed.Message(), "unable to decode"):
		return "the worker could not read what it was started with: the worker's PAYLOAD_ENCRYPTION_KEY lacks the key of whoever started it, or applied the schedule"
	}
	return httpx.Clip(failed.Message())
}

// encodedFailure stands for an error's text that is encrypted, where the key is
// missing.
const encodedFailure = "Encoded failure"
