package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// schedule is the command for the integration's Temporal Schedule.
func (c commands) schedule() *cli.Command {
	return &cli.Command{
		Name:  "schedule",
		Usage: "the Temporal Schedule that starts the sessions",
		Description: "Examples:\n  defendersync schedule apply --cron '30 2 * * *' --timezone Europe/Berlin\n" +
			"  defendersync schedule show\n  defendersync schedule pause --reason 'audit week'",
		OnUsageError: badFlags,
		Subcommands: []*cli.Command{
			c.scheduleApply(), c.scheduleShow(), c.schedulePause(), c.scheduleResume(), c.scheduleDelete(),
		},
		Action: onlySubcommands,
	}
}

func (c commands) scheduleApply() *cli.Command {
	return &cli.Command{
		Name:  "apply",
		Usage: "create the schedule, or bring it up to date with the settings; again changes nothing",
		Description: "What a session does travels with the schedule: after a change of INTEGRATION_ settings or DEFENDER_STREAMS, apply again. " +
			"What was changed by other hands, such as in the Web UI, is put right; a pause is left alone.\n\n" +
			"A flag stands for its setting in this one call. To keep it, change the setting too: the next apply without flags goes by the settings.\n\n" +
			"Examples:\n  defendersync schedule apply\n  defendersync schedule apply --every 12h --jitter 10m\n" +
			"  defendersync schedule apply --cron '30 2 * * 1-5' --timezone Europe/Berlin --catch-up 6h",
		Flags:        timingFlags(),
		Before:       noArguments,
		OnUsageError: badFlags,
		Action:       c.applySchedule,
	}
}

func (c commands) applySchedule(ctx *cli.Context) error {
	c, err := c.overridden(ctx)
	if err != nil {
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
	return c.tellApplied(ctx.Context, conn, did)
}

// applied is what an apply did.
type applied struct {
	Did     string       // created, updated or unchanged
	Changed []difference // what was put right
}

// apply creates or updates the schedule and says what it did.
func (c connection) apply(ctx context.Context) (applied, error) {
	spec, err := c.spec()
	if err != nil {
		return applied{}, usage(err)
	}
	action, policies := c.action(), c.policies()
	_, err = c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: workflows.ScheduleID(c.integration()), Spec: spec, Action: action,
		Overlap: policies.Overlap, CatchupWindow: policies.CatchupWindow,
	})
	if err == nil {
		return applied{Did: "created"}, nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return applied{}, needsSetup(fmt.Errorf("create the schedule: %w", err))
	}
	handle := c.temporal.ScheduleClient().GetHandle(ctx, workflows.ScheduleID(c.integration()))
	var changed []difference
	err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
		old := in.Description.Schedule
		if err := c.readable(old); err != nil {
			return nil, err
		}
		if changed = c.differences(old); len(changed) == 0 {
			return nil, temporal.ErrSkipScheduleUpdate
		}
		old.Spec, old.Action, old.Policy = &spec, action, &policies
		if old.State != nil {
			old.State.LimitedActions, old.State.RemainingActions = false, 0
		}
		return &client.ScheduleUpdate{Schedule: &old}, nil
	}})
	switch {
	case err != nil && !errors.Is(err, temporal.ErrSkipScheduleUpdate):
		return applied{}, needsSetup(fmt.Errorf("update the schedule: %w", lostKey(unreadable("it", err))))
	case len(changed) > 0:
		return applied{Did: "updated", Changed: changed}, nil
	}
	return applied{Did: "unchanged"}, nil
}

// lostKey adds what to do where the key of a schedule is gone for good: an apply
// never puts a schedule under another key that it can't read, since the workers
// may not have it.
func lostKey(err error) error {
	if errors.Is(err, errKey) {
		return fmt.Errorf("%w (nothing was changed; a new key goes before the old one in the setting; if the old one is lost, 'schedule delete' and apply again, which makes the next session a full one)", err)
	}
	return err
}

// policies are what becomes of starts that can't be made as scheduled: skipped
// while a session runs, made up for after Temporal was down.
func (c connection) policies() client.SchedulePolicies {
	return client.SchedulePolicies{Overlap: enumspb.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: c.settings.Integration.CatchUp}
}

// spec is when sessions start, in Temporal's terms. An interval has its zone
// only to be shown in.
func (c connection) spec() (client.ScheduleSpec, error) {
	i := c.settings.Integration
	s, err := config.ParseSchedule(i.Schedule, i.Timezone)
	if err != nil {
		return client.ScheduleSpec{}, fmt.Errorf("INTEGRATION_SCHEDULE: %w", err)
	}
	spec := client.ScheduleSpec{TimeZoneName: s.Timezone, Jitter: i.Jitter}
	if s.Every > 0 {
		spec.Intervals = []client.ScheduleIntervalSpec{{Every: s.Every}}
	} else {
		spec.CronExpressions = []string{s.Cron}
	}
	return spec, nil
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
	// The key's id is part of it, so that an apply after a change of keys writes
	// what is kept under the new one. The key itself never is: this is shown to
	// all.
	text = append(text, temporalx.KeyID(c.settings.Payload.EncryptionKeys.Reveal())...)
	sum := sha256.Sum256(text)
	return fmt.Sprintf("Schedule `%s` (%s), settings `%s`.", i.Schedule, i.Timezone, hex.EncodeToString(sum[:6]))
}

// scheduled reads the schedule; nil when there is none.
func (c connection) scheduled(ctx context.Context) (*client.ScheduleDescription, error) {
	d, err := temporalx.DescribeSchedule(ctx, c.temporal, workflows.ScheduleID(c.integration()))
	if err != nil {
		return nil, fmt.Errorf("read the schedule: %w", unreadable("it", err))
	}
	return d, nil
}
