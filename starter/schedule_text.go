package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/calendar"
	"defendersync/internal/contract"
	"defendersync/internal/sessions"
)

// tellApplied prints what the schedule does now.
func (c commands) tellApplied(ctx context.Context, conn connection, did applied) error {
	i := conn.settings.Integration
	zone := ""
	if !strings.HasPrefix(i.Schedule, "every") {
		zone = ", " + i.Timezone
	}
	fmt.Fprintf(c.out, "schedule %s: %s (%s%s)\n", contract.ScheduleID(conn.integration()), did.result, i.Schedule, zone)
	for _, d := range did.changed {
		fmt.Fprintf(c.out, "  changed: %s\n", changeText(d))
		if d.What == encryptionKey {
			fmt.Fprintf(c.out, "    sessions fail on a worker without this PAYLOAD_ENCRYPTION_KEY: set it for all workers before the next start\n")
		}
	}
	tellPolicies(c.out, calendar.FormatDuration(i.Jitter), enumspb.SCHEDULE_OVERLAP_POLICY_SKIP.String(), calendar.FormatDuration(i.CatchUp))
	if len(i.Contacts) == 0 {
		fmt.Fprintln(c.err, "nobody will get an email if a session fails or is missed: INTEGRATION_CONTACTS is not set")
	} else {
		fmt.Fprintf(c.out, "  notified if a session fails, stalls or is missed: %s\n", strings.Join(i.Contacts, ", "))
	}
	d, err := conn.sessionReader().DescribeSchedule(ctx)
	if err != nil {
		return err
	}
	if d == nil {
		return conn.noSchedule()
	}
	changes, err := conn.clockChanges(ctx, d, c.now())
	if err != nil {
		return err
	}
	tellClockChanges(c.out, changes)
	tellExpected(c.out, conn.expectSessions(ctx, d, c.now()), scheduleZone(d))
	if view := sessions.ViewSchedule(d); view.IsPaused(c.now()) {
		fmt.Fprintf(c.out, "  %s; to start sessions again, run 'defendersync schedule resume'\n", pauseText(view, scheduleZone(d), c.now()))
		if view.Paused {
			return nil
		}
	}
	fmt.Fprintf(c.out, "  next start: %s\n", formatNextStart(d))
	return nil
}

// changeText describes a difference that has been corrected.
func changeText(d difference) string {
	if d.Applied == "" && d.Wanted == "" {
		return d.What
	}
	return fmt.Sprintf("%s: %s, was %s", d.What, d.Wanted, d.Applied)
}

// tellPolicies prints the policies for starts that can't be made as scheduled.
func tellPolicies(w io.Writer, jitter, overlap, catchUp string) {
	if jitter != "" && jitter != "0s" {
		fmt.Fprintf(w, "  each start is delayed by a random time of up to %s\n", jitter)
	}
	if overlap == enumspb.SCHEDULE_OVERLAP_POLICY_SKIP.String() {
		fmt.Fprintln(w, "  a start is skipped if a session is running")
	} else {
		fmt.Fprintf(w, "  a start while a session is running: %s\n", overlap)
	}
	fmt.Fprintf(w, "  a start missed while Temporal was down is made up for if it is no older than %s\n", catchUp)
}

// indentLines indents all lines of a text but the first.
func indentLines(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

// clockChanges lists the starts of the next year that a clock change skips or
// doubles.
func (c connection) clockChanges(ctx context.Context, d *client.ScheduleDescription, now time.Time) ([]calendar.ClockChange, error) {
	if d.Schedule.Spec == nil {
		return nil, nil
	}
	return calendar.FindClockChanges(*d.Schedule.Spec, scheduleZone(d), now, func(from, to time.Time) ([]time.Time, error) {
		return c.sessionReader().ListStarts(ctx, from, to)
	})
}

// tellClockChanges prints the starts that a clock change skips or doubles.
func tellClockChanges(w io.Writer, changes []calendar.ClockChange) {
	for _, change := range changes {
		fmt.Fprintf(w, "  %s\n", change)
	}
	if len(changes) > 0 {
		fmt.Fprintln(w, "    choose a time outside of these hours, or INTEGRATION_TIMEZONE=UTC, to avoid this")
	}
}

func zoneName(name string) string {
	if name == "" {
		return "UTC"
	}
	return name
}
