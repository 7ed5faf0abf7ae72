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
	"defendersync/internal/sessions"
	"defendersync/internal/versions"
	"defendersync/internal/watch"
)

const (
	// statusWithin bounds the reading of all integrations unless --timeout says otherwise.
	statusWithin = time.Minute
	// stateWithin bounds that of one, so that one that hangs leaves time for the others.
	stateWithin = 15 * time.Second
	// statesAtOnce is how many are read at once.
	statesAtOnce = 8
)

// statusCommand shows all integrations of the namespace.
func (c commands) statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "Show all integrations of the namespace, in one table",
		Description: describe("Finds the integrations of the Temporal namespace by their schedules and by what runs, and shows of each when the last good "+
			"session ended, when the next one starts or for how long the schedule has been paused, how far a running session is, "+
			"the notices, and when a worker last polled. Below the table is what is wrong, by the rules of 'defendersync watch'. It "+
			"changes nothing and sends nothing.\n\n"+
			"An integration that can't be read is UNKNOWN, with the reason, and hides no other. To read those with other encryption "+
			"keys, list all of them in PAYLOAD_ENCRYPTION_KEY.\n\n"+
			"As HTML it is one page of all integrations that needs neither network nor server, in the style of 'report dashboard'. It is "+
			"as old as it says: have cron write it anew.\n\n"+
			"Exit codes, those of the worst integration: 0 OK; 1 WARNING; 2 CRITICAL; 3 UNKNOWN (it can't be read, wrong usage, or Temporal can't "+
			"be queried). CRITICAL is worse than UNKNOWN, and UNKNOWN is worse than WARNING.",
			"defendersync status",
			"defendersync status --columns integration,status,running",
			"defendersync status --output json",
			"defendersync status --file integrations.html",
			"*/10 * * * * set -a; . /etc/defendersync.env; defendersync status >/dev/null"),
		Flags: []cli.Flag{
			statusOutputFlag(), columnsFlag(statusColumns()...),
			&cli.StringFlag{Name: "file", Usage: "write to `FILE`, which appears once it is complete; .html and .json set the format unless --output is given"},
			&cli.DurationFlag{Name: "timeout", Value: statusWithin, Usage: "what is not read within `DURATION` is UNKNOWN"},
		},
		Before: func(ctx *cli.Context) error { return unknownError(refuseArguments(ctx)) },
		OnUsageError: func(ctx *cli.Context, err error, sub bool) error {
			return unknownError(refuseFlag(ctx, err, sub))
		},
		Action: c.showStatus,
	}
}

// overview is what the status command shows.
type overview struct {
	At           time.Time   `json:"at"`
	Namespace    string      `json:"namespace"`
	Code         int         `json:"code"`
	Status       string      `json:"status"`
	Error        string      `json:"error,omitempty"` // why integrations may be missing
	Integrations []statusRow `json:"integrations"`
}

// statusRow is one integration.
type statusRow struct {
	Integration  string          `json:"integration"`
	Code         int             `json:"code"`
	Status       string          `json:"status"`
	LastGood     *time.Time      `json:"lastGood,omitempty"`
	Next         *time.Time      `json:"nextStart,omitempty"` // none while the schedule is paused without an end
	Paused       *paused         `json:"paused,omitempty"`
	Running      []runningStatus `json:"running"`
	Unread       int             `json:"unread"`
	Undelivered  int             `json:"undelivered"` // notices that did not reach a receiver
	WorkerPolled *time.Time      `json:"workerPolled,omitempty"`
	Version      string          `json:"version,omitempty"` // of workers, that new work goes to
	Problems     []problem       `json:"problems"`
	Error        string          `json:"error,omitempty"` // why not all of this could be read

}

// runningStatus is a session that runs or waits for a worker.
type runningStatus struct {
	Session     string     `json:"session"`
	Began       time.Time  `json:"began"`
	PickedUp    bool       `json:"pickedUp"` // by a worker
	Phase       string     `json:"phase,omitempty"`
	Apps        int        `json:"apps"`      // done
	AppsKnown   int        `json:"appsKnown"` // about; 0: not known
	Uncounted   int        `json:"uncounted"` // streams whose apps are not among these
	Position    string     `json:"-"`         // how far it is in its apps, in words
	Users       int        `json:"users"`
	Rejected    int        `json:"rejected"`
	Waiting     string     `json:"waiting,omitempty"`
	ExpectedEnd *time.Time `json:"expectedEnd,omitempty"`
}

