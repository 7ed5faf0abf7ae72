package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/client"

	"defendersync/internal/calendar"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

// scheduleView is the schedule as 'schedule show' prints it.
type scheduleView struct {
	Schedule    string `json:"schedule"`
	When        string `json:"when"`
	Timezone    string `json:"timezone"`
	Jitter      time.Duration
	CatchUp     time.Duration
	Overlap     string       `json:"overlap"`
	Paused      bool         `json:"paused"`
	Note        string       `json:"note,omitempty"`        // as Temporal has it
	PausedBy    string       `json:"pausedBy,omitempty"`    // of a pause on purpose
	PausedSince *time.Time   `json:"pausedSince,omitempty"` // of that
	PausedUntil *time.Time   `json:"pausedUntil,omitempty"` // when the pause ends by itself; absent: when the schedule is resumed
	PauseReason string       `json:"pauseReason,omitempty"`
	Next        []time.Time  `json:"next"`
	Recent      []recent     `json:"recent"`        // latest first
	Starts      int          `json:"starts"`        // ever
	Skipped     int          `json:"skippedStarts"` // because a session was running
	Missed      int          `json:"missedStarts"`  // older than the catch-up window when Temporal was up again
	InSync      *bool        `json:"inSync,omitempty"`
	Differences []difference `json:"differences,omitempty"` // from the settings
	NotCompared string       `json:"notCompared,omitempty"` // why the settings were not looked at

	// ClockChanges are the scheduled times of the next year that a day has
	// never or twice.
	ClockChanges []calendar.ClockChange `json:"clockChanges,omitempty"`

	expected expected
	zone     *time.Location
	pause    contract.ScheduleView
	keyless  error // what can't be read with this key
}

// recent is a start that the schedule made, with the outcome of its session.
type recent struct {
	Scheduled time.Time `json:"scheduled"`
	Started   time.Time `json:"started"`
	Session   string    `json:"session"`
	Outcome   string    `json:"outcome"`
	Took      *time.Duration
}

func (c commands) scheduleShowCommand() *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "Show the next and the latest starts, a pause, and differences from the settings",
		Description: describe("Times are in the schedule's time zone. Starts that were skipped because a session was running are counted but "+
			"not listed.",
			"defendersync schedule show",
			"defendersync schedule show --columns scheduled,outcome,session",
			"defendersync schedule show --output json"),
		Flags: []cli.Flag{outputFlag(), columnsFlag(startColumns()...)},
		Action: func(ctx *cli.Context) error {
			keys, err := tableKeys(ctx, ctx.String("output"), startColumns()...)
			if err != nil {
				return err
			}
			return c.onSchedule(ctx.Context, func(conn connection, d *client.ScheduleDescription) error {
				v, err := c.viewSchedule(ctx.Context, conn, d)
				if err != nil {
					return err
				}
				if ctx.String("output") == "json" {
					err = envelope.Write(c.out, c.headOf(ctx, conn.integration()), viewScheduleJSON(v))
				} else {
					c.printSchedule(v)
					err = c.printStarts(ctx.Context, conn, v, keys)
				}
				return cmp.Or(err, v.keyless)
			})
		},
	}
}

// The numbers of starts that show tells; Temporal keeps ten of either.
const (
	maxNext   = 5
	maxRecent = 10
)

func (c commands) viewSchedule(ctx context.Context, conn connection, d *client.ScheduleDescription) (scheduleView, error) {
	pause := sessions.ViewSchedule(d)
	v := scheduleView{
		Schedule: contract.ScheduleID(conn.integration()), When: "never", Paused: pause.IsPaused(c.now()), Note: pause.Note, pause: pause,
		Starts: d.Info.NumActions, Skipped: d.Info.NumActionsSkippedOverlap, Missed: d.Info.NumActionsMissedCatchupWindow, zone: scheduleZone(d),
	}
	if s := d.Schedule.Spec; s != nil {
		v.When, v.Jitter, v.Timezone = calendar.DescribeTimes(*s), s.Jitter, zoneName(s.TimeZoneName)
	}
	if p := d.Schedule.Policy; p != nil {
		v.CatchUp, v.Overlap = p.CatchupWindow, p.Overlap.String()
	}
	if p := pausedAt(pause, c.now(), v.zone); p != nil {
		v.PausedBy, v.PausedSince, v.PausedUntil, v.PauseReason = p.By, p.Since, p.Until, p.Reason
	}
	for _, t := range d.Info.NextActionTimes[:min(maxNext, len(d.Info.NextActionTimes))] {
		v.Next = append(v.Next, t.In(v.zone))
	}
	v.Recent, v.keyless = conn.recentStarts(ctx, d)
	v.keyless = cmp.Or(conn.sessionReader().CheckParams(d.Schedule), v.keyless)
	var err error
	if v.ClockChanges, err = conn.clockChanges(ctx, d, c.now()); err != nil {
		return v, err
	}
	v.expected = conn.expectSessions(ctx, d, c.now())
	if _, err := config.Load(ctx, c.environ, config.NeedIntegration); err != nil {
		v.NotCompared = err.Error()
	} else {
		v.Differences = conn.compareSchedule(d.Schedule)
		same := len(v.Differences) == 0
		v.InSync = &same
	}
	return v, nil
}

