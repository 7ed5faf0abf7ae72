package workflows

import (
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// progressEvery is the pause between two progress signals to the session.
const progressEvery = time.Minute

// currentProgress answers the query for the progress.
func (s *syncRun) currentProgress() (contract.Progress, error) {
	st := s.state
	p := contract.Progress{
		Phase: s.phase, Mode: st.Result.Mode, Reason: st.Result.Reason, Streams: st.Result.Streams,
		Stream: min(st.Stream, max(len(st.Plan.Streams)-1, 0)), Pages: st.Result.Pages,
		Counts: st.Result.Counts, Requests: st.Result.Requests, Warnings: st.Result.Warnings, Waiting: s.waiting,
	}
	for i := range st.AppsKnown {
		p.AppsKnown += st.AppsKnown[i]
		p.AppsRead += st.AppsRead[i]
	}
	for i := st.Stream; i < len(st.AppsKnown); i++ {
		// An older version counted none before it read them.
		if counted := i < len(st.Plan.Totals) && st.Plan.Totals[i] >= 0; !counted && st.AppsKnown[i] == 0 {
			p.Uncounted++
		}
	}
	s.limitProgress(&p)
	return p, nil
}

// signalProgress sends the progress to the session, for its page in the Web UI:
// now, or once a minute, since each signal is an event in two histories.
func (s *syncRun) signalProgress(ctx workflow.Context, now bool) {
	at := workflow.Now(ctx)
	if !now && at.Sub(s.state.ProgressSent) < progressEvery {
		return
	}
	s.state.ProgressSent = at
	p, _ := s.currentProgress() // it never fails
	p.At = at.UTC()
	// Nothing waits for the delivery: a session that is gone has no use for it.
	workflow.SignalExternalWorkflow(ctx, s.params.Session, s.params.Run, contract.SignalProgress, p)
}

// maxWaitingBytes bounds the signal by which an activity says what it waits for.
const maxWaitingBytes = 16 << 10

// receiveWaiting takes in what the activity under way waits for, and passes it
// on at once: the session's page shows a wait while it lasts.
func (s *syncRun) receiveWaiting(ctx workflow.Context) {
	c := workflow.GetSignalChannel(ctx, contract.SignalWaiting)
	for {
		var raw json.RawMessage
		c.Receive(ctx, &raw)
		w, err := parseSignal(raw, maxWaitingBytes, checkWaiting)
		if err != nil {
			logDropped(ctx, contract.SignalWaiting, err)
			continue
		}
		s.waiting = w
		s.signalProgress(ctx, true)
	}
}

// checkWaiting rejects what no activity sends.
func checkWaiting(w contract.Waiting) error {
	if w.IsOn() && w.Since.IsZero() {
		return errors.New("it does not say since when")
	}
	return nil
}
