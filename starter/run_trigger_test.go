package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
)

func TestATriggerWaitsForASecondOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for name, tc := range map[string]struct {
			actions []client.ScheduleActionResult
			want    time.Duration
		}{
			"nothing was started":          {nil, 0},
			"a start of a minute ago":      {[]client.ScheduleActionResult{{ScheduleTime: now.Add(-time.Minute), ActualTime: now.Add(-time.Minute)}}, 0},
			"a start of this second":       {[]client.ScheduleActionResult{{ScheduleTime: now, ActualTime: now}}, nextSecond},
			"a start by a clock ahead":     {[]client.ScheduleActionResult{{ActualTime: now.Add(time.Hour)}}, nextSecond},
			"a start that was made up for": {[]client.ScheduleActionResult{{ScheduleTime: now.Add(-time.Hour), ActualTime: now}}, nextSecond},
		} {
			began := time.Now()
			if err := awaitNextSecond(t.Context(), &client.ScheduleDescription{Info: client.ScheduleInfo{RecentActions: tc.actions}}, now); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(began); got != tc.want {
				t.Errorf("%s: it waits for %s", name, got)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		recent := client.ScheduleInfo{RecentActions: []client.ScheduleActionResult{{ActualTime: now}}}
		if err := awaitNextSecond(ctx, &client.ScheduleDescription{Info: recent}, now); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted, it ends with %v", err)
		}
	})
}

func TestASessionOfItsOwnIsNeverSomebodyElses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		c := &mocks.Client{}
		w := &mocks.WorkflowRun{}
		w.On("GetID").Return("session/hr/run-x")
		w.On("GetRunID").Return("00000000-0000-4000-8000-000000000001")
		named := mock.MatchedBy(func(o client.StartWorkflowOptions) bool {
			names = append(names, o.ID)
			return o.WorkflowExecutionErrorWhenAlreadyStarted
		})
		taken := serviceerror.NewWorkflowExecutionAlreadyStarted("taken", "", "")
		first := c.On("ExecuteWorkflow", mock.Anything, named, contract.WorkflowSession, mock.Anything).Return(nil, taken).Once()
		first.Run(func(mock.Arguments) { time.Sleep(time.Millisecond) })
		c.On("ExecuteWorkflow", mock.Anything, named, contract.WorkflowSession, mock.Anything).Return(w, nil)
		s, err := config.Load(t.Context(), []string{"INTEGRATION_NAME=hr"}, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := connection{settings: s, temporal: c}.startDirectly(t.Context(), nil, runOptions{full: true})
		if err != nil || !got.Started {
			t.Fatalf("%+v, %v", got, err)
		}
		if names[0] == names[len(names)-1] {
			t.Errorf("it was started under %v", names)
		}
	})
}

