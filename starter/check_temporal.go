package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
	"defendersync/internal/versions"
	"defendersync/workflows"
)

// Names of the checks that others build on.
const (
	checkConnection = "Temporal: address and namespace"
	checkSettings   = "Tenants: settings"
	checkChannels   = "Notices: settings"
)

// doctor holds the checks and what they share. A check sets its fields before
// the checks that depend on it read them.
type doctor struct {
	c        commands
	settings config.Settings
	conn     *connection
	schedule *client.ScheduleDescription // nil: there is none, or it can't be read
	unread   error                       // why it can't
	tenants  *tenantChecks
	waiting  func() contract.Waiting // what a tenant has asked this check to wait for
}

func (d *doctor) closeConnection() {
	if d.conn != nil {
		d.conn.closeClient()
	}
}

// allDiagnoses returns all checks in the order in which they are printed.
func (d *doctor) allDiagnoses() []diagnosis {
	out := []diagnosis{
		{checkConnection, nil, d.checkTemporal},
		{"Temporal: search attributes", []string{checkConnection}, d.checkAttributes},
		{"Schedule", []string{checkConnection}, d.checkSchedule},
		{"Temporal: workers", []string{checkConnection}, d.checkWorkers},
		{"Watch", []string{checkConnection}, d.checkWatch},
		{"Session", []string{checkConnection}, d.checkSession},
	}
	out = append(out, d.keyDiagnoses()...)
	out = append(out, d.tenantDiagnoses()...)
	out = append(out, diagnosis{"Oomnitza: last activity", []string{checkConnection}, d.checkLastActivity})
	return append(out, d.channelDiagnoses()...)
}

func (d *doctor) checkTemporal(ctx context.Context) outcome {
	conn, err := d.c.connectTemporal(ctx)
	if err != nil {
		return foundFailure(err)
	}
	d.conn = &conn
	d.schedule, d.unread = conn.sessionReader().DescribeSchedule(ctx)
	return foundOK("namespace %s at %s", conn.namespace, conn.address)
}

func (d *doctor) checkAttributes(ctx context.Context) outcome {
	missing, err := temporalx.MissingSearchAttributes(ctx, d.conn.temporal, d.conn.namespace, workflows.SearchAttributes())
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("namespace %s lacks the search attributes %s: run 'defendersync setup'", d.conn.namespace, strings.Join(missing, ", "))
	}
	if err != nil {
		return foundFailure(err)
	}
	return foundOK("all %d are registered", len(workflows.SearchAttributes()))
}

// checkSchedule checks that sessions will start, as the settings say. A fresh
// installation has no schedule yet, which is only a warning.
func (d *doctor) checkSchedule(context.Context) outcome {
	s := d.schedule
	switch {
	case d.unread != nil:
		return foundFailure(d.unread)
	case s == nil:
		return foundWarning("there is no schedule yet, so sessions start only by 'defendersync run': run 'defendersync schedule apply'")
	}
	if err := d.conn.sessionReader().CheckParams(s.Schedule); err != nil {
		return foundFailure(err)
	}
	view, now := sessions.ViewSchedule(s), d.c.now()
	differences := d.conn.compareSchedule(s.Schedule)
	switch {
	case !view.EndOfPause(now).IsZero():
		return foundWarning("%s; next start: %s", pauseText(view, scheduleZone(s), now), formatNextStart(s))
	case view.Paused:
		return foundWarning("%s; to start sessions again, run 'defendersync schedule resume'", pauseText(view, scheduleZone(s), now))
	case len(s.Info.NextActionTimes) == 0:
		return foundFailure(errors.New("it has no further starts: run 'defendersync schedule apply'"))
	case len(differences) > 0:
		text := make([]string, len(differences))
		for i, one := range differences {
			text[i] = one.String()
		}
		return foundWarning("differs from the settings (%s): run 'defendersync schedule apply'; next start: %s", strings.Join(text, "; "), formatNextStart(s))
	}
	return foundOK("matches the settings; next start: %s", formatNextStart(s))
}

// checkSession reports what the running session waits for, or that a session
// waits for a worker.
func (d *doctor) checkSession(ctx context.Context) outcome {
	r := d.conn.sessionReader()
	open, err := r.ListOpen(ctx)
	if err != nil {
		return foundFailure(err)
	}
	if len(open) == 0 {
		return foundOff("no session is running")
	}
	o := open[0]
	if r.IsQueued(o) {
		return foundWarning("%s", d.conn.describeOpen(o))
	}
	if !o.HoldsLane {
		return foundOK("%s is about to start or to end", r.ShortName(o.ID))
	}
	p, err := r.ReadProgress(ctx, o.PickedUp)
	switch {
	case errors.Is(err, sessions.ErrSilent):
		return foundWarning("%s; no worker reports its progress: %s", d.conn.describeOpen(o), r.HintFor(o.Version))
	case err != nil:
		return foundFailure(err)
	case p.Waiting.IsOn():
		return foundWarning("%s is waiting: %s", r.ShortName(o.ID), p.Waiting.Describe(zoneOfSettings(d.settings)))
	}
	return foundOK("%s", d.conn.describeOpen(o))
}

