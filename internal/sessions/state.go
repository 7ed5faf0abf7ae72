package sessions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"defendersync/internal/contract"
	"defendersync/internal/mask"
	"defendersync/internal/moment"
	"defendersync/internal/saas"
	"defendersync/internal/versions"
	"defendersync/internal/watch"
)

// State is how one integration is at one moment, judged by the rules of the watch. What
// could not be read is zero, and Err says why; the rest holds all the same.
type State struct {
	Integration string
	At          time.Time
	Memory      Memory               // of the watch; without Found there is none, or it can't be read
	Judged      contract.Watched     // what the watch would know by now
	Seen        contract.Observation // what was observed
	Routing     versions.Routing     // of worker versions; unset: versioning is off
	LastGood    time.Time            // when the last session that completed ended; zero: not known
	Knows       struct {             // what was read, though it may show that there is none
		Memory, Schedule, Workers bool
	}
	Err error // why not all of this could be read
}

// Reading bounds how the states of several integrations are read.
type Reading struct {
	Within time.Duration // for one integration
	AtOnce int           // integrations
}

// ReadStates reads how integrations are, in the order of their names. One that cannot be
// read, or not in time, holds up and hides no other.
func (r Reader) ReadStates(ctx context.Context, names []string, by Reading) []State {
	out := make([]State, len(names))
	var group errgroup.Group
	group.SetLimit(by.AtOnce)
	for i, name := range names {
		group.Go(func() error {
			limited, cancel := context.WithTimeout(ctx, by.Within)
			defer cancel()
			reader := r
			reader.Integration = name
			out[i] = reader.ReadState(limited)
			if out[i].Err != nil && limited.Err() != nil && ctx.Err() == nil {
				out[i].Err = fmt.Errorf("Temporal did not answer within %s: %w", by.Within, out[i].Err)
			}
			return nil
		})
	}
	_ = group.Wait() // no reading returns an error
	return out
}

// ReadState reads how the integration is. It takes some twenty short requests, and needs
// no worker.
func (r Reader) ReadState(ctx context.Context) State {
	s := State{Integration: r.Integration, At: r.now().UTC()}
	var failed []error
	note := func(err error) bool {
		if err != nil {
			failed = append(failed, err)
		}
		return err == nil
	}
	var err error
	s.Memory, err = r.ReadMemory(ctx, contract.WatchSettings{Integration: r.Integration})
	s.Knows.Memory = note(err)
	if !s.Memory.Found {
		s.Memory.State = *contract.NewWatchState(contract.WatchSettings{Integration: r.Integration}, s.At)
	}
	known := s.Memory.State.Watch
	if s.Seen, err = r.Observe(ctx, watch.PlanObservation(known, s.At)); note(err) {
		s.Knows.Schedule, s.Knows.Workers = true, true
		s.judge(known)
	} else {
		for _, err := range r.observeInPart(ctx, &s) {
			note(err)
		}
		s.takeOver(known)
	}
	s.At = s.Seen.At
	r.refreshProgress(ctx, &s)
	s.Routing, err = r.ReadRouting(ctx)
	note(err)
	if s.LastGood = s.Judged.LastGood; s.LastGood.IsZero() {
		s.LastGood, err = r.findLastGood(ctx)
		note(err)
	}
	s.Err = joinOnce(failed)
	return s
}

// joinOnce joins errors without those whose text is in another one's before them.
func joinOnce(list []error) error {
	var out []error
	for _, err := range list {
		if !slices.ContainsFunc(out, func(e error) bool { return e.Error() == err.Error() }) {
			out = append(out, err)
		}
	}
	return errors.Join(out...)
}

// judge judges what was observed as the watch would. Without a watch there is nothing to
// judge by, and what was observed is all.
func (s *State) judge(known contract.Watched) {
	if !s.Memory.Found {
		s.takeOver(known)
		return
	}
	s.Seen.Rules = watch.RulesNow
	s.Judged = watch.Decide(known, s.Seen).State
}

// takeOver adds what was observed to what the watch knows, without judging it.
func (s *State) takeOver(known contract.Watched) {
	s.Judged = known
	s.Judged.Schedule, s.Judged.Sessions = s.Seen.Schedule, nil
	for _, v := range s.Seen.Sessions {
		if v.HasEnded() {
			continue
		}
		w := contract.WatchedSession{ID: v.ID, Run: v.Run, Began: v.Began}
		if i := slices.IndexFunc(known.Sessions, func(k contract.WatchedSession) bool { return k.Run == v.Run }); i >= 0 {
			w = known.Sessions[i]
		}
		s.Judged.Sessions = append(s.Judged.Sessions, w)
	}
}

