package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/sessions"
	"defendersync/internal/watch"
)

// The exit codes of monitoring plug-ins (Nagios and its kin).
const (
	plugOK       = 0
	plugWarning  = 1
	plugCritical = 2
	plugUnknown  = 3
)

var plugWords = [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}

// verdict is the result of the watch command.
type verdict struct {
	Code     int               `json:"code"`
	Status   string            `json:"status"`
	Summary  string            `json:"summary"`
	Problems []problem         `json:"problems"`
	Notified []contract.Notice `json:"notified"` // sent to the contacts by this call
	Failed   []string          `json:"failed"`   // channels that did not take a notice; tried again next time
	LastGood *time.Time        `json:"lastGood,omitempty"`
	Next     *time.Time        `json:"nextStart,omitempty"` // none while the schedule is paused without an end
	Paused   *paused           `json:"paused,omitempty"`
	Running  int               `json:"running"`
	Unread   int               `json:"unread"`

	integration string         // "": not known
	zone        *time.Location // of times in words
}

// problem is one thing that is wrong.
type problem struct {
	Code int    `json:"code"`
	Text string `json:"text"`
}

// watchName is the command whose exit codes are those of monitoring plug-ins.
const watchName = "watch"

// watchCommand checks the integration from outside, for when no worker runs.
func (c commands) watchCommand() *cli.Command {
	return &cli.Command{
		Name:  watchName,
		Usage: "Check from outside whether sessions run as they should, and send notices if no worker does",
		Description: describe("For cron, Kubernetes CronJobs, Nagios and the like: if no worker runs, none can report it. The command queries "+
			"Temporal only, and applies the same rules as the Watch workflow. If that workflow is more than --patience "+
			"overdue, the command sends its notices. Each is sent once, whichever host sends it: the Watch workflow's history "+
			"records what has been sent.\n\n"+
			"Prints one line. Exit codes: 0 OK; 1 WARNING; 2 CRITICAL; 3 UNKNOWN (wrong usage, or Temporal can't be queried).\n\n"+
			"With --every, for containers without cron, it checks again and again and prints a line each time, until it is told to stop "+
			"(SIGTERM or Ctrl-C), which exits with 0.",
			"defendersync watch",
			"defendersync watch --every 5m",
			"*/5 * * * * set -a; . /etc/defendersync.env; defendersync watch >/dev/null",
			"defendersync watch --notify=false --output json"),
		Flags: []cli.Flag{
			outputFlag(),
			&cli.DurationFlag{Name: "patience", Value: 2 * time.Minute, Usage: "how overdue the Watch workflow may be before this command sends its notices"},
			&cli.BoolFlag{Name: "notify", Value: true, Usage: "send the notices that the Watch workflow has not sent"},
			&cli.DurationFlag{Name: "every", DefaultText: "once", Usage: "check again every `DURATION`, such as 5m, until told to stop"},
			&cli.BoolFlag{Name: "health", Usage: "with --every: answer on HEALTH_ADDRESS, as a worker does, whether the latest check could be made"},
		},
		Before: func(ctx *cli.Context) error { return unknownError(refuseArguments(ctx)) },
		OnUsageError: func(ctx *cli.Context, err error, sub bool) error {
			return unknownError(refuseFlag(ctx, err, sub))
		},
		Action: c.watchIntegration,
	}
}

// unknownError gives an error the exit code of UNKNOWN.
func unknownError(err error) error {
	if err == nil {
		return nil
	}
	return exitError{plugUnknown, err}
}

// watchIntegration checks once, or with --every again and again.
func (c commands) watchIntegration(ctx *cli.Context) error {
	look := func(limited context.Context) verdict {
		v, err := c.judgeSessions(limited, ctx.Duration("patience"), ctx.Bool("notify"))
		if err != nil {
			v = verdict{Code: plugUnknown, Summary: err.Error()}
		}
		v.Status = plugWords[v.Code]
		return v
	}
	print := func(v verdict) error { return c.printVerdict(ctx, v) }
	switch {
	case ctx.IsSet("every"):
		return c.watchRepeatedly(ctx, look, print)
	case ctx.Bool("health"):
		return unknownError(errors.New("--health goes with --every"))
	}
	v := look(ctx.Context)
	if err := print(v); err != nil {
		return unknownError(err)
	}
	if v.Code != plugOK {
		return exitError{code: v.Code}
	}
	return nil
}

// printVerdict prints a verdict in one line or as JSON, which takes one line too
// where others follow.
func (c commands) printVerdict(ctx *cli.Context, v verdict) error {
	if ctx.String("output") != "json" {
		_, err := fmt.Fprintln(c.out, v.formatLine(c.now()))
		return err
	}
	write := envelope.Write
	if ctx.IsSet("every") {
		write = envelope.WriteLine
	}
	return write(c.out, c.headOf(ctx, v.integration), viewVerdict(v))
}

// formatLine writes the verdict in one line, with performance data after a bar.
func (v verdict) formatLine(now time.Time) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(v.Summary, "|", "/")), " ")
	line := fmt.Sprintf("DEFENDERSYNC %s - %s | running=%d unread=%d", v.Status, text, v.Running, v.Unread)
	if v.LastGood != nil {
		line += fmt.Sprintf(" last_good_age=%ds", int(now.Sub(*v.LastGood).Seconds()))
	}
	return line
}

