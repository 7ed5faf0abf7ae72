package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/protobuf/types/known/timestamppb"

	"defendersync/internal/config"
	"defendersync/internal/contract"
)

// queue is Temporal with one session that stands as a test wants it to, and a
// schedule whose recent actions have started nothing that it could name.
type queue struct {
	picked, leaving, ended bool
	began                  time.Time
}

const queuedID, queuedRun = "session/hr-2026-11-24T12:00:00Z", "00000000-0000-4000-8000-000000000001"

// scheduleOf is the schedule's description.
func (q *queue) scheduleOf() *client.ScheduleDescription {
	d := &client.ScheduleDescription{}
	d.Info.RecentActions = []client.ScheduleActionResult{{ScheduleTime: q.began.Add(-time.Hour), ActualTime: q.began.Add(-time.Hour)}}
	if !q.ended {
		d.Info.RunningWorkflows = []client.ScheduleWorkflowExecution{{WorkflowID: queuedID, FirstExecutionRunID: queuedRun}}
	}
	return d
}

// connection is one to it.
func (q *queue) connection(t *testing.T) connection {
	t.Helper()
	s, err := config.Load(t.Context(), []string{"INTEGRATION_NAME=hr"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, schedules, handle := &mocks.Client{}, &mocks.ScheduleClient{}, &mocks.ScheduleHandle{}
	c.On("ScheduleClient").Return(schedules)
	schedules.On("GetHandle", mock.Anything, "hr").Return(handle)
	handle.On("Describe", mock.Anything).Return(q.scheduleOf(), nil)
	c.On("DescribeWorkflowExecution", mock.Anything, contract.SyncID("hr"), "").Return(nil, serviceerror.NewNotFound("none"))
	if q.ended {
		c.On("DescribeWorkflowExecution", mock.Anything, queuedID, mock.Anything).Return(nil, serviceerror.NewNotFound("none"))
	}
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: queuedID, RunId: queuedRun}, Type: &commonpb.WorkflowType{Name: contract.WorkflowSession},
		StartTime: timestamppb.New(q.began),
	}
	c.On("DescribeWorkflowExecution", mock.Anything, queuedID, mock.Anything).Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: info, WorkflowExtendedInfo: &workflowpb.WorkflowExecutionExtendedInfo{CancelRequested: q.leaving},
	}, nil)
	c.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{}, nil)
	c.On("GetWorkflowHistory", mock.Anything, queuedID, queuedRun, false, mock.Anything).Return(func(context.Context, string, string, bool, enumspb.HistoryEventFilterType) client.HistoryEventIterator {
		events := []*historypb.HistoryEvent{{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED}}
		if q.picked {
			events = append(events, &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{
				WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{},
			}})
		}
		i := &mocks.HistoryEventIterator{}
		for _, e := range events {
			i.On("HasNext").Return(true).Once()
			i.On("Next").Return(e, nil).Once()
		}
		i.On("HasNext").Return(false)
		return i
	})
	return connection{settings: s, temporal: c}
}

func TestWhatStandsInTheWayOfASessionIsNamedWithSinceWhen(t *testing.T) {
	for name, tc := range map[string]struct {
		queue queue
		plain bool
		found bool
		says  string
		waits time.Duration
	}{
		"one that no worker has taken up":                             {queue{}, false, true, "has been waiting for a worker since", 0},
		"the same, for a plain run":                                   {queue{}, true, true, "has been waiting for a worker since", 0},
		"one that was cancelled in the queue, for a plain run":        {queue{leaving: true}, true, true, "was cancelled before it began", 0},
		"one that was cancelled in the queue, for a full run":         {queue{leaving: true}, false, false, "", 0},
		"one that a worker has, and that is about to begin or to end": {queue{picked: true}, false, true, "is running since", settling},
		"none": {queue{ended: true}, false, false, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tc.queue.began = time.Now().Add(-5 * time.Minute)
				c, began := tc.queue.connection(t), time.Now()
				s, found, err := c.obstacle(t.Context(), tc.plain)
				if err != nil || found != tc.found || time.Since(began).Truncate(time.Second) != tc.waits {
					t.Fatalf("found %v after %s, %v", found, time.Since(began), err)
				}
				if !found {
					return
				}
				if text := s.says(c); !strings.Contains(text, tc.says) || !strings.Contains(text, "(5m") || !strings.Contains(text, queuedID) {
					t.Errorf("it says %q", text)
				}
			})
		})
	}
}

func TestASessionThatHasJustBeenStartedIsGivenAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{began: time.Now()}
		began := time.Now()
		_, found, err := q.connection(t).obstacle(t.Context(), false)
		if err != nil || !found || time.Since(began) <= pickup || time.Since(began) > pickup+2*lookAgain {
			t.Errorf("found %v after %s, %v", found, time.Since(began), err)
		}
	})
}

func TestAnActionThatStartedNothingIsPassedOver(t *testing.T) {
	q := queue{began: time.Now(), ended: true}
	c := q.connection(t)
	carry, err := c.previous(t.Context(), q.scheduleOf())
	if carry != nil || err != nil {
		t.Errorf("found %v, %v", carry, err)
	}
	if got, err := c.skipped(t.Context(), q.scheduleOf()); err == nil || !strings.Contains(err.Error(), "run it again") {
		t.Errorf("it says %+v, %v", got, err)
	}
	if starts, err := c.recentStarts(t.Context(), q.scheduleOf()); len(starts) != 0 || err != nil {
		t.Errorf("starts: %v, %v", starts, err)
	}
}
