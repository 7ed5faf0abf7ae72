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
	"defendersync/workflows"
)

// Names of the checks that others build on.
const (
	checkConnection = "Temporal: address and namespace"
	checkSettings   = "Tenants: settings"
	checkChannels   = "Notices: settings"
)

// doctor makes the checks. A check writes its fields before those that build
// on it read them.
type doctor struct {
	c        commands
	settings config.Settings
	conn     *connection
	schedule *client.ScheduleDescription // nil: there is none, or it can't be read
	unread   error                       // why it can't
	tenants  *tenantChecks
	waiting  func() contract.Waiting // what a tenant has asked this check to wait for
}

func (d *doctor) close() {
	if d.conn != nil {
		d.conn.close()
	}
}

// checks are all checks, in the order in which they are told.
func (d *doctor) checks() []diagnosis {
	out := []diagnosis{
		{checkConnection, nil, d.connection},
		{"Temporal: search attributes", []string{checkConnection}, d.attributes},
		{"Schedule", []string{checkConnection}, d.lookAtSchedule},
		{"Temporal: workers", []string{checkConnection}, d.workers},
		{"Watch", []string{checkConnection}, d.watch},
		{"Session", []string{checkConnection}, d.session},
	}
	out = append(out, d.tenantChecks()...)
	out = append(out, diagnosis{"Oomnitza: last activity", []string{checkConnection}, d.lastActivity})
	return append(out, d.channels()...)
}

func (d *doctor) connection(ctx context.Context) found {
	conn, err := d.c.connect(ctx)
	if err != nil {
		return bad(err)
	}
	d.conn = &conn
	d.schedule, d.unread = conn.sessions().DescribeSchedule(ctx)
	return well("namespace %s at %s", conn.namespace, conn.address)
}

func (d *doctor) attributes(ctx context.Context) found {
	missing, err := temporalx.MissingSearchAttributes(ctx, d.conn.temporal, d.conn.namespace, workflows.SearchAttributes())
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("namespace %s lacks the search attributes %s: run 'defendersync setup'", d.conn.namespace, strings.Join(missing, ", "))
	}
	if err != nil {
		return bad(err)
	}
	return well("all %d are registered", len(workflows.SearchAttributes()))
}

// lookAtSchedule tells whether sessions will start, and as the settings say. A
// fresh installation has none yet, so that is no fault.
func (d *doctor) lookAtSchedule(context.Context) found {
	s := d.schedule
	switch {
	case d.unread != nil:
		return bad(d.unread)
	case s == nil:
		return warn("there is no schedule yet, so sessions start only by 'defendersync run': run 'defendersync schedule apply'")
	}
	if err := d.conn.sessions().CheckParams(s.Schedule); err != nil {
		return bad(err)
	}
	state := stateOf(s)
	differences := d.conn.differences(s.Schedule)
	switch {
	case state.Paused:
		return warn("%s; to start sessions again, run 'defendersync schedule resume'", pauseText(state.Note, zoneOf(s), d.c.now()))
	case len(s.Info.NextActionTimes) == 0:
		return bad(errors.New("it has no further starts: run 'defendersync schedule apply'"))
	case len(differences) > 0:
		text := make([]string, len(differences))
		for i, one := range differences {
			text[i] = one.String()
		}
		return warn("differs from the settings (%s): run 'defendersync schedule apply'; next start: %s", strings.Join(text, "; "), nextStart(s))
	}
	return well("matches the settings; next start: %s", nextStart(s))
}

// session tells what the session that runs waits for, or that one waits for a
// worker, if there is one.
func (d *doctor) session(ctx context.Context) found {
	r := d.conn.sessions()
	open, err := r.ListOpen(ctx)
	if err != nil {
		return bad(err)
	}
	if len(open) == 0 {
		return off("no session is running")
	}
	o := open[0]
	if r.IsQueued(o) {
		return warn("%s", d.conn.describeOpen(o))
	}
	if !o.HoldsLane {
		return well("%s is about to start or to end", r.ShortName(o.ID))
	}
	p, err := r.ReadProgress(ctx, o.PickedUp)
	switch {
	case errors.Is(err, sessions.ErrSilent):
		return warn("%s; no worker reports its progress: %s", d.conn.describeOpen(o), r.WorkerHint())
	case err != nil:
		return bad(err)
	case p.Waiting.IsOn():
		return warn("%s is waiting: %s", r.ShortName(o.ID), p.Waiting)
	}
	return well("%s", d.conn.describeOpen(o))
}

// gone is how long a worker may not have asked for work before it is taken for
// dead: one that is idle asks every minute, and Temporal lists a dead one for
// five.
const gone = 2 * time.Minute

// workers tells whether somebody would do a session's work. Where there is no
// schedule yet, none is missed.
func (d *doctor) workers(ctx context.Context) found {
	queue := contract.TaskQueue(d.conn.integration())
	seen, err := d.conn.sessions().ReadWorkers(ctx)
	if err != nil {
		return bad(err)
	}
	last, backlog := seen.Seen, seen.Backlog
	hint := fmt.Sprintf("start defendersync-worker with the same INTEGRATION_NAME, TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS as here (task queue %s)", queue)
	switch age := d.c.since(last); {
	case last.IsZero() && d.schedule == nil:
		return warn("no worker is running yet: %s", hint)
	case last.IsZero():
		return bad(errors.New("no worker is running, so sessions wait: " + hint))
	case age > gone:
		return bad(fmt.Errorf("the last worker polled %s ago and has stopped: %s", briefly(age), hint))
	case backlog > gone:
		return bad(fmt.Errorf("tasks have been waiting for %s although a worker is running: check its log", briefly(backlog)))
	}
	return well("a worker polled %s ago", briefly(d.c.since(last)))
}

// watch tells whether the workflow runs that notices what goes wrong.
func (d *doctor) watch(ctx context.Context) found {
	state, err := d.conn.sessions().FindWatch(ctx)
	if err != nil {
		return bad(err)
	}
	missing := state == enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED
	switch {
	case missing && d.schedule == nil:
		return warn("the Watch workflow is not running yet, so nobody is notified: to start it, run 'defendersync schedule apply'")
	case missing:
		return bad(errors.New("the Watch workflow is not running, so nobody is notified: to start it, run 'defendersync schedule apply'"))
	case state != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return bad(fmt.Errorf("the Watch workflow has ended (%s), so nobody is notified: to start it again, run 'defendersync schedule apply'", state))
	}
	return well("running as %s", contract.WatchID(d.conn.integration()))
}

// lookBack is how many sessions are asked for what no check can find out
// without writing.
const lookBack = 10

// lastActivity tells from the sessions whether Oomnitza keeps last activity,
// which shows only when something is written.
func (d *doctor) lastActivity(ctx context.Context) found {
	list, err := d.conn.sessions().List(ctx, sessions.Filter{Limit: lookBack})
	if err != nil {
		return unclear("sessions can't be read: %s", err)
	}
	for _, e := range list {
		wrote := !e.DryRun && e.Unclear == "" && e.Counts.Users.Added+e.Counts.Users.Updated > 0
		for _, text := range e.Warnings {
			if text == contract.NoteLastActivityLost {
				return warn("%s (session %s)", text, d.conn.sessions().ShortName(e.Session))
			}
		}
		if wrote && e.Outcome != saas.OutcomeRunning {
			return well("Oomnitza keeps it (seen by session %s)", d.conn.sessions().ShortName(e.Session))
		}
	}
	return unclear("unknown until a session has written a last activity (check writes nothing)")
}