// gone is how long a worker may not have polled before it is considered dead.
// An idle worker polls every minute, and Temporal lists a dead one for five.
const gone = 2 * time.Minute

// checkWorkers checks that a worker polls the task queue and gets new work. Before
// there is a schedule, a missing worker is only a warning.
func (d *doctor) checkWorkers(ctx context.Context) outcome {
	fleet, err := d.conn.readFleet(ctx, "")
	if err != nil {
		return foundFailure(err)
	}
	if fleet.IsVersioned() {
		return judgeFleet(fleet)
	}
	queue := contract.TaskQueue(d.conn.integration())
	seen, err := d.conn.sessionReader().ReadWorkers(ctx)
	if err != nil {
		return foundFailure(err)
	}
	last, backlog := seen.Seen, seen.Backlog
	hint := fmt.Sprintf("start defendersync-worker with the same INTEGRATION_NAME, TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS as here (task queue %s)", queue)
	switch age := d.c.since(last); {
	case last.IsZero() && d.schedule == nil:
		return foundWarning("no worker is running yet: %s", hint)
	case last.IsZero():
		return foundFailure(errors.New("no worker is running, so sessions wait: " + hint))
	case age > gone:
		return foundFailure(fmt.Errorf("the last worker polled %s ago and has stopped: %s", formatDuration(age), hint))
	case backlog > gone:
		return foundFailure(fmt.Errorf("tasks have been waiting for %s although a worker is running: check its log", formatDuration(backlog)))
	}
	return foundOK("a worker polled %s ago", formatDuration(d.c.since(last)))
}

// judgeFleet reports what is wrong with workers that have versions, or else how many
// get new work.
func judgeFleet(f versions.Fleet) outcome {
	var worst versions.Level
	var texts []string
	for _, found := range versions.Judge(f) {
		if worst == "" {
			worst = found.Level
		}
		if found.Level == worst {
			texts = append(texts, found.String())
		}
	}
	switch text := strings.Join(texts, "; "); worst {
	case versions.Wrong:
		return foundFailure(errors.New(text))
	case versions.Attention:
		return foundWarning("%s", text)
	}
	return foundOK("%s has %d at work", nameTarget(f.Routing.Main()), len(f.ListLive(f.Routing.Main())))
}

// checkWatch checks that the Watch workflow runs, which sends the notices.
func (d *doctor) checkWatch(ctx context.Context) outcome {
	state, err := d.conn.sessionReader().FindWatch(ctx)
	if err != nil {
		return foundFailure(err)
	}
	missing := state == enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED
	switch {
	case missing && d.schedule == nil:
		return foundWarning("the Watch workflow is not running yet, so nobody is notified: to start it, run 'defendersync schedule apply'")
	case missing:
		return foundFailure(errors.New("the Watch workflow is not running, so nobody is notified: to start it, run 'defendersync schedule apply'"))
	case state != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return foundFailure(fmt.Errorf("the Watch workflow has ended (%s), so nobody is notified: to start it again, run 'defendersync schedule apply'", state))
	}
	return foundOK("running as %s", contract.WatchID(d.conn.integration()))
}

// lookBack is how many sessions are searched for what a check can't find out
// without writing.
const lookBack = 10

// checkLastActivity reports from past sessions whether Oomnitza keeps last
// activity, which only shows when one is written.
func (d *doctor) checkLastActivity(ctx context.Context) outcome {
	list, err := d.conn.sessionReader().List(ctx, sessions.Filter{Limit: lookBack})
	if err != nil {
		return foundUnknown("sessions can't be read: %s", err)
	}
	for _, e := range list {
		wrote := !e.DryRun && e.Unclear == "" && e.Counts.Users.Added+e.Counts.Users.Updated > 0
		for _, text := range e.Warnings {
			if text == contract.NoteLastActivityLost {
				return foundWarning("%s (session %s)", text, d.conn.sessionReader().ShortName(e.Session))
			}
		}
		if wrote && e.Outcome != saas.OutcomeRunning {
			return foundOK("Oomnitza keeps it (seen by session %s)", d.conn.sessionReader().ShortName(e.Session))
		}
	}
	return foundUnknown("unknown until a session has written a last activity (check writes nothing)")
}

// describeSpared says which streams the latest session left out, for a check of the
// streams; "" where it left out none, or where there is no session to read.
func (d *doctor) describeSpared(ctx context.Context) string {
	if d.schedule == nil {
		return ""
	}
	list, err := d.conn.sessionReader().List(ctx, sessions.Filter{Limit: lookBack})
	if err != nil {
		return ""
	}
	for _, e := range list {
		if e.Unclear == "" && e.Mode != "" {
			return e.DescribeSpared()
		}
	}
	return ""
}
