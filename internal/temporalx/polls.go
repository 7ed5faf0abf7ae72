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

// pollPatience is how long Temporal may refuse to give out work before that is
// taken to be for good: a key that is being changed, or a proxy that starts,
// takes less.
const pollPatience = 30 * time.Second

// Polls watches whether Temporal gives out work to this process. The SDK asks
// again for ever, whatever the answer, or stops without a word to whoever runs
// the process; somebody has to notice that no work will ever come.
//
// A server that is away is no refusal: it is waited for, however long.
type Polls struct {
	// Changed is told when work begins to be refused, with why, and with nil
	// when it is given out again.
	Changed func(refused error)
	// Fatal is told once, when it was refused for too long.
	Fatal func(error)

	namespace string

	mu    sync.Mutex
	since map[string]time.Time // by the kind of work: since when it is refused
	over  bool
}

// NewPolls watches the polls of a process.
func NewPolls() *Polls { return &Polls{since: map[string]time.Time{}} }

// intercept looks at the answers to polls as they come in.
func (p *Polls) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	if kind := method[strings.LastIndexByte(method, '/')+1:]; strings.HasPrefix(kind, "Poll") {
		p.answered(kind, err, time.Now())
	}
	return err
}

// refusal reports whether an error says that there is no work for us, rather
// than that the server is busy or away.
func refusal(err error) bool {
	switch code(err) {
	case codes.NotFound, codes.PermissionDenied, codes.Unauthenticated, codes.InvalidArgument, codes.Unimplemented, codes.FailedPrecondition:
		return true
	}
	return false
}

// answered takes in the answer to a poll for one kind of work.
func (p *Polls) answered(kind string, err error, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	refused := refusal(err)
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
		p.tell(p.Fatal, err)
		return
	}
	switch {
	case before == 0 && refused:
		p.tell(p.Changed, err)
	case before > 0 && len(p.since) == 0 && p.Changed != nil:
		p.Changed(nil)
	}
}

// tell passes on why work is refused, with what to do.
func (p *Polls) tell(to func(error), err error) {
	if to != nil {
		to(fmt.Errorf("%s: %w", refusedHint(code(err), p.namespace), err))
	}
}

// refusedHint says what to do about a refusal; "" for one that says nothing by
// itself.
func refusedHint(c codes.Code, namespace string) string {
	switch c {
	case codes.NotFound:
		return fmt.Sprintf("there is no namespace %q: correct TEMPORAL_NAMESPACE, or create it with `temporal operator namespace create --namespace %s`", namespace, namespace)
	case codes.Unauthenticated:
		return "the server doesn't accept who we are: check TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH"
	case codes.PermissionDenied:
		return fmt.Sprintf("no access to namespace %q: check that TEMPORAL_API_KEY is valid for it and that TEMPORAL_NAMESPACE is its full name (in Temporal Cloud name.account)", namespace)
	}
	return "the server refuses to give out work: see its log, and whether its version is one that this worker knows"
}