// recentStarts returns the latest starts, newest first, with their outcomes.
// The error names the key that is missing to read some of them.
func (c connection) recentStarts(ctx context.Context, d *client.ScheduleDescription) ([]recent, error) {
	var keyError error
	out := []recent{}
	for _, start := range c.sessionReader().ReadStarts(ctx, d, maxRecent) {
		r := recent{Scheduled: start.Scheduled.In(scheduleZone(d)), Started: start.Started.In(scheduleZone(d)), Session: start.ID}
		if start.Err != nil {
			r.Outcome = "unknown: " + start.Err.Error()
		} else {
			r.Outcome, r.Took = string(start.Session.Outcome), (*time.Duration)(viewTook(start.Session, time.Now()))
			keyError = cmp.Or(keyError, start.Session.KeyError)
		}
		out = append(out, r)
	}
	return out, keyError
}

func (c commands) printSchedule(v scheduleView) {
	c = c.forPeople()
	w := c.out
	fmt.Fprintf(w, "schedule %s: %s (%s)\n", v.Schedule, v.When, v.Timezone)
	switch {
	case v.Paused:
		fmt.Fprintf(w, "  %s\n", pauseText(v.pause, v.zone, c.now()))
	case v.pause.EndedByItself(c.now()):
		fmt.Fprintf(w, "  not paused: the latest pause ended by itself; its note: %s\n", v.Note)
	case v.Note != "":
		fmt.Fprintf(w, "  not paused; latest note: %s\n", v.Note)
	default:
		fmt.Fprintln(w, "  not paused")
	}
	tellPolicies(w, calendar.FormatDuration(v.Jitter), v.Overlap, calendar.FormatDuration(v.CatchUp))
	tellClockChanges(w, v.ClockChanges)
	tellExpected(w, v.expected, v.zone)
	c.printApplied(v)
	fmt.Fprintf(w, "\nNext starts (%s):\n", v.Timezone)
	if v.Paused && v.PausedUntil == nil {
		fmt.Fprintln(w, "  none while the schedule is paused; once resumed:")
	}
	for _, t := range v.Next {
		fmt.Fprintf(w, "  %s\n", moment.FormatWeekday(t, v.zone))
	}
	if len(v.Next) == 0 {
		fmt.Fprintln(w, "  none")
	}
	fmt.Fprintf(w, "\nLatest starts, of %d in total (skipped because a session was running: %d; missed because Temporal was down: %d):\n", v.Starts, v.Skipped, v.Missed)
}

// startColumns are the columns of the latest starts.
func startColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "scheduled", Title: "Scheduled", Kind: sheet.Name}, {Key: "started", Title: "Started", Kind: sheet.Name, Rank: 3},
		{Key: "outcome", Title: "Outcome", Kind: sheet.Name, Rank: sheet.Always, Color: outcomeColor}, {Key: "took", Title: "Took", Kind: sheet.Name, Rank: 2},
		{Key: "session", Title: "Session", Kind: sheet.Name, Rank: 1},
	}
}

// printStarts prints the latest starts, with the columns that keys name.
func (c commands) printStarts(ctx context.Context, conn connection, v scheduleView, keys []string) error {
	if len(v.Recent) == 0 {
		fmt.Fprintln(c.out, "  none")
		return nil
	}
	table := textTable{columns: startColumns()}
	for _, r := range v.Recent {
		table.rows = append(table.rows, sheet.Row{moment.FormatWeekday(r.Scheduled, v.zone), moment.FormatWeekday(r.Started, v.zone), r.Outcome, r.describeTook(), conn.sessionReader().ShortName(r.Session)})
	}
	return c.printTable(ctx, "", table, keys, v.zone)
}

// describeTook says how long the session took, or has been running.
func (r recent) describeTook() string {
	if r.Took == nil {
		return ""
	}
	return formatDuration(*r.Took)
}

// printApplied prints whether the schedule matches the settings.
func (c commands) printApplied(v scheduleView) {
	switch {
	case v.NotCompared != "":
		fmt.Fprintf(c.out, "  not compared with the settings, which are incomplete here:\n    %s\n", indentLines(v.NotCompared))
	case len(v.Differences) == 0:
		fmt.Fprintln(c.out, "  matches the settings")
	default:
		fmt.Fprintln(c.out, "  differs from the settings; to update it, run 'defendersync schedule apply':")
		for _, d := range v.Differences {
			fmt.Fprintf(c.out, "    %s\n", d)
		}
	}
}