// observeInPart observes what can be read without a key where all of it can't be. It
// returns why parts of that can't be either.
func (r Reader) observeInPart(ctx context.Context, s *State) (failed []error) {
	s.Seen = contract.Observation{At: s.At}
	var err error
	if s.Seen.Schedule, err = r.viewRawSchedule(ctx); err != nil {
		failed = append(failed, err)
	}
	s.Knows.Schedule = err == nil
	if s.Seen.Workers, err = r.ReadWorkers(ctx); err != nil {
		failed = append(failed, err)
	}
	s.Knows.Workers = err == nil
	running, err := r.listInfos(ctx, Filter{Outcomes: []saas.Outcome{saas.OutcomeRunning}, Limit: mostOpen})
	if err != nil {
		return append(failed, err)
	}
	for _, info := range running {
		o, err := r.FindOpen(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId())
		switch {
		case err != nil:
			failed = append(failed, err)
		case o != nil:
			s.Seen.Sessions = append(s.Seen.Sessions, contract.SessionView{ID: o.ID, Run: o.Run, Began: o.Began, PickedUp: o.PickedUp})
		}
	}
	return failed
}

// viewRawSchedule views the schedule without decoding any of it, which needs no key.
func (r Reader) viewRawSchedule(ctx context.Context) (contract.ScheduleView, error) {
	d, err := r.Temporal.WorkflowService().DescribeSchedule(ctx, &workflowservice.DescribeScheduleRequest{
		Namespace: r.Namespace, ScheduleId: contract.ScheduleID(r.Integration),
	})
	if isNotFound(err) {
		return contract.ScheduleView{}, nil
	}
	if err != nil {
		return contract.ScheduleView{}, fmt.Errorf("read the schedule: %w", err)
	}
	v := contract.ScheduleView{Exists: true, Paused: d.GetSchedule().GetState().GetPaused(), Note: d.GetSchedule().GetState().GetNotes()}
	if at := d.GetSchedule().GetSpec().GetStartTime(); at != nil {
		v.NotBefore = at.AsTime()
	}
	for _, at := range d.GetInfo().GetFutureActionTimes() {
		v.Next = append(v.Next, at.AsTime())
	}
	return v, nil
}

// refreshProgress has the worker that runs the session in the lane, if one does, say how
// far that is: what is read without it may be a minute old.
func (r Reader) refreshProgress(ctx context.Context, s *State) {
	i := slices.IndexFunc(s.Seen.Sessions, func(v contract.SessionView) bool { return !v.HasEnded() && v.Progress != nil })
	if i < 0 || !s.Seen.Workers.AreAlive(s.At) {
		return
	}
	v := &s.Seen.Sessions[i]
	if p, err := r.ReadProgress(ctx, v.PickedUp); err == nil {
		v.Progress, v.Waiting = p.forNotice(), mask.Text(p.Waiting.Describe(moment.LoadZone(s.Memory.State.Watch.Settings.Timezone)))
	}
}

// findLastGood finds when the last session that completed ended, by what sessions write
// unencrypted; zero if Temporal keeps none. Dry runs and limited sessions are left out.
func (r Reader) findLastGood(ctx context.Context) (time.Time, error) {
	good := Filter{Outcomes: []saas.Outcome{saas.OutcomeCompleted, saas.OutcomeCompletedWithErrors}}
	answer, err := r.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: r.Namespace, PageSize: listPage, Query: good.Query(r.Integration) + " AND ExecutionStatus = 'Completed'",
	})
	if err != nil {
		return time.Time{}, needsSetup(fmt.Errorf("list the completed sessions: %w", err))
	}
	var last time.Time
	for _, info := range answer.GetExecutions() {
		labels := labelsOf(info)
		if closed := info.GetCloseTime().AsTime().UTC(); !labels.DryRun && labels.LimitApps == 0 && closed.After(last) {
			last = closed
		}
	}
	return last, nil
}

// Undelivered counts the notices that did not reach a receiver: those that are being
// tried again, and those that were given up and that nobody has read.
func (m Memory) Undelivered() int {
	keys := map[string]bool{}
	for _, d := range m.State.Pending {
		if d.Error != "" && d.Key != "" {
			keys[d.Key] = true
		}
	}
	for _, d := range m.State.Lost {
		if n, found := watch.FindNotice(&m.State, d.Key); found && d.Key != "" && !n.Read {
			keys[d.Key] = true
		}
	}
	return len(keys)
}
