package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/moment"
	"defendersync/workflows"
)

// scheduleCommand groups the commands for the Temporal Schedule.
func (c commands) scheduleCommand() *cli.Command {
	return &cli.Command{
		Name:  "schedule",
		Usage: "Manage the Temporal Schedule that starts sessions",
		Description: describe("An integration has one schedule, named after it. Its sessions read what has changed since the session before.",
			"defendersync schedule apply --cron '30 2 * * *' --timezone Europe/Berlin",
			"defendersync schedule show",
			"defendersync schedule pause --reason 'audit week'"),
		Subcommands: []*cli.Command{
			c.scheduleApplyCommand(), c.scheduleShowCommand(), c.schedulePauseCommand(), c.scheduleResumeCommand(), c.scheduleDeleteCommand(),
		},
	}
}

// wantedSessions is the schedule of the sessions according to the settings.
func (c connection) wantedSessions() (wantedSchedule, error) {
	i := c.settings.Integration
	times, err := config.ParseSchedule(i.Schedule, i.Timezone)
	if err != nil {
		return wantedSchedule{}, fmt.Errorf("INTEGRATION_SCHEDULE: %w", err)
	}
	return wantedSchedule{
		id: contract.ScheduleID(c.integration()), title: "the schedule", times: times, jitter: i.Jitter, catchUp: i.CatchUp, action: c.sessionAction(),
	}, nil
}

// sessionInput is the input of scheduled sessions.
func (c connection) sessionInput() contract.SessionParams {
	return contract.SessionParams{Integration: c.integration(), Policy: c.settings.SyncPolicy(), StartedBy: "schedule", Watch: c.watchSettings()}
}

// sessionAction is the action of the schedule: it starts a session.
func (c connection) sessionAction() *client.ScheduleWorkflowAction {
	return &client.ScheduleWorkflowAction{
		ID:            contract.SessionID(c.integration()),
		Workflow:      contract.WorkflowSession,
		Args:          []any{c.sessionInput()},
		TaskQueue:     contract.TaskQueue(c.integration()),
		StaticDetails: c.sessionDetails(),
		StaticSummary: "Defender → Oomnitza (" + c.integration() + ")",
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.AttrIntegration.ValueSet(c.integration()), workflows.AttrStartedBy.ValueSet("schedule"),
		),
	}
}

// sessionDetails describes the settings that the schedule was applied with, for
// the page of each session.
func (c connection) sessionDetails() string {
	i := c.settings.Integration
	return fmt.Sprintf("Schedule `%s` (%s), settings `%s`.", i.Schedule, i.Timezone, c.hashInput(c.sessionInput()))
}

// scheduleHandle is the handle of the integration's schedule.
func (c connection) scheduleHandle(ctx context.Context) client.ScheduleHandle {
	return c.temporal.ScheduleClient().GetHandle(ctx, contract.ScheduleID(c.integration()))
}

// onSchedule connects to Temporal and calls do with the schedule, which has to
// exist.
func (c commands) onSchedule(ctx context.Context, do func(connection, *client.ScheduleDescription) error) error {
	conn, err := c.connectTemporal(ctx)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	d, err := conn.sessionReader().DescribeSchedule(ctx)
	if err != nil {
		return err
	}
	if d == nil {
		return conn.noSchedule()
	}
	return do(conn, d)
}

// noSchedule is the error for a missing schedule.
func (c connection) noSchedule() error {
	return fmt.Errorf("there is no schedule %q in namespace %s: create it with 'defendersync schedule apply', or check INTEGRATION_NAME and TEMPORAL_NAMESPACE",
		contract.ScheduleID(c.integration()), c.namespace)
}

// scheduleZone is the time zone of a schedule.
func scheduleZone(d *client.ScheduleDescription) *time.Location {
	if d.Schedule.Spec != nil {
		if zone, err := time.LoadLocation(zoneName(d.Schedule.Spec.TimeZoneName)); err == nil {
			return zone
		}
	}
	return time.UTC
}

// formatNextStart formats the schedule's next start.
func formatNextStart(d *client.ScheduleDescription) string {
	if len(d.Info.NextActionTimes) == 0 {
		return "none"
	}
	return moment.FormatWeekday(d.Info.NextActionTimes[0], scheduleZone(d))
}
