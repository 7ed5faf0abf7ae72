package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"

	"defendersync/internal/contract"
)

// ErrSilent means that no worker reports how far the running session has got.
var ErrSilent = errors.New("no worker reports its progress")

// answerWithin bounds the wait for a worker's answer.
const answerWithin = 5 * time.Second

// ReadProgress asks the workers how far the session in the lane has got. pickup is when
// a worker picked the session up, see OpenSession; without it there is no estimate of
// the end. The error is ErrSilent if no worker answers, and ErrKey if the answer cannot
// be decrypted.
func (r Reader) ReadProgress(ctx context.Context, pickup time.Time) (Progress, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	reported, err := r.queryProgress(ctx)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{Progress: reported, AppsDone: reported.AppsRead}
	// The answer alone is better than nothing.
	if sync, err := r.describeSync(ctx); err == nil && sync != nil {
		if w, err := r.readWork(ctx, sync); err == nil {
			p = countProgress(reported, w)
		}
	}
	p.Ends = p.estimateEnd(pickup, reported.At)
	return p, nil
}

// queryProgress asks the Sync in the lane for its progress.
func (r Reader) queryProgress(ctx context.Context) (p contract.Progress, err error) {
	answer, err := r.Temporal.QueryWorkflow(ctx, contract.SyncID(r.Integration), "", contract.QueryProgress)
	if err == nil {
		err = ExplainDecoding("its progress", answer.Get(&p))
	}
	if err != nil && !isKeyError(err) {
		err = fmt.Errorf("%w: %w", ErrSilent, err)
	}
	p.At = r.now()
	return p, err
}

// readProgressWithoutWorker reads how far a session has got from histories and
// heartbeats alone. sync is the Sync in the lane. It returns nil if that belongs to
// another session.
func (r Reader) readProgressWithoutWorker(ctx context.Context, s OpenSession, sync *workflowservice.DescribeWorkflowExecutionResponse) (*Progress, error) {
	if sync == nil || !laneOf(sync.GetWorkflowExecutionInfo()).HeldBy(s.Run) {
		return nil, nil
	}
	last, err := r.readLastReport(ctx, s.ID, s.Run)
	if err != nil {
		return nil, err
	}
	w, err := r.readWork(ctx, sync)
	if err != nil {
		return nil, err
	}
	p := countProgress(last.Progress, w)
	p.Ends = p.estimateEnd(s.PickedUp, r.now())
	return &p, nil
}

// lastReport is what a session's Sync reported last, at most a minute before the
// present or before its end. Its zero value is a Sync that has reported nothing.
type lastReport struct {
	contract.Progress
	found      bool
	unreadable error // why no report could be decoded
}

// readLastReport reads the latest report out of the history of a session.
func (r Reader) readLastReport(ctx context.Context, id, run string) (last lastReport, err error) {
	err = r.walkBackward(ctx, id, run, mostEvents, func(e *historypb.HistoryEvent) bool {
		s := e.GetWorkflowExecutionSignaledEventAttributes()
		if s.GetSignalName() != contract.SignalProgress {
			return true
		}
		var p contract.Progress
		if bad := r.decode("its last progress", s.GetInput(), &p); bad != nil {
			last.unreadable = bad
			return true // anybody may send a signal; an older one may be genuine
		}
		last = lastReport{Progress: p, found: true}
		return false
	})
	return last, err
}
