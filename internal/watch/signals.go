package watch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
)

// Anybody who may write to the namespace may send the watch a signal, so each is checked
// before it is believed. What a signal holds, and why it cannot be right, is checked
// here; what the watch does with it is the workflow's.

// Bounds on signals.
const (
	maxKey      = 300 // bytes of a key, an id or a name
	maxKeys     = 1000
	maxNotices  = keptNotices
	maxSessions = 100 // that are announced and not seen yet
	// maxClaim is how long a process outside may hold notices back.
	maxClaim = time.Hour
)

// runPattern is the form of Temporal's run ids.
var runPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// isSession reports whether ids may be those of one of the integration's sessions.
func isSession(id, run, integration string) bool {
	_, ours := contract.CutSessionID(integration, id)
	return ours && len(id) <= maxKey && runPattern.MatchString(run)
}

// CheckNews rejects news that no session of the integration sends.
func CheckNews(n contract.SessionNews, integration string, now time.Time) error {
	switch {
	case !isSession(n.ID, n.Run, integration):
		return fmt.Errorf("workflow id %.100q with run id %.50q is not a session of %s", n.ID, n.Run, integration)
	case !isPlausible(n.Began, now):
		return fmt.Errorf("the session began at %s", moment.FormatExact(n.Began, nil))
	}
	return nil
}

// RecordNews records that a session has begun, so that the next observation looks it up,
// and takes over its settings if the watch has lost its own.
func RecordNews(s *contract.WatchState, n contract.SessionNews, integration string) {
	if n.Settings != nil && (s.DefaultSettings || CheckSettings(s.Watch.Settings, integration) != nil) {
		if settings, usable, _ := BelieveSettings(*n.Settings, integration); usable {
			s.Watch.Settings, s.DefaultSettings = settings, false
		}
	}
	if len(s.Watch.Sessions) < maxSessions {
		s.Watch = AnnounceSession(s.Watch, n.ID, n.Run, n.Began)
	}
}

// CheckClaim rejects a claim that names nothing, or that would hold notices back for
// longer than it takes to send them.
func CheckClaim(c contract.NoticeClaim, now time.Time) error {
	switch {
	case c.By == "" || len(c.By) > maxKey:
		return errors.New("the claim does not name its owner")
	case len(c.Keys) == 0:
		return errors.New("the claim names no notice")
	case isTooLong(c, now):
		return fmt.Errorf("the claim lasts until %s", moment.FormatExact(c.Until, nil))
	}
	return checkKeys(c.Keys)
}

// isTooLong reports whether a claim would hold notices back for too long.
func isTooLong(c contract.NoticeClaim, now time.Time) bool { return c.Until.After(now.Add(maxClaim)) }

// BelieveSent returns what a process outside has sent, without the entries that nobody
// can have sent, and why these cannot be right. It returns false if nothing is left.
func BelieveSent(sent contract.SentNotices, now time.Time) (contract.SentNotices, bool, error) {
	if len(sent.Notices) > maxNotices || len(sent.Pending)+len(sent.Done) > maxKeys {
		return sent, false, fmt.Errorf("%d notices with %d deliveries", len(sent.Notices), len(sent.Pending)+len(sent.Done))
	}
	if sent.By == "" || len(sent.By) > maxKey {
		return sent, false, errors.New("it does not name its sender")
	}
	var bad []error
	checkOne := func(d contract.Delivery) error { return checkDelivery(d, now) }
	sent.Notices = keepValid(sent.Notices, &bad, func(n contract.Notice) error { return checkNotice(n, now) })
	sent.Pending, sent.Done = keepValid(sent.Pending, &bad, checkOne), keepValid(sent.Done, &bad, checkOne)
	return sent, true, errors.Join(bad...)
}

// keepValid returns a list without the entries that a check rejects.
func keepValid[T any](list []T, bad *[]error, check func(T) error) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool {
		err := check(v)
		if err != nil {
			*bad = append(*bad, err)
		}
		return err != nil
	})
}

// checkNotice rejects what is not a notice.
func checkNotice(n contract.Notice, now time.Time) error {
	switch {
	case n.Key == "" || len(n.Key) > maxKey || n.Headline == "":
		return fmt.Errorf("a notice with key %.50q and headline %.50q", n.Key, n.Headline)
	case n.Kind.Title() == string(n.Kind):
		return fmt.Errorf("a notice of kind %.50q", n.Kind)
	case !isPlausible(n.At, now):
		return fmt.Errorf("a notice of %s", moment.FormatExact(n.At, nil))
	}
	return nil
}

// checkDelivery rejects a delivery that cannot be made, or not within a useful time.
func checkDelivery(d contract.Delivery, now time.Time) error {
	if !slices.Contains([]string{contract.ChannelEmail, contract.ChannelWebhook, contract.ChannelPing}, d.Channel) {
		return fmt.Errorf("a delivery by %.50q", d.Channel)
	}
	if !isPlausible(d.Since, now) || d.Next.After(now.Add(maxAge)) || d.Tries < 0 {
		return fmt.Errorf("a delivery of %s, to be tried at %s", moment.FormatExact(d.Since, nil), moment.FormatExact(d.Next, nil))
	}
	return nil
}

// CheckRead rejects a signal that marks no notice as read.
func CheckRead(marked contract.ReadNotices) error {
	if !marked.All && len(marked.Keys) == 0 {
		return errors.New("it names no notice")
	}
	return checkKeys(marked.Keys)
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

// isPlausible reports whether a reported time can be right. It may come from another
// clock, and nothing that is reported is older than a few years.
func isPlausible(at, now time.Time) bool {
	return at.After(now.AddDate(-5, 0, 0)) && at.Before(now.Add(24*time.Hour))
}
