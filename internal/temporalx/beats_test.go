package temporalx

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"defendersync/internal/lease"
)

const beatMethod = "/temporal.api.workflowservice.v1.WorkflowService/RecordActivityTaskHeartbeat"

// answer makes an invoker that takes a while and then answers with a code.
func answer(after time.Duration, code codes.Code) grpc.UnaryInvoker {
	return func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
		time.Sleep(after)
		return status.Error(code, "as the test wants it") // nil for codes.OK
	}
}

func TestAnAcknowledgedHeartbeatRenewsTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := lease.Begin(t.Context(), 10*time.Second)
		defer l.End()
		began := time.Now()
		time.Sleep(5 * time.Second)
		if err := interceptHeartbeat(ctx, beatMethod, nil, nil, nil, answer(2*time.Second, codes.OK)); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if held := time.Since(began); held != 15*time.Second {
			t.Errorf("the lease was held for %s, not until 10s after the heartbeat was sent", held)
		}
	})
}

func TestAHeartbeatWithoutAnAnswerIsKeptFromTheSDKWhileTheLeaseLasts(t *testing.T) {
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Unknown, codes.Internal, codes.Aborted} {
		synctest.Test(t, func(t *testing.T) {
			ctx, l := lease.Begin(t.Context(), 10*time.Second)
			defer l.End()
			began := time.Now()
			for range 9 {
				if err := interceptHeartbeat(ctx, beatMethod, nil, nil, nil, answer(time.Second, code)); err != nil {
					t.Fatalf("%s after %s: %v", code, time.Since(began), err)
				}
			}
			if l.IsRenewedSince(began) {
				t.Errorf("%s renewed the lease", code)
			}
			if err := interceptHeartbeat(ctx, beatMethod, nil, nil, nil, answer(time.Second, code)); status.Code(err) != code || !l.IsLost() {
				t.Errorf("%s at the end of the lease: %v, lost %v", code, err, l.IsLost())
			}
		})
	}
}

func TestARefusedHeartbeatIsTheSDKs(t *testing.T) {
	ctx, l := lease.Begin(t.Context(), time.Hour)
	defer l.End()
	for _, code := range []codes.Code{codes.NotFound, codes.PermissionDenied, codes.InvalidArgument} {
		if err := interceptHeartbeat(ctx, beatMethod, nil, nil, nil, answer(0, code)); status.Code(err) != code {
			t.Errorf("%s became %v", code, err)
		}
	}
	began := time.Now()
	if err := interceptHeartbeat(ctx, "/temporal.api.workflowservice.v1.WorkflowService/SignalWorkflowExecution", nil, nil, nil, answer(0, codes.Unavailable)); err == nil {
		t.Error("the failure of another call was kept back")
	}
	_ = interceptHeartbeat(ctx, "/temporal.api.workflowservice.v1.WorkflowService/SignalWorkflowExecution", nil, nil, nil, answer(0, codes.OK))
	if l.IsRenewedSince(began) {
		t.Error("another call renewed the lease")
	}
	if err := interceptHeartbeat(t.Context(), beatMethod, nil, nil, nil, answer(0, codes.Unavailable)); err == nil {
		t.Error("the failure of a heartbeat without a lease was kept back")
	}
}

// callSlowly makes a heartbeat as the SDK does, which is answered after a while, and
// tells how long that was waited for.
func callSlowly(ctx context.Context, takes time.Duration) (time.Duration, error) {
	sdk, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	began := time.Now()
	err := interceptHeartbeat(sdk, beatMethod, nil, nil, nil, func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
		select {
		case <-time.After(takes):
			return nil
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	})
	return time.Since(began), err
}

func TestAHeartbeatIsWaitedForLongerThanTheSDKWould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := lease.Begin(t.Context(), 12*time.Second)
		defer l.End()
		for range 5 {
			if took, err := callSlowly(ctx, 5*time.Second); err != nil || took != 5*time.Second || !l.IsRenewedSince(time.Now().Add(-took)) {
				t.Fatalf("a slow answer: %v after %s", err, took)
			}
		}
		sent := time.Now()
		if took, err := callSlowly(ctx, time.Hour); err != nil || took != 6*time.Second || l.IsRenewedSince(sent) {
			t.Errorf("no answer: %v after %s", err, took)
		}
		time.AfterFunc(500*time.Millisecond, l.End)
		if took, _ := callSlowly(ctx, time.Hour); took != 500*time.Millisecond {
			t.Errorf("it went on for %s after the activity had ended", took)
		}
	})
}

func TestAHeartbeatOfALongLeaseIsNotWaitedForForMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, l := lease.Begin(t.Context(), 48*time.Minute)
		defer l.End()
		if took, err := callSlowly(ctx, time.Hour); err != nil || took != 10*time.Second {
			t.Errorf("no answer: %v after %s", err, took)
		}
	})
}
