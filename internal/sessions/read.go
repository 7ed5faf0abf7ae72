package sessions

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"defendersync/internal/contract"
	"defendersync/internal/versions"
)

// Read reads one session by its ids; a run of "" is its latest one.
func (r Reader) Read(ctx context.Context, id, run string) (Session, error) {
	d, err := r.describe(ctx, id, run)
	if err != nil {
		return Session{}, fmt.Errorf("read session %s: %w", id, err)
	}
	if d == nil {
		return Session{}, fmt.Errorf("Temporal has no session %s in namespace %s, or no longer", id, r.Namespace)
	}
	info := d.GetWorkflowExecutionInfo()
	if kind := info.GetType().GetName(); kind != contract.WorkflowSession {
		return Session{}, fmt.Errorf("%s is not a session, but a workflow of type %s", id, kind)
	}
	return r.readInfo(ctx, info), nil
}

// readInfo completes the description of a session by what came of it.
func (r Reader) readInfo(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) Session {
	s := r.describedAs(info)
	switch endOf(info.GetStatus()) {
	case contract.EndNone:
		r.addProgress(ctx, &s)
	case contract.EndTerminated, contract.EndTimedOut:
		r.addLastReport(ctx, &s)
	default:
		result, err := r.ReadResult(ctx, s.Session, s.Run)
		if err != nil {
			s.setUnclear(err)
			return s
		}
		s.SessionResult = result
	}
	return s
}

// describedAs is what a description alone tells of a session.
func (r Reader) describedAs(info *workflowpb.WorkflowExecutionInfo) Session {
	s := Session{SessionResult: labelsOf(info), Run: info.GetExecution().GetRunId()}
	s.Session, s.Integration, s.Began = info.GetExecution().GetWorkflowId(), r.Integration, info.GetStartTime().AsTime()
	if info.GetCloseTime() != nil {
		s.Ended = info.GetCloseTime().AsTime()
	}
	switch endOf(info.GetStatus()) {
	case contract.EndNone, contract.EndTerminated, contract.EndTimedOut:
		s.Outcome = endOf(info.GetStatus()).Outcome() // whatever it wrote last is out of date
	default:
		s.Outcome = cmp.Or(s.Outcome, endOf(info.GetStatus()).Outcome())
	}
	return s
}

// addProgress adds how far a running session has got. One of them holds the lane; any
// other waits for a worker or is about to end as skipped.
func (r Reader) addProgress(ctx context.Context, s *Session) {
	open, err := r.FindOpen(ctx, s.Session, s.Run)
	if err != nil || open == nil {
		open = &OpenSession{ID: s.Session, Run: s.Run, Began: s.Began}
	} else if open.PickedUp.IsZero() {
		s.Queued = open
	}
	if lane, err := r.FindLane(ctx); err != nil || lane.Holder() != s.Session {
		return
	}
	p, err := r.ReadProgress(ctx, open.PickedUp)
	switch {
	case errors.Is(err, ErrSilent):
		s.Unclear = ErrSilent.Error() + ": " + r.HintFor(open.Version)
	case err != nil:
		s.setUnclear(err)
	default:
		s.Progress = &p
		s.setProgress(p.Progress)
	}
}

// addLastReport adds what a session that could not report its end had reported before,
// by a minute at most.
func (r Reader) addLastReport(ctx context.Context, s *Session) {
	s.Error = "it was ended from outside (" + strings.ToLower(string(s.Outcome)) + "); the counts are the last it reported"
	last, err := r.readLastReport(ctx, s.Session, s.Run)
	switch {
	case err != nil:
		s.setUnclear(err)
	case last.found:
		s.setProgress(last.Progress)
	case last.unreadable != nil:
		s.setUnclear(last.unreadable)
	}
}

// HintFor says where to look if no worker goes on with a session that stays with a
// version; unset: with none.
func (r Reader) HintFor(v versions.Version) string {
	if !v.IsSet() {
		return r.WorkerHint()
	}
	return "it stays with " + v.String() + ": check by 'defendersync workers' that a worker of it runs"
}

// WorkerHint says where to look if no worker picks up what is waiting.
func (r Reader) WorkerHint() string {
	return "check that a defendersync-worker polls task queue " + contract.TaskQueue(r.Integration) + ", see 'defendersync workers'"
}
