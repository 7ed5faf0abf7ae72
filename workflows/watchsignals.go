package workflows

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"defendersync/activities"
	"defendersync/internal/notice"
	"defendersync/internal/watch"
)

// Bounds on what a Watch takes in by signal, in bytes and in number.
const (
	maxSignal    = 256 << 10
	maxKey       = 300
	maxKeys      = 1000
	maxTold      = keptNotices
	maxAnnounced = 100
	// maxClaim is how long somebody outside may keep notices back.
	maxClaim = time.Hour
)

// signals are the channels that a Watch hears.
func signals(ctx workflow.Context) (settings, session, claim, told, read workflow.ReceiveChannel) {
	of := func(name string) workflow.ReceiveChannel { return workflow.GetSignalChannel(ctx, name) }
	return of(SignalSettings), of(SignalSession), of(SignalClaim), of(SignalTold), of(SignalRead)
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
	hearEach(ctx, settings, SignalSettings, func(s watch.Settings) (watch.Settings, bool, error) { return s.Believe(w.name) }, func(s watch.Settings) {
		w.state.Watch.Settings, w.state.Stopgap = s, false
		w.hurry(ctx, 0)
	})
	hearEach(ctx, session, SignalSession, whole(func(n SessionNews) error { return n.Check(w.name, now) }), func(n SessionNews) {
		w.hearSession(ctx, n)
	})
	hearEach(ctx, claims, SignalClaim, whole(func(c Claim) error { return c.Check(now) }), func(c Claim) {
		w.state.Claims = append(w.state.Claims, c)
		w.dirty = true
	})
	hearEach(ctx, told, SignalTold, func(t Told) (Told, bool, error) { return t.Believe(now) }, func(t Told) {
		w.state.Hear(t)
		w.dirty = true
	})
	hearEach(ctx, reads, SignalRead, whole(Read.Check), func(r Read) {
		w.state.MarkRead(r)
		w.dirty = true
	})
	w.state.Claims = slices.DeleteFunc(w.state.Claims, func(c Claim) bool { return c.Until.Before(now) })
}

// hearSession takes in that a session began or is about to end.
func (w *watchRun) hearSession(ctx workflow.Context, n SessionNews) {
	w.dirty = true
	if n.Ends {
		w.hurry(ctx, settling)
		return
	}
	if n.Settings != nil && (w.state.Stopgap || w.state.Watch.Settings.Check(w.name) != nil) {
		if s, usable, _ := n.Settings.Believe(w.name); usable {
			w.state.Watch.Settings, w.state.Stopgap = s, false
		}
	}
	if len(w.state.Watch.Sessions) < maxAnnounced {
		w.state.Watch = w.state.Watch.Announce(n.ID, n.Run, n.Began)
	}
}

// runID is how Temporal names runs.
var runID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// isSession reports whether a workflow may be a session of an integration, by
// its names.
func isSession(id, run, integration string) bool {
	rest, ours := strings.CutPrefix(id, SessionID(integration))
	return ours && len(id) <= maxKey && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "/")) && runID.MatchString(run)
}

// Check refuses what no session of the integration tells.
func (n SessionNews) Check(integration string, now time.Time) error {
	switch {
	case !isSession(n.ID, n.Run, integration):
		return fmt.Errorf("id %.100q with run %.50q is no session of %s", n.ID, n.Run, integration)
	case !plausible(n.Began, now):
		return fmt.Errorf("it began at %s", stamp(n.Began))
	}
	return nil
}

// Check refuses a claim that says nothing, or that would keep notices back for
// longer than sending them takes.
func (c Claim) Check(now time.Time) error {
	switch {
	case c.By == "" || len(c.By) > maxKey:
		return errors.New("it does not say whose it is")
	case len(c.Keys) == 0:
		return errors.New("it claims nothing")
	case c.Until.After(now.Add(maxClaim)):
		return fmt.Errorf("it holds until %s", stamp(c.Until))
	}
	return checkKeys(c.Keys)
}

// Believe is what was told without what can't have been sent by anybody, and
// why that can't; false when nothing is left.
func (t Told) Believe(now time.Time) (Told, bool, error) {
	if len(t.Notices) > maxTold || len(t.Pending)+len(t.Done) > maxKeys {
		return t, false, fmt.Errorf("%d notices with %d deliveries", len(t.Notices), len(t.Pending)+len(t.Done))
	}
	var bad []error
	deliveries := func(u Undelivered) error { return u.check(now) }
	t.Notices = keep(t.Notices, &bad, func(n notice.Notice) error { return checkNotice(n, now) })
	t.Pending, t.Done = keep(t.Pending, &bad, deliveries), keep(t.Done, &bad, deliveries)
	if t.By == "" || len(t.By) > maxKey {
		return t, false, errors.New("it does not say who told")
	}
	return t, true, errors.Join(bad...)
}

// keep is a list without what a check refuses.
func keep[T any](list []T, bad *[]error, check func(T) error) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool {
		err := check(v)
		if err != nil {
			*bad = append(*bad, err)
		}
		return err != nil
	})
}

// checkNotice refuses what is no notice.
func checkNotice(n notice.Notice, now time.Time) error {
	switch {
	case n.Key == "" || len(n.Key) > maxKey || n.Headline == "":
		return fmt.Errorf("a notice of key %.50q and headline %.50q", n.Key, n.Headline)
	case n.Kind.Title() == string(n.Kind):
		return fmt.Errorf("a notice of kind %.50q", n.Kind)
	case !plausible(n.At, now):
		return fmt.Errorf("a notice of %s", stamp(n.At))
	}
	return nil
}

// check refuses a delivery that can't be made, or not in any useful time.
func (u Undelivered) check(now time.Time) error {
	if !slices.Contains([]string{activities.ChannelEmail, activities.ChannelWebhook, activities.ChannelPing}, u.Channel) {
		return fmt.Errorf("a delivery by %.50q", u.Channel)
	}
	if !plausible(u.Since, now) || u.Next.After(now.Add(tooLate)) || u.Tries < 0 {
		return fmt.Errorf("a delivery of %s, to be tried at %s", stamp(u.Since), stamp(u.Next))
	}
	return nil
}

// Check refuses a mark that marks nothing.
func (r Read) Check() error {
	if !r.All && len(r.Keys) == 0 {
		return errors.New("it marks nothing")
	}
	return checkKeys(r.Keys)
}

func checkKeys(keys []string) error {
	if len(keys) > maxKeys {
		return fmt.Errorf("%d keys", len(keys))
	}
	for _, key := range keys {
		if len(key) > maxKey {
			return fmt.Errorf("a key of %d bytes", len(key))
		}
	}
	return nil
}