// connected is a connection with the integration's settings.
func (r *rig) connected() connection {
	r.t.Helper()
	c, err := commands{streams{environ: r.Env, err: io.Discard, user: "ann@desk"}}.connectTemporal(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(c.closeClient)
	return c
}

func TestATriggerThatTheScheduleSkipsNamesTheSessionThatRuns(t *testing.T) {
	tenants, budget := paced()
	r := newRig(t, tenants, budget, "INTEGRATION_HEARTBEAT=1s")
	r.run("schedule", "apply").ends(exitCompleted)
	r.work()
	begun := r.begin()
	c := r.connected()
	before, err := c.sessionReader().DescribeSchedule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.triggerSchedule(t.Context(), before, func(text string) { t.Log(text) })
	if err != nil || got.Started || got.Session != begun.Session || got.other || !strings.Contains(got.Reason, "has been running since ") {
		t.Errorf("%+v, %v", got, err)
	}
	r.run("sessions", "cancel").ends(exitCompleted)
}

func TestATriggerOfAScheduleThatIsGoneFails(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.run("schedule", "apply").ends(exitCompleted)
	c := r.connected()
	before, err := c.sessionReader().DescribeSchedule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.run("schedule", "delete", "--yes").ends(exitCompleted)
	if got, err := c.triggerSchedule(t.Context(), before, func(string) {}); err == nil || !strings.HasPrefix(err.Error(), "trigger the schedule: ") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestATriggerThatWasSkippedForASessionThatHasEndedSaysSo(t *testing.T) {
	r := newRig(t, simulator.Options{})
	c := r.connected()
	start := func(id string) client.ScheduleActionResult {
		return client.ScheduleActionResult{StartWorkflowResult: &client.ScheduleWorkflowExecution{WorkflowID: id, FirstExecutionRunID: "run of " + id}}
	}
	recent := &client.ScheduleDescription{Info: client.ScheduleInfo{RecentActions: []client.ScheduleActionResult{start("first"), start("last"), {}}}}
	got, err := c.explainSkipped(t.Context(), recent)
	if err != nil || got.Started || got.Session != "last" || got.Run != "run of last" || got.Reason != "last was running" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.explainSkipped(t.Context(), &client.ScheduleDescription{}); err == nil || !strings.Contains(err.Error(), "run the command again") {
		t.Errorf("%+v, %v", got, err)
	}
}

// reluctant is a schedule that answers a trigger in its own time, with as much of a
// client as triggerSchedule needs.
type reluctant struct {
	client.Client
	schedule *reluctantSchedule
}

func (r reluctant) ScheduleClient() client.ScheduleClient {
	return reluctantClient{schedule: r.schedule}
}

func (r reluctant) SignalWorkflow(context.Context, string, string, string, any) error {
	r.schedule.signed = true
	return nil
}

type reluctantClient struct {
	client.ScheduleClient
	schedule *reluctantSchedule
}

func (c reluctantClient) GetHandle(context.Context, string) client.ScheduleHandle { return c.schedule }

type reluctantSchedule struct {
	client.ScheduleHandle
	triggered time.Time
	signed    bool
	answer    func(since time.Duration) (client.ScheduleInfo, error)
}

func (s *reluctantSchedule) Trigger(context.Context, client.ScheduleTriggerOptions) error {
	s.triggered = time.Now()
	return nil
}

func (s *reluctantSchedule) Describe(context.Context) (*client.ScheduleDescription, error) {
	info, err := s.answer(time.Since(s.triggered))
	return &client.ScheduleDescription{Info: info}, err
}

func TestATriggerIsWaitedForAndItsSilenceTold(t *testing.T) {
	run := func(name string) client.ScheduleActionResult {
		return client.ScheduleActionResult{StartWorkflowResult: &client.ScheduleWorkflowExecution{WorkflowID: "session/hr-" + name, FirstExecutionRunID: name}}
	}
	old := client.ScheduleInfo{RecentActions: []client.ScheduleActionResult{run("old"), {}}}
	begins := func(after time.Duration) func(time.Duration) (client.ScheduleInfo, error) {
		return func(since time.Duration) (client.ScheduleInfo, error) {
			if since < after {
				return old, nil
			}
			return client.ScheduleInfo{RecentActions: append(old.RecentActions, run("new"))}, nil
		}
	}
	gone := func(time.Duration) (client.ScheduleInfo, error) {
		return client.ScheduleInfo{}, serviceerror.NewNotFound("no schedule")
	}
	for name, tc := range map[string]struct {
		answer func(time.Duration) (client.ScheduleInfo, error)
		run    string
		tells  int    // how often it says that it waits
		says   string // the error
	}{
		"at once":             {begins(0), "new", 0, ""},
		"a little late":       {begins(triggerSilence), "new", 0, ""},
		"late":                {begins(2 * triggerSilence), "new", 1, ""},
		"never":               {begins(time.Hour), "", 1, "has started nothing within 30s"},
		"of one that is gone": {gone, "", 0, "has started nothing"},
		"without an answer":   {func(time.Duration) (client.ScheduleInfo, error) { return old, errors.New("out of order") }, "", 0, "out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				schedule := &reluctantSchedule{answer: tc.answer}
				c := connection{temporal: reluctant{schedule: schedule}, user: "ann@desk", settings: config.Settings{Integration: config.Integration{Name: "hr", Timezone: "UTC"}}}
				var told []string
				got, err := c.triggerSchedule(t.Context(), &client.ScheduleDescription{Info: old}, func(text string) { told = append(told, text) })
				if got.Run != tc.run || got.Started != (tc.run != "") || schedule.signed != got.Started || (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%+v, %v", got, err)
				}
				if len(told) != tc.tells || len(told) > 0 && !strings.HasPrefix(told[0], "waiting up to 30s for the schedule to start a session, since ") {
					t.Errorf("it tells %q", told)
				}
			})
		})
	}
}

func TestAnInterruptedTriggerSaysThatASessionMayStartYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		schedule := &reluctantSchedule{answer: func(time.Duration) (client.ScheduleInfo, error) { return client.ScheduleInfo{}, nil }}
		c := connection{temporal: reluctant{schedule: schedule}}
		if got, err := c.triggerSchedule(ctx, &client.ScheduleDescription{}, func(string) {}); got.Started || !errors.Is(err, errTriggered) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
