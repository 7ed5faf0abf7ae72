package watch

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
)

// newState is a watch that notifies two contacts.
func newState() *contract.WatchState {
	s := contract.NewWatchState(settings, noon.Add(-48*time.Hour))
	s.Watch.Settings.Contacts = []string{"ann@contoso.com", "bob@contoso.com"}
	return s
}

// notice is a notice that is worth sending at noon.
func notice(key string) contract.Notice {
	return contract.Notice{Key: key, Kind: contract.NoticeFailed, Headline: "failed", At: noon}
}

// delivery is one of a notice by email.
func delivery(key, to string) contract.Delivery {
	return contract.Delivery{Key: key, Channel: contract.ChannelEmail, To: to, Since: noon, Next: noon}
}

// pending are a state's deliveries as "key channel to".
func pending(s *contract.WatchState) (out []string) {
	for _, d := range s.Pending {
		out = append(out, d.Key+" "+d.Channel+" "+d.To)
	}
	return out
}

func TestANoticeIsQueuedOnceForEachReceiver(t *testing.T) {
	s := newState()
	for range 2 {
		QueueNotice(s, notice("a"), noon)
	}
	want := []contract.Delivery{delivery("a", "ann@contoso.com"), delivery("a", "bob@contoso.com"), {Key: "a", Channel: contract.ChannelWebhook, Since: noon, Next: noon}}
	if !slices.Equal(s.Pending, want) || len(s.Notices) != 1 || !slices.Equal(s.SentKeys, []string{"a"}) {
		t.Errorf("%+v, %d notices", s.Pending, len(s.Notices))
	}
}

func TestANoticeThatIsClaimedWaitsForTheLastClaim(t *testing.T) {
	s := newState()
	s.Claims = []contract.NoticeClaim{
		{Keys: []string{"x", "a"}, Until: noon.Add(time.Minute)}, {Keys: []string{"a"}, Until: noon.Add(2 * time.Minute)}, {Keys: []string{"a"}, Until: noon.Add(-time.Minute)},
		{Keys: []string{"b"}, Until: noon.Add(time.Hour)},
	}
	QueueNotice(s, notice("a"), noon)
	for _, d := range s.Pending {
		if !d.Next.Equal(noon.Add(2*time.Minute)) || !d.Since.Equal(noon) {
			t.Errorf("%+v", d)
		}
	}
}

func TestThereIsOnePing(t *testing.T) {
	s := newState()
	s.Pending = []contract.Delivery{delivery("a", "ann@contoso.com")}
	QueuePing(s, noon)
	QueuePing(s, noon.Add(time.Minute))
	if got := pending(s); !slices.Equal(got, []string{"a email ann@contoso.com", " ping "}) || !s.Pending[1].Since.Equal(noon.Add(time.Minute)) || !s.Pending[1].Next.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", s.Pending)
	}
}

func TestDeliveriesAreOverdueOnceTheirTimeHasCome(t *testing.T) {
	s := newState()
	later, now := delivery("later", ""), delivery("now", "")
	later.Next = noon.Add(1)
	s.Pending = []contract.Delivery{later, now}
	if got := ListOverdue(s, noon); !slices.Equal(got, []contract.Delivery{now}) {
		t.Errorf("%+v", got)
	}
}

func TestWhatWasSentFromOutsideIsNotSentAgain(t *testing.T) {
	s := newState()
	QueueNotice(s, notice("a"), noon)
	QueueNotice(s, notice("b"), noon)
	retry := delivery("b", "bob@contoso.com")
	retry.Tries = 1
	RecordSent(s, contract.SentNotices{
		By: "cron", Notices: []contract.Notice{notice("a"), notice("c")}, Done: []contract.Delivery{delivery("b", "ann@contoso.com")},
		Pending: []contract.Delivery{retry, delivery("c", "ann@contoso.com")},
	})
	if got := pending(s); !slices.Equal(got, []string{"b webhook ", "b email bob@contoso.com", "c email ann@contoso.com"}) || s.Pending[1].Tries != 1 {
		t.Errorf("%q", got)
	}
	if len(s.Notices) != 3 || !slices.Equal(s.SentKeys, []string{"a", "b", "c"}) {
		t.Errorf("%+v", s.SentKeys)
	}
}

func TestADeliveryThatFailsIsRetriedUntilItIsTooOld(t *testing.T) {
	failure := errors.New("mail server down")
	ping := contract.Delivery{Channel: contract.ChannelPing, Since: noon}
	for name, tc := range map[string]struct {
		of      contract.Delivery
		err     error
		after   time.Duration
		pending bool
		lost    bool
	}{
		"sent":                   {delivery("a", "ann"), nil, 0, false, false},
		"failed":                 {delivery("a", "ann"), failure, 0, true, false},
		"failed at the last":     {delivery("a", "ann"), failure, maxAge, true, false},
		"failed for too long":    {delivery("a", "ann"), failure, maxAge + 1, false, true},
		"a ping":                 {ping, failure, maxPingAge, true, false},
		"a ping, for too long":   {ping, failure, maxPingAge + 1, false, true},
		"sent after all, though": {delivery("a", "ann"), nil, maxAge + 1, false, false},
	} {
		s := newState()
		other := delivery("b", "ann")
		s.Pending = []contract.Delivery{other, tc.of}
		SettleDelivery(s, tc.of, tc.err, noon.Add(tc.after))
		if len(s.Pending) != 1+boolInt(tc.pending) || s.Pending[0] != other || len(s.Lost) != boolInt(tc.lost) {
			t.Errorf("%s: pending %+v, lost %+v", name, s.Pending, s.Lost)
		}
		for _, d := range append(s.Pending[1:], s.Lost...) {
			if d.Error != "mail server down" || d.Tries != 1 {
				t.Errorf("%s: %+v", name, d)
			}
		}
		SettleDelivery(s, delivery("gone", "ann"), failure, noon)
		if len(s.Pending) != 1+boolInt(tc.pending) {
			t.Errorf("%s: one that was sent from outside is pending again", name)
		}
	}
}

