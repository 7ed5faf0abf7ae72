package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/workflows"
)

// Ends that a session can't report itself, in the words of the outcomes.
const (
	outcomeTerminated saas.Outcome = "Terminated"
	outcomeTimedOut   saas.Outcome = "Timed out"
)

// outcomes are all words that a session's outcome can be.
func outcomes() []saas.Outcome {
	return []saas.Outcome{
		saas.OutcomeRunning, saas.OutcomeCompleted, saas.OutcomeCompletedWithErrors, saas.OutcomeFailed,
		saas.OutcomeCancelled, saas.OutcomeSkipped, outcomeTerminated, outcomeTimedOut,
	}
}

// entry is a session as far as Temporal tells: its result, or while it runs,
// and after an end that it could not report, what it had done so far.
type entry struct {
	contract.SessionResult
	Run     string // Temporal's id of the run
	Glance  *glance
	Queued  *standing // of one that no worker has taken up
	Unclear string    // why its counts are not known
	keyless error     // that is a key which is not the workers'
}

// took is how long a session ran, or has been running.
func (e entry) took() string {
	if e.Began.IsZero() {
		return ""
	}
	end := e.Ended
	if end.IsZero() {
		end = time.Now()
	}
	return briefly(end.Sub(e.Began))
}

// briefly is a duration in its two greatest units.
func briefly(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", max(0, d.Seconds()))
	}
	if d < time.Hour {
		return d.Round(time.Second).String()
	}
	return brief(d)
}

// find reads one session; "" as its run is its latest.
func (c connection) find(ctx context.Context, id, run string) (entry, error) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, id, run)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return entry{}, fmt.Errorf("Temporal keeps no session %s in namespace %s (any more)", id, c.namespace)
	}
	if err != nil {
		return entry{}, fmt.Errorf("read session %s: %w", id, err)
	}
	if kind := d.GetWorkflowExecutionInfo().GetType().GetName(); kind != contract.WorkflowSession {
		return entry{}, fmt.Errorf("%s is no session, but a workflow of type %s", id, kind)
	}
	return c.entry(ctx, d.GetWorkflowExecutionInfo()), nil
}

// entry completes what a list tells of a session with what came of it.
func (c connection) entry(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) entry {
	e := entry{Run: info.GetExecution().GetRunId()}
	e.SessionResult = labels(info)
	e.Session, e.Integration, e.Began = info.GetExecution().GetWorkflowId(), c.integration(), info.GetStartTime().AsTime()
	if info.GetCloseTime() != nil {
		e.Ended = info.GetCloseTime().AsTime()
	}
	switch info.GetStatus() {
	case enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED:
		e.Outcome = saas.OutcomeRunning
		c.live(ctx, &e)
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		e.Outcome = outcomeTerminated
		c.lastTold(ctx, &e)
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		e.Outcome = outcomeTimedOut
		c.lastTold(ctx, &e)
	default:
		r, err := c.outcome(ctx, e.Session, e.Run)
		if err != nil {
			e.Outcome = cmp.Or(e.Outcome, endings[info.GetStatus()])
			e.unclear(err)
			return e
		}
		e.SessionResult = r
	}
	return e
}

// endings are the outcomes that Temporal itself knows, where a session told
// none.
var endings = map[enumspb.WorkflowExecutionStatus]saas.Outcome{
	enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:   saas.OutcomeFailed,
	enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED: saas.OutcomeCancelled,
}

// labels reads a session's search attributes, which are there even where its
// result can't be read.
func labels(info *workflowpb.WorkflowExecutionInfo) contract.SessionResult {
	var r contract.SessionResult
	fields := info.GetSearchAttributes().GetIndexedFields()
	read := func(name string, into any) {
		if p := fields[name]; p != nil {
			// Attributes are never encrypted; one that is odd is left out.
			_ = converter.GetDefaultDataConverter().FromPayload(p, into)
		}
	}
	read(contract.AttrStartedBy, &r.StartedBy)
	read(contract.AttrMode, &r.Mode)
	read(contract.AttrOutcome, &r.Outcome)
	if r.Mode == "dry run" {
		r.Mode, r.DryRun = "", true
	}
	return r
}

// live fills in how far a running session has got. Only one of them holds the
// lane; another is about to end as skipped.
func (c connection) live(ctx context.Context, e *entry) {
	if lane, err := c.lane(ctx); err != nil || lane != e.Session {
		if s, there, err := c.look(ctx, e.Session, e.Run); err == nil && there && !s.picked {
			e.Queued = &s
		}
		return
	}
	g := c.glance(ctx)
	if g.unreadable != nil {
		e.unclear(g.unreadable)
		return
	}
	if g.silent {
		e.Unclear = "no worker tells how far it is: " + c.workerHint()
		return
	}
	e.Glance = &g
	e.told(g.Progress)
}

// unclear notes why a session's counts are not known.
func (e *entry) unclear(err error) {
	e.Unclear = err.Error()
	if errors.Is(err, errKey) {
		e.keyless = err
	}
}

// told takes over what a session's Sync told of its progress.
func (e *entry) told(p workflows.Progress) {
	e.Counts, e.Requests, e.Pages, e.Warnings = p.Counts, p.Requests, p.Pages, p.Warnings
	e.Streams, e.Reason = p.Streams, p.Reason
	if p.Mode != "" {
		e.Mode = p.Mode
	}
}

// lastTold fills in what a session that could not report its end had told
// last, a minute before it at most.
func (c connection) lastTold(ctx context.Context, e *entry) {
	e.Error = "it was ended from outside (" + strings.ToLower(string(e.Outcome)) + "); the counts are the last it told"
	err := c.backwards(ctx, e.Session, e.Run, func(ev *historypb.HistoryEvent) bool {
		s := ev.GetWorkflowExecutionSignaledEventAttributes()
		if s.GetSignalName() != contract.SignalProgress {
			return true
		}
		var p workflows.Progress
		if bad := unreadable("what it told last", c.converter.FromPayloads(s.GetInput(), &p)); bad != nil {
			e.unclear(bad)
		} else {
			e.told(p)
		}
		return false
	})
	if err != nil {
		e.unclear(err)
	}
}

// zone is the time zone that times are told in.
func (c connection) zone() *time.Location { return zoneOfSettings(c.settings) }

// zoneOfSettings is INTEGRATION_TIMEZONE.
func zoneOfSettings(s config.Settings) *time.Location {
	if zone, err := time.LoadLocation(zoneName(s.Integration.Timezone)); err == nil {
		return zone
	}
	return time.UTC
}
