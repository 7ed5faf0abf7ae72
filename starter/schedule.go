package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// schedule is the command for the integration's Temporal Schedule.
func (c commands) schedule() *cli.Command {
	return &cli.Command{
		Name:  "schedule",
		Usage: "Manage the Temporal Schedule that starts sessions",
		Description: describe("An integration has one schedule, named after it. Its sessions read what has changed since the session before.",
			"defendersync schedule apply --cron '30 2 * * *' --timezone Europe/Berlin",
			"defendersync schedule show",
			"defendersync schedule pause --reason 'audit week'"),
		Subcommands: []*cli.Command{
			c.scheduleApply(), c.scheduleShow(), c.schedulePause(), c.scheduleResume(), c.scheduleDelete(),
		},
	}
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
func (c connection) input() contract.SessionParams {
	return contract.SessionParams{Integration: c.integration(), Policy: c.settings.SyncPolicy(), StartedBy: "schedule", Watch: c.watchSettings()}
}

// action starts a session.
func (c connection) action() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID:            contract.SessionID(c.integration()),
		Workflow:      contract.WorkflowSession,
		Args:          []any{c.input()},
		TaskQueue:     contract.TaskQueue(c.integration()),
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
	text = append(text, temporalx.EncryptingKeyID(c.settings.Payload.EncryptionKeys.Reveal())...)
	sum := sha256.Sum256(text)
	return fmt.Sprintf("Schedule `%s` (%s), settings `%s`.", i.Schedule, i.Timezone, hex.EncodeToString(sum[:6]))
}

// handle is the integration's schedule.
func (c connection) handle(ctx context.Context) client.ScheduleHandle {
	return c.temporal.ScheduleClient().GetHandle(ctx, contract.ScheduleID(c.integration()))
}

func stateOf(d *client.ScheduleDescription) client.ScheduleState {
	if d.Schedule.State == nil {
		return client.ScheduleState{}
	}
	return *d.Schedule.State
}

// onSchedule connects and does something with the schedule that there is.
func (c commands) onSchedule(ctx context.Context, do func(connection, *client.ScheduleDescription) error) error {
	conn, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.close()
	d, err := conn.sessions().DescribeSchedule(ctx)
	if err != nil {
		return err
	}
	if d == nil {
		return conn.noSchedule()
	}
	return do(conn, d)
}

// noSchedule says that there is none, and what to do.
func (c connection) noSchedule() error {
	return fmt.Errorf("there is no schedule %q in namespace %s: create it with 'defendersync schedule apply', or check INTEGRATION_NAME and TEMPORAL_NAMESPACE",
		contract.ScheduleID(c.integration()), c.namespace)
}

// zoneOf is the time zone that a schedule's times are told in.
func zoneOf(d *client.ScheduleDescription) *time.Location {
	if d.Schedule.Spec != nil {
		if zone, err := time.LoadLocation(zoneName(d.Schedule.Spec.TimeZoneName)); err == nil {
			return zone
		}
	}
	return time.UTC
}

// nextStart says when the schedule starts a session next.
func nextStart(d *client.ScheduleDescription) string {
	if len(d.Info.NextActionTimes) == 0 {
		return "none"
	}
	return clock(d.Info.NextActionTimes[0], zoneOf(d))
}
