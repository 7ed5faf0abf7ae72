package temporalx

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// told is what Polls has told.
type told struct {
	refused, again int
	fatal          error
}

func watchedPolls() (*Polls, *told) {
	p, seen := NewPolls(), &told{}
	p.namespace = "sync"
	p.Changed = func(err error) {
		if err == nil {
			seen.again++
		} else {
			seen.refused++
		}
	}
	p.Fatal = func(err error) { seen.fatal = errors.Join(seen.fatal, err) }
	return p, seen
}

var pollsBegin = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestPollsThatAreRefusedForLongAreFatalOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		says string
	}{
		"the namespace is deleted":  {serviceerror.NewNamespaceNotFound("sync"), `there is no namespace "sync"`},
		"a key is void":             {status.Error(codes.Unauthenticated, "no"), "TEMPORAL_API_KEY"},
		"a key is for another":      {status.Error(codes.PermissionDenied, "no"), `no access to namespace "sync"`},
		"the server is another one": {status.Error(codes.Unimplemented, "no"), "refuses the worker's polls"},
	} {
		t.Run(name, func(t *testing.T) {
			p, seen := watchedPolls()
			for s := range 30 {
				p.recordAnswer("PollWorkflowTaskQueue", tc.err, pollsBegin.Add(time.Duration(s)*time.Second))
				p.recordAnswer("PollActivityTaskQueue", nil, pollsBegin.Add(time.Duration(s)*time.Second))
			}
			if seen.fatal != nil || seen.refused != 1 || seen.again != 0 {
				t.Fatalf("told after 29 s: %+v", seen)
			}
			for s := range 10 {
				p.recordAnswer("PollWorkflowTaskQueue", tc.err, pollsBegin.Add(pollPatience+time.Duration(s)*time.Second))
			}
			if seen.fatal == nil || !strings.Contains(seen.fatal.Error(), tc.says) || strings.Count(seen.fatal.Error(), "\n") > 0 {
				t.Errorf("told: %v", seen.fatal)
			}
		})
	}
}

func TestPollsThatComeToNothingAreWaitedFor(t *testing.T) {
	p, seen := watchedPolls()
	for hour := range 100 {
		p.recordAnswer("PollWorkflowTaskQueue", status.Error(codes.Unavailable, "away"), pollsBegin.Add(time.Duration(hour)*time.Hour))
		p.recordAnswer("PollWorkflowTaskQueue", status.Error(codes.DeadlineExceeded, "none"), pollsBegin.Add(time.Duration(hour)*time.Hour))
	}
	if *seen != (told{}) {
		t.Errorf("told %+v", seen)
	}
}

func TestWorkThatIsGivenOutAgainIsTold(t *testing.T) {
	p, seen := watchedPolls()
	denied := status.Error(codes.PermissionDenied, "no")
	p.recordAnswer("PollWorkflowTaskQueue", denied, pollsBegin)
	p.recordAnswer("PollWorkflowTaskQueue", nil, pollsBegin.Add(pollPatience-time.Second))
	p.recordAnswer("PollWorkflowTaskQueue", denied, pollsBegin.Add(pollPatience+time.Second))
	if seen.fatal != nil || seen.refused != 2 || seen.again != 1 {
		t.Errorf("told %+v", seen)
	}
}
