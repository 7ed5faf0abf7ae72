package temporalx

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"defendersync/internal/lease"
)

// heartbeatMethod is the call by which the SDK records a heartbeat.
const heartbeatMethod = "/RecordActivityTaskHeartbeat"

// interceptHeartbeat is a gRPC interceptor that renews the lease of the activity
// whose heartbeat Temporal acknowledges; see package lease.
//
// The SDK judges a heartbeat that gets no answer in two ways, neither of which is
// ours: one that is refused a connection for a second cancels the activity, though
// Temporal may be back a moment later; one that gets no answer at all is logged, and
// the activity goes on for ever, while Temporal gives its work to another worker.
// So such a failure is kept from the SDK while the lease lasts, and the lease alone
// decides.
func interceptHeartbeat(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	held := lease.Of(ctx)
	if held == nil || !strings.HasSuffix(method, heartbeatMethod) {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	patient, cancel := waitLonger(ctx, held)
	defer cancel()
	sent := time.Now()
	err := invoke(patient, method, req, reply, cc, opts...)
	switch {
	case err == nil:
		held.Renew(sent)
	case isTransient(err) && held.Check() == nil:
		return nil
	}
	return err
}

const (
	// heartbeatShare is the part of a lease for which the answer to a heartbeat is waited
	// for (a half), where that is longer than the SDK waits: a busy server is not one that
	// is gone. An answer that comes in that time leaves as much for the next one.
	heartbeatShare = 2
	// heartbeatPatience bounds that for long leases.
	heartbeatPatience = 10 * time.Second
)

// waitLonger is a context in which a heartbeat is waited for: for that part of the lease
// rather than until the deadline of ctx, where that is sooner, and no longer than the
// activity is at work.
func waitLonger(ctx context.Context, held *lease.Lease) (context.Context, context.CancelFunc) {
	d := min(held.Length()/heartbeatShare, heartbeatPatience)
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) >= d {
		return context.WithCancel(ctx)
	}
	longer, cancel := context.WithTimeout(context.WithoutCancel(ctx), d)
	stop := held.AfterEnd(cancel)
	return longer, func() { stop(); cancel() }
}

// isTransient reports whether an error tells nothing about the activity: Temporal
// may take the next heartbeat.
func isTransient(err error) bool {
	switch statusCode(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted, codes.Unknown, codes.Internal, codes.Canceled:
		return true
	}
	return false
}
