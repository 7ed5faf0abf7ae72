package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/temporalerr"
)

// sameAs finds deliveries of the same notice to the same receiver.
func sameAs(u contract.Delivery) func(contract.Delivery) bool {
	return func(v contract.Delivery) bool { return u.Key == v.Key && u.Channel == v.Channel && u.To == v.To }
}

const (
	// firstRetry and lastRetry bound the pause before a delivery is tried
	// again; it doubles from the one to the other.
	firstRetry = 5 * time.Second
	lastRetry  = 15 * time.Minute
	// refusedRetry is the pause after a refusal that waiting does not cure.
	refusedRetry = time.Hour
	// tooLate is the age at which a notice is of no use any more.
	tooLate = 72 * time.Hour
	// pingTooLate is that of a ping.
	pingTooLate = time.Hour
)

// ReceiversOf are all that a notice goes to.
func ReceiversOf(s *contract.WatchState, key string, at time.Time) []contract.Delivery {
	var out []contract.Delivery
	for _, contact := range s.Watch.Settings.Contacts {
		out = append(out, contract.Delivery{Key: key, Channel: contract.ChannelEmail, To: contact, Since: at, Next: at})
	}
	return append(out, contract.Delivery{Key: key, Channel: contract.ChannelWebhook, Since: at, Next: at})
}

// queueNotice takes in a notice that is due, unless it was told already. What somebody
// outside is about to send waits for that to be over.
func queueNotice(s *contract.WatchState, n contract.Notice, at time.Time) {
	if slices.Contains(s.Told, n.Key) {
		return
	}
	rememberNotice(s, n)
	wait := at
	for _, c := range s.Claims {
		if slices.Contains(c.Keys, n.Key) && c.Until.After(wait) {
			wait = c.Until
		}
	}
	for _, u := range ReceiversOf(s, n.Key, at) {
		u.Next = wait
		s.Pending = append(s.Pending, u)
	}
}

// rememberNotice keeps a notice for the in-app list.
func rememberNotice(s *contract.WatchState, n contract.Notice) {
	s.Told = append(s.Told, n.Key)
	s.Told = s.Told[max(0, len(s.Told)-keptTold):]
	s.Notices = append(s.Notices, n)
	s.Notices = s.Notices[max(0, len(s.Notices)-keptNotices):]
}

// HearTold takes in what was sent from outside.
func HearTold(s *contract.WatchState, t contract.ToldNotices) {
	for _, n := range t.Notices {
		if !slices.Contains(s.Told, n.Key) {
			rememberNotice(s, n)
		}
		s.Pending = slices.DeleteFunc(s.Pending, func(u contract.Delivery) bool { return u.Key == n.Key })
	}
	for _, done := range t.Done {
		s.Pending = slices.DeleteFunc(s.Pending, sameAs(done))
	}
	for _, u := range t.Pending {
		s.Pending = append(slices.DeleteFunc(s.Pending, sameAs(u)), u)
	}
}

// OverdueDeliveries are the deliveries whose time has come, and that nobody makes while
// no worker is alive.
func OverdueDeliveries(s *contract.WatchState, now time.Time) []contract.Delivery {
	var out []contract.Delivery
	for _, u := range s.Pending {
		if !u.Next.After(now) {
			out = append(out, u)
		}
	}
	return out
}

// queuePing has the dead man's switch told of a good session.
func queuePing(s *contract.WatchState, at time.Time) {
	u := contract.Delivery{Channel: contract.ChannelPing, Since: at, Next: at}
	s.Pending = slices.DeleteFunc(s.Pending, sameAs(u))
	s.Pending = append(s.Pending, u)
}

// MarkRead marks notices as read.
func MarkRead(s *contract.WatchState, r contract.ReadNotices) {
	for i := range s.Notices {
		s.Notices[i].Read = s.Notices[i].Read || r.All || slices.Contains(r.Keys, s.Notices[i].Key)
	}
}

// allRead is the search attribute of a Watch without unread notices.
const allRead = "none"

// unreadKind is the kind of the latest notice that nobody has read.
func unreadKind(s *contract.WatchState) string {
	for _, n := range slices.Backward(s.Notices) {
		if !n.Read {
			return string(n.Kind)
		}
	}
	return allRead
}

// FindNotice finds a notice by its key; a ping has none to find.
func FindNotice(s *contract.WatchState, key string) (contract.Notice, bool) {
	i := slices.IndexFunc(s.Notices, func(n contract.Notice) bool { return n.Key == key })
	if i < 0 {
		return contract.Notice{}, key == ""
	}
	return s.Notices[i], true
}

// deliver starts every delivery that is due, each on its own, so that one that
// fails or takes long holds up no other.
func (w *watchRun) deliver(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for i := range w.state.Pending {
		u := &w.state.Pending[i]
		n, known := FindNotice(w.state, u.Key)
		if u.Flying || u.Next.After(now) || !known {
			continue
		}
		u.Flying = true
		w.flying++
		w.dirty = true
		attempt := *u
		workflow.Go(ctx, func(ctx workflow.Context) {
			var got contract.DeliverNoticeResult
			err := workflow.ExecuteActivity(delivering(ctx, attempt.Channel), contract.ActivityDeliverNotice, contract.DeliverNoticeParams{
				Channel: attempt.Channel, To: attempt.To, Notice: n,
			}).Get(ctx, &got)
			w.flying--
			w.dirty = true
			settleDelivery(w.state, attempt, err, workflow.Now(ctx))
		})
	}
}

// settleDelivery settles an attempt: what failed is tried again until it is too
// late.
func settleDelivery(s *contract.WatchState, u contract.Delivery, err error, now time.Time) {
	i := slices.IndexFunc(s.Pending, sameAs(u))
	if i < 0 {
		return // told from outside meanwhile
	}
	if err == nil {
		s.Pending = slices.Delete(s.Pending, i, i+1)
		return
	}
	p := FailedDelivery(u, err, now)
	if isTooOld(p, now) {
		s.Pending = slices.Delete(s.Pending, i, i+1)
		s.Lost = append(s.Lost, p)
		s.Lost = s.Lost[max(0, len(s.Lost)-keptLost):]
		return
	}
	s.Pending[i] = p
}

// FailedDelivery is a delivery after an attempt that failed. What can't be cured by
// waiting is tried again too, in case somebody corrects a setting.
func FailedDelivery(u contract.Delivery, err error, now time.Time) contract.Delivery {
	pause := min(lastRetry, firstRetry<<min(u.Tries, 10))
	var told *temporal.ApplicationError
	if errors.As(err, &told) {
		pause = max(pause, told.NextRetryDelay())
		if told.NonRetryable() {
			pause = max(pause, refusedRetry)
		}
	}
	u.Flying = false
	u.Error, u.Tries, u.Next = temporalerr.Reason(err), u.Tries+1, now.Add(pause)
	return u
}

// isTooOld reports whether a delivery is not worth another attempt.
func isTooOld(u contract.Delivery, now time.Time) bool {
	if u.Channel == contract.ChannelPing {
		return now.Sub(u.Since) > pingTooLate
	}
	return now.Sub(u.Since) > tooLate
}
