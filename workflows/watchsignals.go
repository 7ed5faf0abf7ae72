package workflows

import (
	"encoding/json"
	"slices"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/watch"
)

// maxSignal bounds what a Watch takes in by a signal, in bytes.
const maxSignal = 256 << 10

// signals are the channels that a Watch hears.
func signals(ctx workflow.Context) (settings, session, claim, told, read workflow.ReceiveChannel) {
	of := func(name string) workflow.ReceiveChannel { return workflow.GetSignalChannel(ctx, name) }
	return of(contract.SignalSettings), of(contract.SignalSession), of(contract.SignalClaim), of(contract.SignalTold), of(contract.SignalRead)
}

// unheard reports whether a signal waits.
func (w *watchRun) unheard(ctx workflow.Context) bool {
	a, b, c, d, e := signals(ctx)
	return a.Len()+b.Len()+c.Len()+d.Len()+e.Len() > 0
}

// changeChecked is the version from which on signals are looked at before they
// are believed. It is asked for only where one can't be right.
const changeChecked = "checked-signals"

// hearEach takes in the signals of one channel: what of them can be right, and,
// in the replay of what an older version has believed, all that can be read.
// check gives what is left of a value without the parts that can't be right,
// and why they can't; false when that is nothing.
func hearEach[T any](ctx workflow.Context, c workflow.ReceiveChannel, name string, check func(T) (T, bool, error), take func(T)) {
	drain(c, func(raw json.RawMessage) {
		v, usable := *new(T), false
		_, err := believe(raw, maxSignal, func(all T) (err error) {
			v, usable, err = check(all)
			return err
		})
		if err != nil && workflow.GetVersion(ctx, changeChecked, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			v = *new(T)
			usable = len(raw) == 0 || json.Unmarshal(raw, &v) == nil
		} else if err != nil {
			dropped(ctx, name, err)
		}
		if usable {
			take(v)
		}
	})
}

// whole makes a check of one that looks at a value as a whole.
func whole[T any](check func(T) error) func(T) (T, bool, error) {
	return func(v T) (T, bool, error) {
		err := check(v)
		return v, err == nil, err
	}
}

// hear takes in all signals that have come.
func (w *watchRun) hear(ctx workflow.Context) {
	now := workflow.Now(ctx)
	settings, session, claims, told, reads := signals(ctx)
	hearEach(ctx, settings, contract.SignalSettings, func(s contract.WatchSettings) (contract.WatchSettings, bool, error) {
		return watch.BelieveSettings(s, w.name)
	}, func(s contract.WatchSettings) {
		w.state.Watch.Settings, w.state.Stopgap = s, false
		w.hurry(ctx, 0)
	})
	hearEach(ctx, session, contract.SignalSession, whole(func(n contract.SessionNews) error { return watch.CheckNews(n, w.name, now) }), func(n contract.SessionNews) {
		w.hearSession(ctx, n)
	})
	hearEach(ctx, claims, contract.SignalClaim, whole(func(c contract.NoticeClaim) error { return watch.CheckClaim(c, now) }), func(c contract.NoticeClaim) {
		w.state.Claims = append(w.state.Claims, c)
		w.dirty = true
	})
	hearEach(ctx, told, contract.SignalTold, func(t contract.ToldNotices) (contract.ToldNotices, bool, error) { return watch.BelieveSent(t, now) }, func(t contract.ToldNotices) {
		watch.RecordSent(w.state, t)
		w.dirty = true
	})
	hearEach(ctx, reads, contract.SignalRead, whole(watch.CheckRead), func(r contract.ReadNotices) {
		watch.MarkRead(w.state, r)
		w.dirty = true
	})
	w.state.Claims = slices.DeleteFunc(w.state.Claims, func(c contract.NoticeClaim) bool { return c.Until.Before(now) })
}

// hearSession takes in that a session began or is about to end.
func (w *watchRun) hearSession(ctx workflow.Context, n contract.SessionNews) {
	w.dirty = true
	if n.Ends {
		w.hurry(ctx, settling)
		return
	}
	watch.RecordNews(w.state, n, w.name)
}
