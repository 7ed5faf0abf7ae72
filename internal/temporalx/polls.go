package temporalx

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// pollPatience is how long Temporal may refuse the worker's polls before the refusal
// counts as permanent. Replacing a key or restarting a proxy takes less.
const pollPatience = 30 * time.Second

// Polls watches whether Temporal accepts this worker's polls. The SDK polls again
// whatever the answer, or stops without telling the process, so that nobody would
// notice that the worker will never receive work.
//
// A server that does not answer has refused nothing; there is no limit to how long
// that may last.
type Polls struct {
	// Changed is called with the reason when polls begin to be refused, and with
	// nil when they are accepted again.
	Changed func(refused error)
	// Fatal is called once, when polls have been refused for too long.
	Fatal func(error)

	namespace string

	mu    sync.Mutex
	since map[string]time.Time // by kind of poll: since when it is refused
	over  bool
}

// NewPolls returns a watch over the polls of a process. Set its callbacks before
// dialling.
func NewPolls() *Polls { return &Polls{since: map[string]time.Time{}} }

// interceptPoll is a gRPC interceptor that records the answers to polls.
func (p *Polls) interceptPoll(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	if kind := method[strings.LastIndexByte(method, '/')+1:]; strings.HasPrefix(kind, "Poll") {
		p.recordAnswer(kind, err, time.Now())
	}
	return err
}

// isRefusal reports whether an error means that this worker will receive no work,
// rather than that the server is busy or does not answer.
func isRefusal(err error) bool {
	switch statusCode(err) {
	case codes.NotFound, codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument, codes.Unimplemented, codes.FailedPrecondition:
		return true
	}
	return false
}

// recordAnswer records the answer to a poll of one kind.
func (p *Polls) recordAnswer(kind string, err error, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refused := isRefusal(err)
	if p.over || err != nil && !refused {
		return
	}
	before := len(p.since)
	since, known := p.since[kind]
	switch {
	case !refused:
		delete(p.since, kind)
	case !known:
		p.since[kind] = now
	case now.Sub(since) >= pollPatience:
		p.over = true
		p.reportRefusal(p.Fatal, err)
		return
	}
	switch {
	case before == 0 && refused:
		p.reportRefusal(p.Changed, err)
	case before > 0 && len(p.since) == 0 && p.Changed != nil:
		p.Changed(nil)
	}
}

// reportRefusal calls a callback with the refusal and what to do about it.
func (p *Polls) reportRefusal(to func(error), err error) {
	if to != nil {
		to(fmt.Errorf("%s: %w", explainRefusal(statusCode(err), p.namespace), err))
	}
}

// explainRefusal returns what to do about a refusal.
func explainRefusal(c codes.Code, namespace string) string {
	switch c {
	case codes.NotFound:
		return fmt.Sprintf("there is no namespace %q: correct TEMPORAL_NAMESPACE, or create it with `temporal operator namespace create --namespace %s`", namespace, namespace)
	case codes.Unauthenticated:
		return "the server does not accept the credentials: check TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH"
	case codes.PermissionDenied:
		return fmt.Sprintf("no access to namespace %q: check that TEMPORAL_API_KEY is valid for it and that TEMPORAL_NAMESPACE is its full name (in Temporal Cloud name.account)", namespace)
	}
	return "the server refuses the worker's polls: check its log, and whether its version is compatible with this worker"
}
