package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/saas"
)

// Progress is how far a session has got, up to the page that is finished. What
// the page at work has done is in its activity's heartbeat.
type Progress struct {
	Phase     string        `json:"phase"`
	Mode      string        `json:"mode,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Streams   []string      `json:"streams,omitempty"`
	Stream    int           `json:"stream"`    // index of the stream being read
	AppsKnown int           `json:"appsKnown"` // in the streams looked at so far, about
	AppsRead  int           `json:"appsRead"`
	Pages     int           `json:"pages"`
	Counts    saas.Counts   `json:"counts"`
	Requests  saas.Requests `json:"requests"`
	Warnings  []string      `json:"warnings,omitempty"`
	At        time.Time     `json:"at,omitzero"`
}

func (s *syncRun) query() (Progress, error) { return s.progress(), nil }

func (s *syncRun) progress() Progress {
	st := s.state
	p := Progress{
		Phase: s.phase, Mode: st.Result.Mode, Reason: st.Result.Reason, Streams: st.Result.Streams,
		Stream: min(st.Stream, max(len(st.Plan.Streams)-1, 0)), Pages: st.Result.Pages,
		Counts: st.Result.Counts, Requests: st.Result.Requests, Warnings: st.Result.Warnings,
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
	workflow.SignalExternalWorkflow(ctx, s.in.Session, s.in.Run, SignalProgress, p)
}
