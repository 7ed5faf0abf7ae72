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
		if !s.isCounted(i) {
			p.Uncounted++
		}
	}
	if st.Stream < len(st.AppsKnown) && !s.isCounted(st.Stream) {
		p.AppsKnown = 0 // what is known of other streams says nothing of how far this one is
	}
	s.limitProgress(&p)
	return p, nil
}

// countRead takes a page into the progress. A list that is read again because its rows
// moved was counted when it was read first.
func (s *syncRun) countRead(page contract.AppsPage) {
	st := s.state
	if st.List.Passes > 0 {
		return
	}
	known, read := &st.AppsKnown[st.Stream], &st.AppsRead[st.Stream]
	total := page.CountList(*read)
	*read += page.CountRows()
	*known = max(*known, total, *read)
}

// isCounted reports whether it is known how many apps of a stream are to be read, about.
func (s *syncRun) isCounted(i int) bool {
	st := s.state
	switch {
	case i < st.Stream, i < st.Shortcut.AgainStream, st.AppsKnown[i] > st.AppsRead[i]:
		return true
	case i == st.Stream && (st.Skip < 0 || s.lastPage || st.List.Passes > 0):
		return true // read to its end
	}
	// None are to be read, or all that were counted are read, and there are more.
	return st.AppsRead[i] == 0 && i < len(st.Plan.Totals) && st.Plan.Totals[i] >= 0
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
