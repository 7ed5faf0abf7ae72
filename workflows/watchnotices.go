package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/activities"
	"defendersync/internal/notice"
)

// Undelivered is a notice on its way to one receiver.
type Undelivered struct {
	Key     string    `json:"key"` // of the notice; "" for a ping
	Channel string    `json:"channel"`
	To      string    `json:"to,omitempty"`
	Since   time.Time `json:"since"`
	Next    time.Time `json:"next"`            // when to try (again)
	Tries   int       `json:"tries,omitempty"` // so far
	Error   string    `json:"error,omitempty"` // of the last one

	flying bool // being tried at this moment
}

func (u Undelivered) same(v Undelivered) bool {
	return u.Key == v.Key && u.Channel == v.Channel && u.To == v.To
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

// Receivers are all that a notice goes to.
func (s *WatchState) Receivers(key string, at time.Time) []Undelivered {
	var out []Undelivered
	for _, contact := range s.Watch.Settings.Contacts {
		out = append(out, Undelivered{Key: key, Channel: activities.ChannelEmail, To: contact, Since: at, Next: at})
	}
	return append(out, Undelivered{Key: key, Channel: activities.ChannelWebhook, Since: at, Next: at})
}

// tell takes in a notice that is due, unless it was told already. What somebody
// outside is about to send waits for that to be over.
func (s *WatchState) tell(n notice.Notice, at time.Time) {
	if slices.Contains(s.Told, n.Key) {
		return
	}
	s.remember(n)
	wait := at
	for _, c := range s.Claims {
		if slices.Contains(c.Keys, n.Key) && c.Until.After(wait) {
			wait = c.Until
		}
	}
	for _, u := range s.Receivers(n.Key, at) {
		u.Next = wait
		s.Pending = append(s.Pending, u)
	}
}

// remember keeps a notice for the in-app list.
func (s *WatchState) remember(n notice.Notice) {
	s.Told = append(s.Told, n.Key)
	s.Told = s.Told[max(0, len(s.Told)-keptTold):]
	s.Notices = append(s.Notices, n)
	s.Notices = s.Notices[max(0, len(s.Notices)-keptNotices):]
}

// Hear takes in what was sent from outside.
func (s *WatchState) Hear(t Told) {
	for _, n := range t.Notices {
		if !slices.Contains(s.Told, n.Key) {
			s.remember(n)
		}
		s.Pending = slices.DeleteFunc(s.Pending, func(u Undelivered) bool { return u.Key == n.Key })
	}
	for _, done := range t.Done {
		s.Pending = slices.DeleteFunc(s.Pending, done.same)
	}
	for _, u := range t.Pending {
		s.Pending = append(slices.DeleteFunc(s.Pending, u.same), u)
	}
}

// Overdue are the deliveries whose time has come, and that nobody makes while
// no worker is alive.
func (s *WatchState) Overdue(now time.Time) []Undelivered {
	var out []Undelivered
	for _, u := range s.Pending {
		if !u.Next.After(now) {
			out = append(out, u)
		}
	}
	return out
}

// ping has the dead man's switch told of a good session.
func (s *WatchState) ping(at time.Time) {
	u := Undelivered{Channel: activities.ChannelPing, Since: at, Next: at}
	s.Pending = slices.DeleteFunc(s.Pending, u.same)
	s.Pending = append(s.Pending, u)
}

// MarkRead marks notices as read.
func (s *WatchState) MarkRead(r Read) {
	for i := range s.Notices {
		s.Notices[i].Read = s.Notices[i].Read || r.All || slices.Contains(r.Keys, s.Notices[i].Key)
	}
}

// allRead is the search attribute of a Watch without unread notices.
const allRead = "none"

// unread is the kind of the latest notice that nobody has read.
func (s *WatchState) unread() string {
	for _, n := range slices.Backward(s.Notices) {
		if !n.Read {
			return string(n.Kind)
		}
	}
	return allRead
}

// Find finds a notice by its key; a ping has none to find.
func (s *WatchState) Find(key string) (notice.Notice, bool) {
	i := slices.IndexFunc(s.Notices, func(n notice.Notice) bool { return n.Key == key })
	if i < 0 {
		return notice.Notice{}, key == ""
	}
	return s.Notices[i], true
}

// deliver starts every delivery that is due, each on its own, so that one that
// fails or takes long holds up no other.
func (w *watchRun) deliver(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for i := range w.state.Pending {
		u := &w.state.Pending[i]
		n, known := w.state.Find(u.Key)
		if u.flying || u.Next.After(now) || !known {
			continue
		}
		u.flying = true
		w.flying++
		w.dirty = true
		attempt := *u
		workflow.Go(ctx, func(ctx workflow.Context) {
			var got activities.Delivery
			err := workflow.ExecuteActivity(delivering(ctx, attempt.Channel), activities.SendNotice, activities.DeliverInput{
				Channel: attempt.Channel, To: attempt.To, Notice: n,
			}).Get(ctx, &got)
			w.flying--
			w.dirty = true
			w.state.delivered(attempt, err, workflow.Now(ctx))
		})
	}
}

// delivered settles an attempt: what failed is tried again until it is too
// late.
func (s *WatchState) delivered(u Undelivered, err error, now time.Time) {
	i := slices.IndexFunc(s.Pending, u.same)
	if i < 0 {
		return // told from outside meanwhile
	}
	if err == nil {
		s.Pending = slices.Delete(s.Pending, i, i+1)
		return
	}
	p := u.Failed(err, now)
	if p.tooOld(now) {
		s.Pending = slices.Delete(s.Pending, i, i+1)
		s.Lost = append(s.Lost, p)
		s.Lost = s.Lost[max(0, len(s.Lost)-keptLost):]
		return
	}
	s.Pending[i] = p
}

// Failed is a delivery after an attempt that failed. What can't be cured by
// waiting is tried again too, in case somebody corrects a setting.
func (u Undelivered) Failed(err error, now time.Time) Undelivered {
	pause := min(lastRetry, firstRetry<<min(u.Tries, 10))
	var told *temporal.ApplicationError
	if errors.As(err, &told) {
		pause = max(pause, told.NextRetryDelay())
		if told.NonRetryable() {
			pause = max(pause, refusedRetry)
		}
	}
	u.flying = false
	u.Error, u.Tries, u.Next = reason(err), u.Tries+1, now.Add(pause)
	return u
}

// tooOld reports whether a delivery is not worth another attempt.
func (u Undelivered) tooOld(now time.Time) bool {
	if u.Channel == activities.ChannelPing {
		return now.Sub(u.Since) > pingTooLate
	}
	return now.Sub(u.Since) > tooLate
}
