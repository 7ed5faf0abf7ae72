package workflows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// watchRig runs a Watch against a script of what happens when, with time
// skipped, through as many runs as it continues as new.
type watchRig struct {
	t        *testing.T
	settings contract.WatchSettings
	begin    time.Time
	sessions []scripted
	schedule func(now time.Time) contract.ScheduleView
	workers  func(now time.Time) contract.WorkersView
	blind    func(now time.Time) error                          // why a look fails
	refuse   func(in contract.DeliverNoticeParams, n int) error // why the nth delivery of all fails
	signals  []scriptedSignal
	handed   *contract.WatchState // by the run before; nil: this is the first
	strict   bool                 // a look for what can't be named fails, and one that is not there is gone, as with Temporal

	log bytes.Buffer // of the workflow

	mu    sync.Mutex
	sent  []contract.DeliverNoticeParams
	tries int
	looks int
	runs  int
	state contract.WatchState
}

// scripted is a session with all that will have happened to it.
type scripted struct {
	contract.SessionView
	planned time.Time
	leaves  time.Duration                 // when it was asked to stop, after its begin; 0: never
	moves   func(now time.Time) time.Time // when it last got further; nil: all the time
}

type scriptedSignal struct {
	after time.Duration
	name  string
	arg   any
}

// monday is when the scripts begin, well before the daily start at three.
var monday = time.Date(2026, 11, 2, 0, 30, 0, 0, time.UTC)

func newWatchRig(t *testing.T) *watchRig {
	return &watchRig{
		t: t, begin: monday,
		settings: contract.WatchSettings{
			Integration: "test", StallAfter: 24 * time.Hour, NoProgress: time.Hour, Grace: 15 * time.Minute, Every: 5 * time.Minute,
			Contacts: []string{"ann@contoso.com", "bob@contoso.com"},
		},
		schedule: daily,
		workers:  func(now time.Time) contract.WorkersView { return contract.WorkersView{Seen: now} },
	}
}

// three is three in the morning, so many days after Monday.
func three(day int) time.Time {
	return monday.Truncate(saas.Day).Add(time.Duration(day)*saas.Day + 3*time.Hour)
}

// daily is a schedule that starts a session every day at three.
func daily(now time.Time) contract.ScheduleView {
	s := contract.ScheduleView{Exists: true, Created: monday.Add(-saas.Day)}
	for day := 0; len(s.Next) < 10; day++ {
		if three(day).After(now) {
			s.Next = append(s.Next, three(day))
		}
	}
	return s
}

