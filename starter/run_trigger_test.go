package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"defendersync/internal/config"
	"defendersync/internal/contract"
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
		got, err := connection{settings: s, temporal: c}.startDirectly(t.Context(), nil, true, false)
		if err != nil || !got.Started {
			t.Fatalf("%+v, %v", got, err)
		}
		if names[0] == names[len(names)-1] {
			t.Errorf("it was started under %v", names)
		}
	})
}
