package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// retryReason is why the apps that the last session rejected are read whole.
const retryReason = "rejected in the session before"

// keptClaims bounds the claims that a session carries to the next.
const keptClaims = 500

// retryRejected carries over again the apps of one stream that the last session
// rejected. They are read whole, since nothing may have changed in Defender.
func (s *syncRun) retryRejected(ctx workflow.Context) error {
	id := s.state.Retry[0].Stream
	var apps, later []saas.App
	for _, app := range s.state.Retry {
		if app.Stream == id {
			apps = append(apps, app)
		} else {
			later = append(later, app)
		}
	}
	s.state.Retry = later
	for _, stream := range s.state.Plan.Streams {
		if stream.ID != id {
			continue
		}
		for _, app := range apps {
			s.state.Retried = append(s.state.Retried, app.Stream+"/"+app.ID)
		}
		whole := saas.Window{Mode: saas.ModeFull, Timeframe: 90, Reason: retryReason}
		return s.syncApps(ctx, stream, apps, whole, nil)
	}
	s.state.Result.AddWarning(fmt.Sprintf("%d apps of a stream that is no longer read were not tried again", len(apps)))
	return nil
}

// dropRetried leaves out the apps that retryRejected has carried over.
func (s *syncRun) dropRetried(apps []saas.App) []saas.App {
	if len(s.state.Retried) == 0 {
		return apps
	}
	retried := make(map[string]bool, len(s.state.Retried))
	for _, id := range s.state.Retried {
		retried[id] = true
	}
	var out []saas.App
	for _, app := range apps {
		if !retried[s.currentStream().ID+"/"+app.ID] {
			out = append(out, app)
		}
	}
	return out
}

// queueRetries has the next session read these apps whole or, where they are too
// many, everything.
func (s *syncRun) queueRetries(stream contract.Stream, apps []saas.App, ids []string) {
	carry := &s.state.Result.Carry
	for _, id := range ids {
		if s.failed != nil {
			s.failed[id] = true
		}
		for _, app := range apps {
			if app.ID == id {
				app.Stream = stream.ID
				carry.Retry = append(carry.Retry, app)
			}
		}
	}
	if len(carry.Retry) > s.params.Policy.MaxRetryApps {
		carry.Retry, carry.FullNext = nil, true
	} else if carry.FullNext {
		carry.Retry = nil
	}
}

// fillCarry sets what the next session goes by. A dry run wrote nothing and a limited
// session a part, so they change nothing.
func (s *syncRun) fillCarry() {
	st := s.state
	carry := &st.Result.Carry
	if s.isDryRun() || s.params.LimitApps > 0 {
		*carry = s.params.Previous
		return
	}
	carry.Watermark, carry.LastFull, carry.Rules = st.Plan.Began, s.params.Previous.LastFull, s.params.Policy.RulesHash()
	if st.Plan.Window.Mode == saas.ModeFull {
		carry.LastFull = st.Plan.Began
	}
	carry.FullNext, carry.Untaken = carry.FullNext || st.Unidentified, st.Untaken.Without(string(saas.FieldName))
	carry.Claims = st.Claims.KeepLatest(keptClaims)
	carry.Prints, carry.Missed = st.Shortcut.Kept, st.Shortcut.Missed
	if st.Plan.Window.Mode != saas.ModeFull {
		carry.Spared, carry.Missed = s.params.Previous.Spared, carry.Missed || s.params.Previous.Missed
	}
	carry.Probed, carry.Unsorted = st.Dialect.KnowsUsers(), st.Dialect.UnsortedLists()
}
