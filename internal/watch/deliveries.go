package watch

import (
	"errors"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/temporalerr"
)

const (
	// firstRetry and lastRetry bound the pause before a failed delivery is retried.
	// The pause doubles from the one to the other.
	firstRetry = 5 * time.Second
	lastRetry  = 15 * time.Minute
	// refusedRetry is the pause after a refusal, which waiting alone does not cure.
	refusedRetry = time.Hour
	// maxAge is the age at which a notice is no longer worth delivering; maxPingAge is
	// that of a ping.
	maxAge     = 72 * time.Hour
	maxPingAge = time.Hour
	// keptLost bounds the deliveries that were given up and are still shown.
	keptLost = 10
)

// ListReceivers returns the deliveries of a notice: one for each contact, and one for
// the webhook.
func ListReceivers(s *contract.WatchState, key string, at time.Time) []contract.Delivery {
	var out []contract.Delivery
	for _, contact := range s.Watch.Settings.Contacts {
		out = append(out, contract.Delivery{Key: key, Channel: contract.ChannelEmail, To: contact, Since: at, Next: at})
	}
	return append(out, contract.Delivery{Key: key, Channel: contract.ChannelWebhook, Since: at, Next: at})
}

// QueueNotice records a notice that is due and queues its deliveries, unless it was
// recorded before. If a process outside has claimed the notice, the deliveries wait
// until the claim expires.
func QueueNotice(s *contract.WatchState, n contract.Notice, at time.Time) {
	if slices.Contains(s.SentKeys, n.Key) {
		return
	}
	keepNotice(s, n)
	next := at
	for _, c := range s.Claims {
		if slices.Contains(c.Keys, n.Key) {
			next = later(next, c.Until)
		}
	}
	for _, d := range ListReceivers(s, n.Key, at) {
		d.Next = next
		s.Pending = append(s.Pending, d)
	}
}

// QueuePing queues a ping of the dead man's switch after a good session.
func QueuePing(s *contract.WatchState, at time.Time) {
	ping := contract.Delivery{Channel: contract.ChannelPing, Since: at, Next: at}
	s.Pending = append(slices.DeleteFunc(s.Pending, sameDelivery(ping)), ping)
}

// ListOverdue returns the deliveries whose time has come. While no worker is alive,
// nobody makes them.
func ListOverdue(s *contract.WatchState, now time.Time) []contract.Delivery {
	var out []contract.Delivery
	for _, d := range s.Pending {
		if !d.Next.After(now) {
			out = append(out, d)
		}
	}
	return out
}

// RecordSent records what a process outside has sent, or tried to.
func RecordSent(s *contract.WatchState, sent contract.SentNotices) {
	for _, n := range sent.Notices {
		if !slices.Contains(s.SentKeys, n.Key) {
			keepNotice(s, n)
		}
		s.Pending = slices.DeleteFunc(s.Pending, func(d contract.Delivery) bool { return d.Key == n.Key })
	}
	for _, d := range sent.Done {
		s.Pending = slices.DeleteFunc(s.Pending, sameDelivery(d))
	}
	for _, d := range sent.Pending {
		s.Pending = append(slices.DeleteFunc(s.Pending, sameDelivery(d)), d)
	}
}

// SettleDelivery records the outcome of an attempt. A delivery that failed is retried
// until it is too old.
func SettleDelivery(s *contract.WatchState, d contract.Delivery, err error, now time.Time) {
	i := slices.IndexFunc(s.Pending, sameDelivery(d))
	if i < 0 {
		return // a process outside has made it meanwhile
	}
	if err == nil {
		s.Pending = slices.Delete(s.Pending, i, i+1)
		return
	}
	failed := FailDelivery(d, err, now)
	if isTooOld(failed, now) {
		s.Pending = slices.Delete(s.Pending, i, i+1)
		s.Lost = append(s.Lost, failed)
		s.Lost = s.Lost[max(0, len(s.Lost)-keptLost):]
		s.GivenUp = countChannel(s.GivenUp, d.Channel)
		return
	}
	s.Pending[i] = failed
}

// countChannel counts one more delivery by a channel. It changes no map, since copies of
// a state share theirs.
func countChannel(counts map[string]int, channel string) map[string]int {
	out := maps.Clone(counts)
	if out == nil {
		out = map[string]int{}
	}
	out[channel]++
	return out
}

// FailDelivery returns a delivery after a failed attempt, with the time of the next one.
// A refusal is retried as well, in case somebody corrects a setting.
func FailDelivery(d contract.Delivery, err error, now time.Time) contract.Delivery {
	pause := min(lastRetry, firstRetry<<min(d.Tries, 10))
	var failed *temporal.ApplicationError
	if errors.As(err, &failed) {
		pause = max(pause, failed.NextRetryDelay())
		if failed.NonRetryable() {
			pause = max(pause, refusedRetry)
		}
	}
	d.UnderWay = false
	d.Error, d.Tries, d.Next = temporalerr.Reason(err), d.Tries+1, now.Add(pause)
	return d
}

// isTooOld reports whether a delivery is not worth another attempt.
func isTooOld(d contract.Delivery, now time.Time) bool {
	limit := maxAge
	if d.Channel == contract.ChannelPing {
		limit = maxPingAge
	}
	return now.Sub(d.Since) > limit
}

// sameDelivery matches deliveries of the same notice to the same receiver.
func sameDelivery(d contract.Delivery) func(contract.Delivery) bool {
	return func(other contract.Delivery) bool {
		return d.Key == other.Key && d.Channel == other.Channel && d.To == other.To
	}
}
