package temporalx

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	schedulepb "go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// editedServer is Temporal with one schedule. Somebody else edits it between what a caller
// reads and what it writes, so many times.
type editedServer struct {
	client.Client
	schedule *schedulepb.Schedule
	token    byte
	others   int
	silent   bool  // it drops an update with an old token, as a server does whose schedules are workflows
	busy     int   // so many calls are refused
	err      error // of every update
}

func (s *editedServer) WorkflowService() workflowservice.WorkflowServiceClient {
	return editedService{editedServer: s}
}

// editedService is its service.
type editedService struct {
	workflowservice.WorkflowServiceClient
	*editedServer
}

func (s editedService) DescribeSchedule(context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	if s.busy > 0 {
		s.busy--
		return nil, serviceerror.NewResourceExhausted(0, "consistent query buffer is full")
	}
	return &workflowservice.DescribeScheduleResponse{Schedule: proto.CloneOf(s.schedule), ConflictToken: []byte{s.token}}, nil
}

func (s editedService) UpdateSchedule(_ context.Context, in *workflowservice.UpdateScheduleRequest, _ ...grpc.CallOption) (*workflowservice.UpdateScheduleResponse, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.others > 0 {
		s.others--
		s.token++
		s.schedule.State.Notes += "!"
	}
	switch {
	case len(in.GetConflictToken()) == 1 && in.GetConflictToken()[0] == s.token:
		s.schedule = in.GetSchedule()
		s.token++
	case !s.silent:
		return nil, serviceerror.NewFailedPrecondition("mismatched conflict token")
	}
	return &workflowservice.UpdateScheduleResponse{}, nil
}

func TestAnEditOfAScheduleOverwritesNoOther(t *testing.T) {
	pause := func(s *schedulepb.Schedule) error {
		s.State.Paused = true
		s.State.Notes += " paused"
		return nil
	}
	for name, tc := range map[string]struct {
		server editedServer
		change func(*schedulepb.Schedule) error
		want   string // the note
		says   string
	}{
		"alone":                              {editedServer{}, pause, "x paused", ""},
		"with others":                        {editedServer{others: 2}, pause, "x!! paused", ""},
		"with others, of which nothing says": {editedServer{others: 2, silent: true}, pause, "x!! paused", ""},
		"with others all the time":           {editedServer{others: 1000}, pause, "", "others kept editing the schedule"},
		"a busy server":                      {editedServer{busy: 2}, pause, "x paused", ""},
		"a server that stays busy":           {editedServer{busy: 1000}, pause, "x", "buffer is full"},
		"a refusal":                          {editedServer{err: serviceerror.NewPermissionDenied("not yours", "")}, pause, "x", "not yours"},
		"nothing to change":                  {editedServer{}, func(*schedulepb.Schedule) error { return errors.New("as it should be") }, "x", "as it should be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tc.server
			s.schedule = &schedulepb.Schedule{State: &schedulepb.ScheduleState{Notes: "x"}}
			err := EditSchedule(t.Context(), &s, "default", "hr", tc.change)
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("it returns %v", err)
			}
			if tc.want != "" && s.schedule.GetState().GetNotes() != tc.want {
				t.Errorf("the note is %q", s.schedule.GetState().GetNotes())
			}
		})
	}
}

func TestAnEditWaitsNoLongerThanItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	s := editedServer{busy: 1000}
	if began := time.Now(); EditSchedule(ctx, &s, "default", "hr", nil) == nil || s.busy < 998 {
		t.Errorf("it asked %d times in %s", 1000-s.busy, time.Since(began))
	}
}
