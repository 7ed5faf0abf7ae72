package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/workflows"
)

// schedule is the command that puts the integration's Temporal Schedule in
// place.
func (c commands) schedule() *cli.Command {
	return &cli.Command{
		Name:         "schedule",
		Usage:        "the Temporal Schedule that starts the sessions",
		OnUsageError: badFlags,
		Subcommands: []*cli.Command{{
			Name:         "apply",
			Usage:        "create the schedule, or bring it up to date with the settings; again changes nothing",
			Description:  "Example: INTEGRATION_SCHEDULE='30 2 * * *' INTEGRATION_TIMEZONE=Europe/Berlin defendersync schedule apply",
			Before:       noArguments,
			OnUsageError: badFlags,
			Action:       c.applySchedule,
		}},
		Action: func(ctx *cli.Context) error {
			if name := ctx.Args().First(); name != "" {
				return usage(fmt.Errorf("no command %q: see 'defendersync schedule --help'", name))
			}
			return cli.ShowSubcommandHelp(ctx)
		},
	}
}

func (c commands) applySchedule(ctx *cli.Context) error {
	if _, err := config.Load(ctx.Context, c.environ, config.NeedIntegration); err != nil {
		return usage(err)
	}
	conn, err := c.connect(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.close()
	did, err := conn.apply(ctx.Context)
	if err != nil {
		return err
	}
	if err := conn.summonWatch(ctx.Context); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "schedule %s: %s (%s)\n", workflows.ScheduleID(conn.integration()), did, conn.settings.Integration.Schedule)
	return nil
}

// catchUp is how late a start may be made up for after Temporal was down: half
// the interval of a daily schedule, so that one late session runs, never a
// burst.
const catchUp = 12 * time.Hour

// apply creates or updates the schedule and says what it did.
func (c connection) apply(ctx context.Context) (string, error) {
	spec, err := c.spec()
	if err != nil {
		return "", usage(err)
	}
	action := c.action()
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: workflows.ScheduleID(c.integration()), Spec: spec, Action: action,
		Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp,
	})
	if err == nil {
		return "created", nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return "", needsSetup(fmt.Errorf("create the schedule: %w", err))
	}
	handle := c.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(c.integration()))
	changed := false
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		old := in.Description.Schedule
		if changed = !c.sameAs(old); !changed {
			return nil, temporal.ErrSkipScheduleUpdate
		}
		old.Spec, old.Action = &spec, action
		if old.Policy == nil {
			old.Policy = &client.SchedulePolicies{}
		}
		old.Policy.Overlap, old.Policy.CatchupWindow = enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, catchUp
		return &client.ScheduleUpdate{Schedule: &old}, nil
	}})
	switch {
	case err != nil && !errors.Is(err, temporal.ErrSkipScheduleUpdate):
		return "", needsSetup(fmt.Errorf("update the schedule: %w", err))
	case changed:
		return "updated", nil
	}
	return "unchanged", nil
}

// spec is when sessions start, in Temporal's terms.
func (c connection) spec() (client.ScheduleSpec, error) {
	i := c.settings.Integration
	s, err := config.ParseSchedule(i.Schedule, i.Timezone)
	if err != nil {
		return client.ScheduleSpec{}, fmt.Errorf("INTEGRATION_SCHEDULE: %w", err)
	}
	if s.Every > 0 {
		return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.Every}}}, nil
	}
	return client.ScheduleSpec{CronExpressions: []string{s.Cron}, TimeZoneName: s.Timezone}, nil
}

// input is what the schedule starts its sessions with.
func (c connection) input() workflows.SessionInput {
	return workflows.SessionInput{Integration: c.integration(), Policy: c.settings.Policy(), StartedBy: "schedule", Watch: c.watchSettings()}
}

// action starts a session.
func (c connection) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID:            workflows.SessionID(c.integration()),
		Workflow:      workflows.SessionWorkflow,
		Args:          []any{c.input()},
		TaskQueue:     workflows.TaskQueue(c.integration()),
		StaticDetails: c.details(),
		StaticSummary: "Defender → Oomnitza (" + c.integration() + ")",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttrIntegration.ValueSet(c.integration()), workflows.AttrStartedBy.ValueSet("schedule"),
		),
	}
}

// details say what a schedule was applied with, for the page of each session
// and to see whether an apply would change anything: Temporal keeps times as
// parsed calendars, and the input may be encrypted.
func (c connection) details() string {
	i := c.settings.Integration
	text, err := json.Marshal(c.input())
	if err != nil {
		text = nil // plain data always marshals
	}
	// The key is part of it, so that an apply after a change of keys writes
	// what is kept under the new one.
	text = append(text, c.settings.Payload.EncryptionKeys.Reveal()...)
	sum := sha256.Sum256(text)
	return fmt.Sprintf("Schedule `%s` (%s), settings `%s`.", i.Schedule, i.Timezone, hex.EncodeToString(sum[:6]))
}

// sameAs reports whether a schedule is what the settings ask for already.
func (c connection) sameAs(old client.Schedule) bool {
	action, ok := old.Action.(*client.ScheduleWorkflowAction)
	return ok && action.StaticDetails == c.details() && action.TaskQueue == workflows.TaskQueue(c.integration())
}

// scheduled reads the schedule; nil when there is none.
func (c connection) scheduled(ctx context.Context) (*client.ScheduleDescription, error) {
	d, err := describe(ctx, c.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(c.integration())))
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the schedule: %w", err)
	}
	return d, nil
}

// describeAttempts bounds how often a schedule is read that a busy server
// takes back the answer of.
const describeAttempts = 3

// describe reads a schedule. A busy server may cancel the call by itself, which
// the SDK takes for our own doing and does not try again.
func describe(ctx context.Context, handle client.ScheduleHandle) (*client.ScheduleDescription, error) {
	for attempt := 1; ; attempt++ {
		d, err := handle.Describe(ctx)
		var cancelled *serviceerror.Canceled
		if err == nil || ctx.Err() != nil || attempt == describeAttempts || !errors.As(err, &cancelled) {
			return d, err
		}
	}
}