func (c commands) showStatus(ctx *cli.Context) error {
	if ctx.Duration("timeout") <= 0 {
		return unknownError(errors.New("--timeout: use a duration above 0, such as 30s"))
	}
	if _, err := tableKeys(ctx, overviewFormat(ctx), statusColumns()...); err != nil {
		return unknownError(err)
	}
	limited, cancel := context.WithTimeout(ctx.Context, ctx.Duration("timeout"))
	defer cancel()
	conn, err := c.connectTemporal(limited)
	if err != nil {
		return unknownError(err)
	}
	defer conn.closeClient()
	names, err := conn.sessionReader().ListIntegrations(limited)
	if err != nil && len(names) == 0 {
		return unknownError(err)
	}
	o := overview{Namespace: conn.namespace, Integrations: []statusRow{}}
	if err != nil {
		o.Error = oneLine(err.Error())
	}
	for _, s := range conn.sessionReader().ReadStates(limited, names, sessions.Reading{Within: stateWithin, AtOnce: statesAtOnce}) {
		o.Integrations = append(o.Integrations, judgeState(s, conn.settings.Integration.PauseWarnAfter, conn.timeZone()))
	}
	o.At = c.now().UTC()
	o.summarise()
	if err := c.showOverview(ctx, o, conn.timeZone()); err != nil {
		return unknownError(err)
	}
	if o.Code != plugOK {
		return exitError{code: o.Code}
	}
	return nil
}

// severity orders the codes by how bad they are.
var severity = [...]int{plugOK: 0, plugWarning: 1, plugUnknown: 2, plugCritical: 3}

// worseCode returns the worse of two codes.
func worseCode(a, b int) int {
	if severity[b] > severity[a] {
		return b
	}
	return a
}

// summarise sets the code of the worst integration.
func (o *overview) summarise() {
	if o.Error != "" {
		o.Code = plugUnknown
	} else if len(o.Integrations) == 0 {
		o.Code = plugWarning
	}
	for _, row := range o.Integrations {
		o.Code = worseCode(o.Code, row.Code)
	}
	o.Status = plugWords[o.Code]
}

// judgeState makes the row of an integration.
func judgeState(s sessions.State, pauseWarn time.Duration, zone *time.Location) statusRow {
	row := statusRow{
		Integration: s.Integration, Paused: pausedAt(s.Seen.Schedule, s.Seen.At, zone), Running: listRunning(s),
		Unread: watch.CountUnread(&s.Memory.State), Undelivered: s.Memory.Undelivered(), Version: nameRouting(s.Routing),
		Problems: []problem{},
	}
	if !s.LastGood.IsZero() {
		row.LastGood = &s.LastGood
	}
	if next := s.Seen.Schedule.Next; len(next) > 0 && (row.Paused == nil || row.Paused.Until != nil) {
		at := next[0].UTC()
		row.Next = &at
	}
	if at := s.Seen.Workers.Seen; !at.IsZero() {
		row.WorkerPolled = &at
	}
	row.Problems = append(row.Problems, listKnownProblems(s, pauseWarn, zone)...)
	if s.Err != nil {
		row.Code, row.Error = plugUnknown, oneLine(s.Err.Error())
	}
	for _, p := range row.Problems {
		row.Code = worseCode(row.Code, p.Code)
	}
	row.Status = plugWords[row.Code]
	return row
}

// listKnownProblems lists what is wrong. Of what could not be read nothing is said: that
// it could not is the row's error.
func listKnownProblems(s sessions.State, pauseWarn time.Duration, zone *time.Location) []problem {
	if !s.Knows.Memory {
		s.Memory.Running = true
	}
	if !s.Knows.Schedule {
		s.Judged.Schedule.Exists = true
	}
	if !s.Knows.Workers {
		s.Seen.Workers = contract.WorkersView{Seen: s.Seen.At}
	}
	return listProblems(s.Memory, s.Judged, s.Seen, pauseWarn, zone)
}

// listRunning lists the sessions that have not ended.
func listRunning(s sessions.State) []runningStatus {
	out := []runningStatus{}
	for _, v := range s.Seen.Sessions {
		if v.HasEnded() {
			continue
		}
		r := runningStatus{Session: v.ID, Began: v.Began, PickedUp: !v.PickedUp.IsZero(), Waiting: v.Waiting}
		if p := v.Progress; p != nil {
			r.Phase, r.Apps, r.AppsKnown, r.Uncounted, r.Position = p.Phase, p.AppsRead, p.AppsKnown, p.Uncounted, p.Position().Describe()
			r.Users, r.Rejected = p.Counts.Users.Seen, p.Counts.Rejected()
			if !p.ExpectedEnd.IsZero() {
				r.ExpectedEnd = &p.ExpectedEnd
			}
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b runningStatus) int { return a.Began.Compare(b.Began) })
	return out
}

// nameRouting names where new work goes; "" without worker versioning.
func nameRouting(r versions.Routing) string {
	switch {
	case r.Ramping.IsSet() && r.Percent > 0:
		return fmt.Sprintf("%s, %g %% %s", nameTarget(r.Current), r.Percent, nameTarget(r.Ramping))
	case r.Current.IsSet():
		return r.Current.String()
	}
	return ""
}

// oneLine joins the lines of a text.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", "; ")), " ")
}