// runOf is the run id of the session of a day.
func runOf(day int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", day) }

// ran is a session that was scheduled for a day and took its time.
func ran(day int, took time.Duration) scripted {
	at := three(day)
	return scripted{planned: at, SessionView: contract.SessionView{
		ID: "session/test-" + at.Format(time.RFC3339), Run: runOf(day), Began: at, PickedUp: at.Add(time.Second),
		Closed: at.Add(took), End: contract.EndCompleted, Outcome: saas.OutcomeCompleted,
	}}
}

// as is the session with another end.
func (s scripted) as(end contract.SessionEnd, outcome saas.Outcome) scripted {
	s.End, s.Outcome = end, outcome
	return s
}

// at is the session as a look at a time sees it.
func (s scripted) at(now time.Time) (contract.SessionView, bool) {
	v := s.SessionView
	if v.Began.After(now) {
		return v, false
	}
	if v.PickedUp.After(now) {
		v.PickedUp = time.Time{}
	}
	if v.Closed.After(now) {
		v.Closed, v.End, v.Outcome = time.Time{}, contract.EndNone, ""
	}
	v.CancelRequested = s.leaves > 0 && v.End == contract.EndNone && !now.Before(v.Began.Add(s.leaves))
	if !v.PickedUp.IsZero() && v.End == contract.EndNone {
		v.LastProgress = now
		if s.moves != nil {
			v.LastProgress = s.moves(now)
		}
		v.Progress = &contract.NoticeProgress{Phase: "carrying over users", AppsRead: 40, AppsKnown: 100, LastProgress: v.LastProgress}
	}
	return v, true
}

// Observe looks at the script.
func (r *watchRig) Observe(_ context.Context, in contract.ObserveParams) (contract.Observation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looks++
	if r.blind != nil {
		if err := r.blind(in.Now); err != nil {
			return contract.Observation{}, err
		}
	}
	if r.strict && in.Integration != "test" {
		return contract.Observation{}, errors.New("there is no name")
	}
	o := contract.Observation{At: in.Now, Schedule: r.schedule(in.Now), Workers: r.workers(in.Now)}
	for _, s := range r.sessions {
		if v, ok := s.at(in.Now); ok && (v.End == contract.EndNone || v.Closed.After(in.Since)) {
			o.Sessions = append(o.Sessions, v)
		}
	}
	for _, known := range in.Sessions {
		if r.strict && len(known.Run) != len(runOf(0)) {
			return contract.Observation{}, errors.New("there is no such name")
		}
		seen := func(s scripted) bool { return s.Run == known.Run && !s.Began.After(in.Now) }
		if r.strict && !slices.ContainsFunc(r.sessions, seen) {
			o.Sessions = append(o.Sessions, contract.SessionView{ID: known.ID, Run: known.Run, End: contract.EndGone, Closed: in.Now})
		}
	}
	for _, at := range in.Due {
		start := contract.StartView{At: at, Valid: o.Schedule.Exists}
		for _, s := range r.sessions {
			if v, ok := s.at(in.Now); ok && s.planned.Equal(at) {
				start.Session = &v
			}
		}
		o.Starts = append(o.Starts, start)
	}
	return o, nil
}

// DeliverNotice keeps what is sent.
func (r *watchRig) DeliverNotice(_ context.Context, in contract.DeliverNoticeParams) (contract.DeliverNoticeResult, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if r.refuse != nil {
		if err := r.refuse(in, r.tries); err != nil {
			return contract.DeliverNoticeResult{}, err
		}
	}
	r.sent = append(r.sent, in)
	return contract.DeliverNoticeResult{}, nil
}

// run lets the script play for so long.
func (r *watchRig) run(length time.Duration) {
	r.t.Helper()
	in := contract.WatchParams{Settings: r.settings, State: r.handed}
	signalled := make([]bool, len(r.signals)) // a run may begin in the instant of a signal to the one before
	for now, end := r.begin, r.begin.Add(length); now.Before(end); {
		env := r.env(now)
		for i, s := range r.signals {
			if at := r.begin.Add(s.after); !at.Before(now) && !signalled[i] {
				env.RegisterDelayedCallback(func() { signalled[i] = true; env.SignalWorkflow(s.name, s.arg) }, at.Sub(now))
			}
		}
		env.RegisterDelayedCallback(func() {
			if v, err := env.QueryWorkflow(contract.QueryWatch); err == nil {
				_ = v.Get(&r.state) // compared by the test
			}
			env.CancelWorkflow()
		}, end.Sub(now))
		env.ExecuteWorkflow(contract.WorkflowWatch, in)
		r.runs++
		now = env.Now()
		var next *workflow.ContinueAsNewError
		if err := env.GetWorkflowError(); errors.As(err, &next) {
			in = contract.WatchParams{}
			if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &in); err != nil {
				r.t.Fatal(err)
			}
		} else if !temporal.IsCanceledError(err) {
			r.t.Fatalf("the watch ended with %v", err)
		}
	}
}

func (r *watchRig) env(now time.Time) *testsuite.TestWorkflowEnvironment {
	env := envLogging(now, slog.NewJSONHandler(&r.log, nil))
	env.RegisterActivityWithOptions(r.Observe, activity.RegisterOptions{Name: contract.ActivityObserve})
	env.RegisterActivityWithOptions(r.DeliverNotice, activity.RegisterOptions{Name: contract.ActivityDeliverNotice})
	return env
}

// told lists what the first contact was told, "kind: headline" each.
func (r *watchRig) told() []string {
	var out []string
	for _, d := range r.sent {
		if d.Channel == contract.ChannelEmail && d.To == r.settings.Contacts[0] {
			out = append(out, string(d.Notice.Kind)+": "+d.Notice.Headline)
		}
	}
	return out
}

// want compares what was told with what should have been: prefixes, in order.
func (r *watchRig) want(want ...string) {
	r.t.Helper()
	got := r.told()
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		r.t.Errorf("told:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
