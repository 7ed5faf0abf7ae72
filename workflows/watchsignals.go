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

	"defendersync/internal/contract"
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
	hearEach(ctx, session, contract.SignalSession, whole(func(n contract.SessionNews) error { return checkNews(n, w.name, now) }), func(n contract.SessionNews) {
		w.hearSession(ctx, n)
	})
	hearEach(ctx, claims, contract.SignalClaim, whole(func(c contract.NoticeClaim) error { return CheckClaim(c, now) }), func(c contract.NoticeClaim) {
		w.state.Claims = append(w.state.Claims, c)
		w.dirty = true
	})
	hearEach(ctx, told, contract.SignalTold, func(t contract.ToldNotices) (contract.ToldNotices, bool, error) { return BelieveTold(t, now) }, func(t contract.ToldNotices) {
		HearTold(w.state, t)
		w.dirty = true
	})
	hearEach(ctx, reads, contract.SignalRead, whole(CheckRead), func(r contract.ReadNotices) {
		MarkRead(w.state, r)
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
	if n.Settings != nil && (w.state.Stopgap || watch.CheckSettings(w.state.Watch.Settings, w.name) != nil) {
		if s, usable, _ := watch.BelieveSettings(*n.Settings, w.name); usable {
			w.state.Watch.Settings, w.state.Stopgap = s, false
		}
	}
	if len(w.state.Watch.Sessions) < maxAnnounced {
		w.state.Watch = watch.AnnounceSession(w.state.Watch, n.ID, n.Run, n.Began)
	}
}

// runID is how Temporal names runs.
var runID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// isSession reports whether a workflow may be a session of an integration, by
// its names.
func isSession(id, run, integration string) bool {
	rest, ours := strings.CutPrefix(id, contract.SessionID(integration))
	return ours && len(id) <= maxKey && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "/")) && runID.MatchString(run)
}

// checkNews refuses what no session of the integration tells.
func checkNews(n contract.SessionNews, integration string, now time.Time) error {
	switch {
	case !isSession(n.ID, n.Run, integration):
		return fmt.Errorf("id %.100q with run %.50q is no session of %s", n.ID, n.Run, integration)
	case !plausible(n.Began, now):
		return fmt.Errorf("it began at %s", stamp(n.Began))
	}
	return nil
}

// CheckClaim refuses a claim that says nothing, or that would keep notices back for
// longer than sending them takes.
func CheckClaim(c contract.NoticeClaim, now time.Time) error {
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

// BelieveTold is what was told without what can't have been sent by anybody, and
// why that can't; false when nothing is left.
func BelieveTold(t contract.ToldNotices, now time.Time) (contract.ToldNotices, bool, error) {
	if len(t.Notices) > maxTold || len(t.Pending)+len(t.Done) > maxKeys {
		return t, false, fmt.Errorf("%d notices with %d deliveries", len(t.Notices), len(t.Pending)+len(t.Done))
	}
	var bad []error
	deliveries := func(u contract.Delivery) error { return checkDelivery(u, now) }
	t.Notices = keep(t.Notices, &bad, func(n contract.Notice) error { return checkNotice(n, now) })
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
func checkNotice(n contract.Notice, now time.Time) error {
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

// checkDelivery refuses a delivery that can't be made, or not in any useful time.
func checkDelivery(u contract.Delivery, now time.Time) error {
	if !slices.Contains([]string{contract.ChannelEmail, contract.ChannelWebhook, contract.ChannelPing}, u.Channel) {
		return fmt.Errorf("a delivery by %.50q", u.Channel)
	}
	if !plausible(u.Since, now) || u.Next.After(now.Add(tooLate)) || u.Tries < 0 {
		return fmt.Errorf("a delivery of %s, to be tried at %s", stamp(u.Since), stamp(u.Next))
	}
	return nil
}

// CheckRead refuses a mark that marks nothing.
func CheckRead(r contract.ReadNotices) error {
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
