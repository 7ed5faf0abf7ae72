package workflows

import (
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// Progress is what a Sync tells its Session.
type Progress = contract.Progress

func (s *syncRun) query() (Progress, error) { return s.progress(), nil }

func (s *syncRun) progress() Progress {
	st := s.state
	p := Progress{
		Phase: s.phase, Mode: st.Result.Mode, Reason: st.Result.Reason, Streams: st.Result.Streams,
		Stream: min(st.Stream, max(len(st.Plan.Streams)-1, 0)), Pages: st.Result.Pages,
		Counts: st.Result.Counts, Requests: st.Result.Requests, Warnings: st.Result.Warnings, Waiting: s.waiting,
	}
	for i := range st.Known {
		p.AppsKnown += st.Known[i]
		p.AppsRead += st.Read[i]
	}
	return p
}

// tell brings the session's page up to date: at once where it matters, else
// now and then, since every word of it is an event in two histories.
func (s *syncRun) tell(ctx workflow.Context, now bool) {
	at := workflow.Now(ctx)
	if !now && at.Sub(s.state.Told) < tellEvery {
		return
	}
	s.state.Told = at
	p := s.progress()
	p.At = at.UTC()
	// A session that is gone has no use for it; nothing waits for delivery.
	workflow.SignalExternalWorkflow(ctx, s.in.Session, s.in.Run, contract.SignalProgress, p)
}
