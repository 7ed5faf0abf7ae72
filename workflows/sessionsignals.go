package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
)

// What comes by signal comes from anybody who may write to the namespace, so it
// is looked at before it is believed. One bad signal is dropped with a warning
// and holds up none of the rest; in particular nothing here waits for a better
// one, as a blocking receive would after one that can't be decoded.

// Bounds on signals, in bytes and characters.
const (
	maxProgress = 512 << 10 // a session's notes are the most of it
	maxStarter  = 200
	maxWaiting  = 16 << 10
)

// drain hands each signal of a channel over as its JSON. One that can't even be
// decoded is dropped by the SDK, which logs it.
func drain(c workflow.ReceiveChannel, each func(json.RawMessage)) {
	var raw json.RawMessage
	for c.ReceiveAsync(&raw) {
		each(raw)
		raw = nil
	}
}

// believe reads a signal into a value of its own, so that nothing of a bad one
// shines through the next.
func believe[T any](raw json.RawMessage, most int, check func(T) error) (v T, err error) {
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return v, errors.New("it is empty")
	case len(raw) > most:
		return v, fmt.Errorf("it has %d bytes, and %d is the most", len(raw), most)
	}
	if err = json.Unmarshal(raw, &v); err != nil {
		return v, err
	}
	return v, check(v)
}

// dropped tells the log of a signal that is not believed.
func dropped(ctx workflow.Context, signal string, err error) {
	workflow.GetLogger(ctx).Warn("a signal was dropped: its content can't be right", "signal", signal, "error", err)
}

// hearProgress takes in what Sync told last; false when there was nothing to
// believe.
func (s *session) hearProgress(ctx workflow.Context, c workflow.ReceiveChannel) (news bool) {
	drain(c, func(raw json.RawMessage) {
		p, err := believe(raw, maxProgress, checkProgress)
		if err != nil {
			dropped(ctx, contract.SignalProgress, err)
			return
		}
		s.progress, news = p, true
	})
	return news
}

// checkProgress refuses what no Sync tells.
func checkProgress(p Progress) error {
	c := p.Counts
	switch {
	case p.Phase == "" || p.At.IsZero():
		return errors.New("it has no phase or no time")
	case min(p.AppsKnown, p.AppsRead, p.Pages, c.Apps.Seen, c.Apps.Rejected, c.Users.Seen, c.Users.Rejected, c.People.Created, p.Requests.Defender, p.Requests.Oomnitza) < 0:
		return errors.New("a count is below zero")
	}
	return nil
}

// hearWaiting takes in what the activity at work waits for, and passes it on:
// the session's page tells of a wait while it lasts, not after.
func (s *syncRun) hearWaiting(ctx workflow.Context) {
	c := workflow.GetSignalChannel(ctx, contract.SignalWaiting)
	for {
		var raw json.RawMessage
		c.Receive(ctx, &raw)
		w, err := believe(raw, maxWaiting, checkWaiting)
		if err != nil {
			dropped(ctx, contract.SignalWaiting, err)
			continue
		}
		s.waiting = w
		s.tell(ctx, true)
	}
}

// checkWaiting refuses what no activity tells.
func checkWaiting(w contract.Waiting) error {
	if w.On() && w.Since.IsZero() {
		return errors.New("it has no beginning")
	}
	return nil
}

// hearStarter takes in who asked for the session; false when there was nothing
// to believe.
func (s *session) hearStarter(ctx workflow.Context) (news bool) {
	drain(s.startedBy, func(raw json.RawMessage) {
		by, err := believe(raw, 10*maxStarter, checkStarter)
		if err != nil {
			dropped(ctx, contract.SignalStartedBy, err)
			return
		}
		s.result.StartedBy, news = by, true
	})
	return news
}

// checkStarter refuses what is no name: the Web UI's list shows it.
func checkStarter(by string) error {
	if by == "" || len(by) > maxStarter || strings.ContainsFunc(by, unicode.IsControl) {
		return fmt.Errorf("a name has 1 to %d printable characters", maxStarter)
	}
	return nil
}