func TestTheFirstDeliveryIsSettledAsAnyOther(t *testing.T) {
	s := newState()
	s.Pending = []contract.Delivery{delivery("a", "ann"), delivery("b", "ann")}
	SettleDelivery(s, delivery("a", "ann"), nil, noon)
	if got := pending(s); !slices.Equal(got, []string{"b email ann"}) {
		t.Errorf("%q", got)
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestTheLatestLostDeliveriesAreKept(t *testing.T) {
	s := newState()
	for n := range keptLost + 2 {
		d := delivery(fmt.Sprint(n), "ann")
		s.Pending = append(s.Pending, d)
		SettleDelivery(s, d, errors.New("x"), noon.Add(2*maxAge))
	}
	if len(s.Lost) != keptLost || s.Lost[0].Key != "2" {
		t.Errorf("%d are kept, the first is %+v", len(s.Lost), s.Lost[0])
	}
}

func TestThePauseBeforeARetryGrows(t *testing.T) {
	plain := errors.New("x")
	wait := func(d time.Duration, final bool) error {
		return temporal.NewApplicationErrorWithOptions("slow down", "x", temporal.ApplicationErrorOptions{NextRetryDelay: d, NonRetryable: final})
	}
	for name, tc := range map[string]struct {
		tries int
		err   error
		want  time.Duration
	}{
		"the first":                       {0, plain, firstRetry},
		"the second":                      {1, plain, 2 * firstRetry},
		"the eighth":                      {7, plain, 128 * firstRetry},
		"the ninth":                       {8, plain, lastRetry},
		"the hundredth":                   {99, plain, lastRetry},
		"as the receiver asks":            {0, wait(time.Minute, false), time.Minute},
		"later than the receiver asks":    {8, wait(time.Minute, false), lastRetry},
		"refused":                         {0, wait(0, true), refusedRetry},
		"refused for longer than an hour": {0, wait(2*time.Hour, true), 2 * time.Hour},
	} {
		d := delivery("a", "ann")
		d.Tries, d.UnderWay = tc.tries, true
		got := FailDelivery(d, tc.err, noon)
		if got.Next.Sub(noon) != tc.want || got.Tries != tc.tries+1 || got.UnderWay || got.Error == "" {
			t.Errorf("%s: after %s, %+v", name, got.Next.Sub(noon), got)
		}
	}
}

func TestTheLatestNoticesAreKept(t *testing.T) {
	s := newState()
	for n := range keptKeys + 2 {
		keepNotice(s, notice(fmt.Sprint(n)))
	}
	if len(s.Notices) != keptNotices || s.Notices[0].Key != fmt.Sprint(keptKeys+2-keptNotices) || len(s.SentKeys) != keptKeys || s.SentKeys[0] != "2" {
		t.Errorf("%d notices from %s, %d keys from %s", len(s.Notices), s.Notices[0].Key, len(s.SentKeys), s.SentKeys[0])
	}
}

func TestNoticesAreMarkedAsReadAndFound(t *testing.T) {
	s := newState()
	if LatestUnread(s) != "none" || CountUnread(s) != 0 {
		t.Error("there are unread notices of none")
	}
	good := notice("b")
	good.Kind = contract.NoticeRecovered
	s.Notices = []contract.Notice{notice("a"), good, notice("c")}
	MarkRead(s, contract.ReadNotices{Keys: []string{"c", "x"}})
	if LatestUnread(s) != "recovered" || CountUnread(s) != 2 || !s.Notices[2].Read {
		t.Errorf("%s, %+v", LatestUnread(s), s.Notices)
	}
	MarkRead(s, contract.ReadNotices{Keys: []string{"a"}})
	if CountUnread(s) != 1 || !s.Notices[2].Read {
		t.Errorf("%+v", s.Notices)
	}
	MarkRead(s, contract.ReadNotices{All: true})
	if LatestUnread(s) != "none" || CountUnread(s) != 0 {
		t.Errorf("%+v", s.Notices)
	}
	if n, ok := FindNotice(s, "b"); !ok || n.Key != "b" {
		t.Errorf("%+v, %v", n, ok)
	}
	if n, ok := FindNotice(s, "x"); ok || n.Key != "" {
		t.Errorf("%+v, %v", n, ok)
	}
	if _, ok := FindNotice(s, ""); !ok {
		t.Error("a ping is not found")
	}
}