// judgeSessions observes the sessions and, if the Watch workflow is overdue,
// sends its notices.
func (c commands) judgeSessions(ctx context.Context, patience time.Duration, notify bool) (verdict, error) {
	conn, err := c.connectTemporal(ctx)
	if err != nil {
		return verdict{}, err
	}
	defer conn.closeClient()
	memory, err := conn.sessionReader().ReadMemory(ctx, *conn.watchSettings())
	if err != nil {
		return verdict{}, err
	}
	known := memory.State
	if !memory.Found {
		known = *contract.NewWatchState(*conn.watchSettings(), c.now())
	}
	now := c.now().UTC()
	seen, err := conn.sessionReader().Observe(ctx, watch.PlanObservation(known.Watch, now))
	if err != nil {
		return verdict{}, fmt.Errorf("query the sessions: %w", err)
	}
	seen.Rules = watch.RulesNow
	decision := watch.Decide(known.Watch, seen)
	after := decision.State
	v := verdict{integration: conn.integration(), zone: conn.timeZone(), Paused: pausedAt(seen.Schedule, seen.At, conn.timeZone()), Problems: listProblems(memory, after, seen, conn.settings.Integration.PauseWarnAfter, conn.timeZone()), Notified: []contract.Notice{}, Failed: []string{}, Running: len(after.Sessions)}
	if notify && memory.Found && now.Sub(watch.NextLook(known.Watch)) > patience {
		err = c.sendDue(ctx, conn, memory, decision.Notices, &v)
	}
	v.summarise(after, known, seen.At)
	return v, err
}

// listProblems lists what is wrong.
func listProblems(m sessions.Memory, s contract.Watched, seen contract.Observation, pauseWarn time.Duration, zone *time.Location) []problem {
	out := []problem{}
	add := func(code int, when bool, format string, args ...any) {
		if when {
			out = append(out, problem{code, fmt.Sprintf(format, args...)})
		}
	}
	for _, x := range s.Sessions {
		add(plugCritical, x.Stuck && !x.Resumed, "%s makes no progress", x.ID)
		add(plugCritical, x.Stalled, "%s has not completed since %s", x.ID, moment.Format(x.Began, zone))
	}
	t := s.Trouble
	add(plugCritical, t.Failed > 0, "failed sessions since the last good one: %d", t.Failed)
	add(plugCritical, t.Missed > 0, "missed starts since the last good session: %d", t.Missed)
	if w := seen.Workers; w.Problem != "" {
		add(plugWarning, true, "%s: %s", w.Problem, w.Todo)
	} else {
		add(plugWarning, !w.AreAlive(seen.At), "no worker is polling the task queue")
	}
	add(plugWarning, !m.Running, "the Watch workflow is not running: run 'defendersync schedule apply'")
	add(plugWarning, !s.Schedule.Exists, "there is no schedule: run 'defendersync schedule apply'")
	if p := pausedAt(s.Schedule, seen.At, zone); p != nil {
		add(plugWarning, !p.OnPurpose, "the schedule is paused%s: %s", p.untilEnd(), p.Note)
		if p.OnPurpose && p.Until == nil && seen.At.Sub(*p.Since) >= pauseWarn {
			add(plugWarning, true, "%s; it may have been forgotten: to end it, run 'defendersync schedule resume'", p.describePause(seen.At))
		}
	}
	add(plugWarning, m.State.LookError != "", "the Watch workflow cannot observe the sessions: %s", m.State.LookError)
	for _, u := range m.State.Pending {
		add(plugWarning, u.Error != "", "a notice was not delivered by %s: %s", u.Channel, u.Error)
	}
	return out
}

// summarise sets the code and the summary of the verdict.
func (v *verdict) summarise(s contract.Watched, known contract.WatchState, now time.Time) {
	var texts []string
	for _, p := range v.Problems {
		v.Code = max(v.Code, p.Code)
		texts = append(texts, p.Text)
	}
	v.Unread = watch.CountUnread(&known) + len(v.Notified)
	if !s.LastGood.IsZero() {
		v.LastGood = &s.LastGood
	}
	if next, ok := watch.NextStart(s); ok && (v.Paused == nil || v.Paused.Until != nil) {
		v.Next = &next
	}
	if len(texts) == 0 {
		texts = append(texts, v.describeCalm(now))
	} else if p := v.Paused; p != nil && p.OnPurpose && !slices.ContainsFunc(texts, p.isToldBy) {
		texts = append(texts, p.describePause(now))
	}
	v.Summary = strings.Join(texts, "; ")
}

// describeCalm describes an integration without problems.
func (v *verdict) describeCalm(now time.Time) string {
	parts := []string{"no session has completed yet"}
	if v.LastGood != nil {
		parts[0] = "last completed session ended " + moment.Format(*v.LastGood, v.zone)
	}
	if v.Running > 0 {
		parts = append(parts, "a session is running")
	}
	if v.Paused != nil && v.Paused.OnPurpose {
		parts = append(parts, v.Paused.describePause(now))
	}
	if v.Next != nil {
		parts = append(parts, "next start "+moment.Format(*v.Next, v.zone))
	}
	return strings.Join(parts, ", ")
}
