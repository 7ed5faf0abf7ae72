package workflows

import (
	"encoding/json"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

const (
	// maxWatchBytes bounds a signal to a watch.
	maxWatchBytes = 256 << 10
	// settlingTime is how long after a session said that it ends it is looked at.
	settlingTime = time.Second
)

// watchSignals are the signals that a watch takes.
var watchSignals = []string{contract.SignalSettings, contract.SignalSession, contract.SignalClaim, contract.SignalSent, contract.SignalRead, contract.SignalRenew}

// hasSignals reports whether a signal waits to be received.
func hasSignals(ctx workflow.Context) bool {
	for _, name := range watchSignals {
		if workflow.GetSignalChannel(ctx, name).Len() > 0 {
			return true
		}
	}
	return false
}

// receiveSignals takes in all signals that have arrived.
func (w *watchRun) receiveSignals(ctx workflow.Context) {
	now := workflow.Now(ctx)
	receiveEach(ctx, contract.SignalSettings, func(s contract.WatchSettings) (contract.WatchSettings, bool, error) {
		return watch.BelieveSettings(s, w.integration)
	}, func(s contract.WatchSettings) {
		w.state.Watch.Settings, w.state.DefaultSettings = s, false
		w.lookWithin(ctx, 0)
	})
	receiveEach(ctx, contract.SignalSession, checkWhole(func(n contract.SessionNews) error {
		return watch.CheckNews(n, w.integration, now)
	}), func(n contract.SessionNews) {
		w.takeNews(ctx, n)
	})
	receiveEach(ctx, contract.SignalClaim, checkWhole(func(c contract.NoticeClaim) error {
		return watch.CheckClaim(c, now)
	}), func(c contract.NoticeClaim) {
		w.state.Claims = append(w.state.Claims, c)
		w.published.stale = true
	})
	receiveEach(ctx, contract.SignalSent, func(t contract.SentNotices) (contract.SentNotices, bool, error) {
		return watch.BelieveSent(t, now)
	}, func(t contract.SentNotices) {
		watch.RecordSent(w.state, t)
		w.published.stale = true
	})
	receiveEach(ctx, contract.SignalRead, checkWhole(watch.CheckRead), func(r contract.ReadNotices) {
		watch.MarkRead(w.state, r)
		w.published.stale = true
	})
	drainSignals(workflow.GetSignalChannel(ctx, contract.SignalRenew), func(json.RawMessage) { w.renew = true })
	w.state.Claims = slices.DeleteFunc(w.state.Claims, func(c contract.NoticeClaim) bool { return c.Until.Before(now) })
}

// takeNews takes in that a session began or is about to end.
func (w *watchRun) takeNews(ctx workflow.Context, n contract.SessionNews) {
	w.published.stale = true
	if n.Ends {
		w.lookWithin(ctx, settlingTime)
		return
	}
	watch.RecordNews(w.state, n, w.integration)
}

// receiveEach takes in the signals of a name. believe returns a value without
// the parts that cannot be right, and why they cannot; false when nothing is
// left. When a run is replayed that believed everything, so does receiveEach.
func receiveEach[T any](ctx workflow.Context, name string, believe func(T) (T, bool, error), take func(T)) {
	drainSignals(workflow.GetSignalChannel(ctx, name), func(raw json.RawMessage) {
		var v T
		usable := false
		_, err := parseSignal(raw, maxWatchBytes, func(all T) (err error) {
			v, usable, err = believe(all)
			return err
		})
		if err != nil && workflow.GetVersion(ctx, changeCheckedSignals, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			v = *new(T)
			usable = len(raw) == 0 || json.Unmarshal(raw, &v) == nil
		} else if err != nil {
			logDropped(ctx, name, err)
		}
		if usable {
			take(v)
		}
	})
}

// checkWhole makes a believe function of a check that accepts a value or rejects
// all of it.
func checkWhole[T any](check func(T) error) func(T) (T, bool, error) {
	return func(v T) (T, bool, error) {
		err := check(v)
		return v, err == nil, err
	}
}
