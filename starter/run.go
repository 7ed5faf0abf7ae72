package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
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
	Started bool   `json:"started"` // false when another session was running
	WebUI   string `json:"webUI,omitempty"`
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
	got, err := conn.start(ctx.Context, ctx.Bool("full"), ctx.Bool("dry-run"))
	if err != nil {
		return err
	}
	got.WebUI = conn.linkTo(got.Session, got.Run)
	asJSON := ctx.String("output") == "json"
	c.announce(conn, got)
	if !ctx.Bool("follow") && !ctx.Bool("dry-run") {
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
func (c commands) announce(conn connection, got started) {
	if got.Started {
		fmt.Fprintf(c.err, "started %s\n", got.Session)
	} else {
		fmt.Fprintf(c.err, "nothing started: %s is running\n", got.Session)
	}
	if got.WebUI != "" {
		fmt.Fprintf(c.err, "see %s\n", got.WebUI)
	}
}

// start starts a session, or names the one that runs already.
func (c connection) start(ctx context.Context, full, dryRun bool) (started, error) {
	running, err := c.lane(ctx)
	if err != nil || running != "" {
		return started{Session: running}, err
	}
	description, err := c.scheduled(ctx)
	if err != nil {
		return started{}, err
	}
	if description != nil && !full && !dryRun {
		return c.trigger(ctx, description)
	}
	return c.startDirectly(ctx, description, full, dryRun)
}

// triggerPatience bounds the wait for the schedule to do as it was told.
const triggerPatience = 30 * time.Second

// errTriggered is what an interrupt leaves to say before it is known what the
// trigger has started.
var errTriggered = errors.New("no longer following; what the schedule was told to start goes on: see 'defendersync sessions list'")

// trigger pulls the schedule's trigger and finds out what came of it, which
// Temporal does not tell.
func (c connection) trigger(ctx context.Context, before *client.ScheduleDescription) (started, error) {
	handle := c.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(c.integration()))
	known := map[string]bool{}
	for _, a := range before.Info.RecentActions {
		known[a.StartWorkflowResult.FirstExecutionRunID] = true
	}
	if err := handle.Trigger(ctx, client.ScheduleTriggerOptions{}); err != nil {
		return started{}, fmt.Errorf("trigger the schedule: %w", err)
	}
	deadline := time.Now().Add(triggerPatience)
	for time.Now().Before(deadline) {
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

// claim tells the session who asked for it. It may have ended already.
func (c connection) claim(ctx context.Context, r *client.ScheduleWorkflowExecution) {
	_ = c.temporal.SignalWorkflow(ctx, r.WorkflowID, r.FirstExecutionRunID, workflows.SignalStartedBy, caller())
}

// skipped names the session because of which the trigger started nothing.
func (c connection) skipped(ctx context.Context, d *client.ScheduleDescription) (started, error) {
	running, err := c.lane(ctx)
	if err == nil && running == "" && len(d.Info.RunningWorkflows) > 0 {
		running = d.Info.RunningWorkflows[0].WorkflowID
	}
	if err == nil && running == "" && len(d.Info.RecentActions) > 0 {
		running = d.Info.RecentActions[len(d.Info.RecentActions)-1].StartWorkflowResult.WorkflowID
	}
	return started{Session: running}, err
}

// startDirectly starts a session beside the schedule. What it read last is
// looked up for it, since only the schedule hands that on by itself.
func (c connection) startDirectly(ctx context.Context, description *client.ScheduleDescription, full, dryRun bool) (started, error) {
	in := c.input()
	in.StartedBy, in.Full, in.DryRun = caller(), full, dryRun
	in.Previous = c.previous(ctx, description)
	id := fmt.Sprintf("%s/run-%s", workflows.SessionID(c.integration()), time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	w, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.TaskQueue(c.integration()),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         "Defender → Oomnitza (" + c.integration() + ")",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttrIntegration.ValueSet(c.integration()), workflows.AttrStartedBy.ValueSet(in.StartedBy),
		),
	}, workflows.SessionWorkflow, in)
	if err != nil {
		return started{}, needsSetup(fmt.Errorf("start a session: %w", err))
	}
	return started{Session: w.GetID(), Run: w.GetRunID(), Started: true}, nil
}

// previous finds what the latest good session of the schedule carried forward;
// nil when there is none to be found, which makes the session a full one.
func (c connection) previous(ctx context.Context, d *client.ScheduleDescription) *saas.Carry {
	if d == nil {
		return nil
	}
	for i := len(d.Info.RecentActions) - 1; i >= 0; i-- {
		r := d.Info.RecentActions[i].StartWorkflowResult
		if r == nil {
			continue
		}
		var result saas.Result
		if err := c.temporal.GetWorkflow(ctx, r.WorkflowID, r.FirstExecutionRunID).Get(ctx, &result); err == nil {
			return &result.Carry
		}
	}
	return nil
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
		return result, failed.Details(&result)
	case errors.As(err, &cancelled) && cancelled.HasDetails():
		return result, cancelled.Details(&result)
	case errors.As(err, &terminated):
		return saas.Result{Session: sessionID, Outcome: saas.OutcomeFailed, Error: "the session was terminated by hand"}, nil
	}
	if err != nil && strings.Contains(err.Error(), "encoding") {
		err = fmt.Errorf("its result can't be read: PAYLOAD_ENCRYPTION_KEY has to be the workers': %w", err)
	}
	return result, fmt.Errorf("session %s: %w", sessionID, err)
}
