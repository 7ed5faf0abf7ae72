package watch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
)

// says checks an error by its beginning; "" is none.
func says(t *testing.T, name string, err error, want string) {
	t.Helper()
	if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%s: %v, not %q", name, err, want)
	}
}

func TestNewsOfASessionIsCheckedByItsNames(t *testing.T) {
	long := "session/hr-" + strings.Repeat("x", maxKey-len("session/hr-"))
	for name, tc := range map[string]struct {
		id, run string
		began   time.Time
		want    string
	}{
		"scheduled":          {sessionID, runID, noon, ""},
		"by hand":            {"session/hr/run-x", runID, noon, ""},
		"the longest":        {long, runID, noon, ""},
		"too long":           {long + "x", runID, noon, "workflow id"},
		"of another":         {"session/it-x", runID, noon, "workflow id"},
		"of a longer name":   {"session/hrx-2026", runID, noon, "workflow id"},
		"without more":       {"session/hr", runID, noon, "workflow id"},
		"a bad run":          {sessionID, "x" + runID, noon, "workflow id"},
		"a run with more":    {sessionID, runID + "x", noon, "workflow id"},
		"five years ago":     {sessionID, runID, noon.AddDate(-5, 0, 0), "the session began at 2021-11-24 12:00 UTC"},
		"nearly as long ago": {sessionID, runID, noon.AddDate(-5, 0, 0).Add(1), ""},
		"in a day":           {sessionID, runID, noon.Add(24 * time.Hour), "the session began at"},
		"in less than a day": {sessionID, runID, noon.Add(24*time.Hour - 1), ""},
		"at no time":         {sessionID, runID, time.Time{}, "the session began at"},
	} {
		says(t, name, CheckNews(contract.SessionNews{ID: tc.id, Run: tc.run, Began: tc.began}, "hr", noon), tc.want)
	}
}

func TestNewsOfASessionIsRecorded(t *testing.T) {
	better := settings
	better.Every = time.Minute
	bad := contract.WatchSettings{Integration: "another"}
	news := func(s *contract.WatchSettings) contract.SessionNews {
		return contract.SessionNews{ID: sessionID, Run: runID, Began: noon, Settings: s}
	}
	for name, tc := range map[string]struct {
		own      contract.WatchSettings
		defaults bool
		news     contract.SessionNews
		want     contract.WatchSettings
		still    bool
	}{
		"has its own":           {settings, false, news(&better), settings, false},
		"has defaults":          {settings, true, news(&better), better, false},
		"has lost its own":      {bad, false, news(&better), better, false},
		"brings none":           {settings, true, news(nil), settings, true},
		"brings some of no use": {settings, true, news(&bad), settings, true},
	} {
		s := &contract.WatchState{DefaultSettings: tc.defaults}
		s.Watch.Settings = tc.own
		RecordNews(s, tc.news, "hr")
		if s.Watch.Settings.Every != tc.want.Every || s.Watch.Settings.Integration != tc.want.Integration || s.DefaultSettings != tc.still || len(s.Watch.Sessions) != 1 || s.Watch.Sessions[0].Run != runID || !s.Watch.Sessions[0].Began.Equal(noon) {
			t.Errorf("%s: %+v", name, s)
		}
	}
	s := &contract.WatchState{}
	for n := range maxSessions + 1 {
		RecordNews(s, contract.SessionNews{ID: sessionID, Run: fmt.Sprint(n)}, "hr")
	}
	if len(s.Watch.Sessions) != maxSessions {
		t.Errorf("%d sessions are announced", len(s.Watch.Sessions))
	}
}

func TestAClaimIsChecked(t *testing.T) {
	good := contract.NoticeClaim{By: "cron", Keys: []string{"a"}, Until: noon.Add(maxClaim)}
	with := func(change func(*contract.NoticeClaim)) contract.NoticeClaim {
		c := good
		change(&c)
		return c
	}
	for name, tc := range map[string]struct {
		of   contract.NoticeClaim
		want string
	}{
		"good":              {good, ""},
		"nobody's":          {with(func(c *contract.NoticeClaim) { c.By = "" }), "the claim does not name its owner"},
		"of a long name":    {with(func(c *contract.NoticeClaim) { c.By = strings.Repeat("x", maxKey) }), ""},
		"of too long a one": {with(func(c *contract.NoticeClaim) { c.By = strings.Repeat("x", maxKey+1) }), "the claim does not name its owner"},
		"to nothing":        {with(func(c *contract.NoticeClaim) { c.Keys = nil }), "the claim names no notice"},
		"for too long":      {with(func(c *contract.NoticeClaim) { c.Until = noon.Add(maxClaim + 1) }), "the claim lasts until 2026-11-24 13:00 UTC"},
		"to many":           {with(func(c *contract.NoticeClaim) { c.Keys = make([]string, maxKeys) }), ""},
		"to too many":       {with(func(c *contract.NoticeClaim) { c.Keys = make([]string, maxKeys+1) }), "1001 keys"},
		"to a long key":     {with(func(c *contract.NoticeClaim) { c.Keys = []string{strings.Repeat("x", maxKey)} }), ""},
		"to too long a key": {with(func(c *contract.NoticeClaim) { c.Keys = []string{"a", strings.Repeat("x", maxKey+1)} }), "a key of 301 bytes"},
	} {
		says(t, name, CheckClaim(tc.of, noon), tc.want)
	}
}

func TestAMarkNamesWhatItMarks(t *testing.T) {
	for want, r := range map[string]contract.ReadNotices{"": {All: true}, "it names no notice": {}, "1001 keys": {Keys: make([]string, maxKeys+1)}} {
		says(t, want, CheckRead(r), want)
	}
	says(t, "one", CheckRead(contract.ReadNotices{Keys: []string{"a"}}), "")
}

func TestOfWhatWasSentOnlyWhatCanBeRightIsBelieved(t *testing.T) {
	badNotice, badDelivery := notice(""), delivery("a", "ann")
	badDelivery.Channel = "pigeon"
	sent := contract.SentNotices{By: "cron", Notices: []contract.Notice{badNotice, notice("a")}, Pending: []contract.Delivery{badDelivery, delivery("a", "ann")}, Done: []contract.Delivery{delivery("b", "ann"), badDelivery}}
	got, usable, err := BelieveSent(sent, noon)
	if !usable || err == nil || strings.Count(err.Error(), "\n") != 2 || len(got.Notices) != 1 || len(got.Pending) != 1 || got.Pending[0].Channel != contract.ChannelEmail || len(got.Done) != 1 || got.Done[0].Key != "b" {
		t.Errorf("%+v, %v, %v", got, usable, err)
	}
	if len(sent.Notices) != 2 || sent.Notices[1].Key != "a" {
		t.Error("the signal was changed")
	}
	if _, usable, err := BelieveSent(got, noon); !usable || err != nil {
		t.Errorf("what is left: %v, %v", usable, err)
	}
	many := func(n int) []contract.Delivery { return slices.Repeat([]contract.Delivery{delivery("a", "ann")}, n) }
	for name, tc := range map[string]struct {
		of   contract.SentNotices
		want string
	}{
		"nobody's":            {contract.SentNotices{}, "it does not name its sender"},
		"of a long name":      {contract.SentNotices{By: strings.Repeat("x", maxKey)}, ""},
		"of too long a name":  {contract.SentNotices{By: strings.Repeat("x", maxKey+1)}, "it does not name its sender"},
		"many notices":        {contract.SentNotices{By: "x", Notices: slices.Repeat([]contract.Notice{notice("a")}, maxNotices)}, ""},
		"too many notices":    {contract.SentNotices{By: "x", Notices: slices.Repeat([]contract.Notice{notice("a")}, maxNotices+1)}, "51 notices with 0 deliveries"},
		"many deliveries":     {contract.SentNotices{By: "x", Pending: many(maxKeys - 1), Done: many(1)}, ""},
		"too many deliveries": {contract.SentNotices{By: "x", Pending: many(maxKeys), Done: many(1)}, "0 notices with 1001 deliveries"},
	} {
		_, usable, err := BelieveSent(tc.of, noon)
		says(t, name, err, tc.want)
		if usable != (tc.want == "") {
			t.Errorf("%s: usable %v", name, usable)
		}
	}
}

func TestANoticeAndADeliveryAreChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*contract.Notice)
		want   string
	}{
		"good":           {func(*contract.Notice) {}, ""},
		"without a key":  {func(n *contract.Notice) { n.Key = "" }, "a notice with key \"\""},
		"a long key":     {func(n *contract.Notice) { n.Key = strings.Repeat("x", maxKey) }, ""},
		"too long a key": {func(n *contract.Notice) { n.Key = strings.Repeat("x", maxKey+1) }, "a notice with key"},
		"no headline":    {func(n *contract.Notice) { n.Headline = "" }, "a notice with key"},
		"another kind":   {func(n *contract.Notice) { n.Kind = "x" }, "a notice of kind \"x\""},
		"of the future":  {func(n *contract.Notice) { n.At = noon.AddDate(1, 0, 0) }, "a notice of 2027-11-24 12:00 UTC"},
	} {
		n := notice("a")
		tc.change(&n)
		says(t, name, checkNotice(n, noon), tc.want)
	}
	for name, tc := range map[string]struct {
		change func(*contract.Delivery)
		want   string
	}{
		"by email":         {func(*contract.Delivery) {}, ""},
		"by webhook":       {func(d *contract.Delivery) { d.Channel = contract.ChannelWebhook }, ""},
		"by ping":          {func(d *contract.Delivery) { d.Channel = contract.ChannelPing }, ""},
		"by pigeon":        {func(d *contract.Delivery) { d.Channel = "pigeon" }, "a delivery by \"pigeon\""},
		"of no time":       {func(d *contract.Delivery) { d.Since = time.Time{} }, "a delivery of 0001-01-01 00:00 UTC, to be tried at 2026-11-24 12:00 UTC"},
		"in three days":    {func(d *contract.Delivery) { d.Next = noon.Add(maxAge) }, ""},
		"later than that":  {func(d *contract.Delivery) { d.Next = noon.Add(maxAge + 1) }, "a delivery of"},
		"tried before":     {func(d *contract.Delivery) { d.Tries = 1 }, ""},
		"tried too rarely": {func(d *contract.Delivery) { d.Tries = -1 }, "a delivery of"},
	} {
		d := delivery("a", "ann")
		tc.change(&d)
		says(t, name, checkDelivery(d, noon), tc.want)
	}
}

func TestAStateThatCannotBeRightIsMended(t *testing.T) {
	good := func() *contract.WatchState {
		s := newState()
		QueueNotice(s, notice("a"), noon)
		QueuePing(s, noon)
		s.Watch.Sessions = []contract.WatchedSession{{ID: sessionID, Run: runID}}
		s.Claims = []contract.NoticeClaim{{By: "x", Keys: []string{"a"}, Until: noon.Add(maxClaim)}}
		return s
	}
	unknown, underWay, odd := delivery("unknown", "ann"), delivery("unknown", "bob"), delivery("a", "ann")
	underWay.UnderWay, odd.Tries = true, -1
	for name, tc := range map[string]struct {
		spoil    func(*contract.WatchState)
		sound    bool
		defaults bool
	}{
		"nothing is wrong":        {func(*contract.WatchState) {}, true, false},
		"a delivery is under way": {func(s *contract.WatchState) { s.Pending = append(s.Pending, underWay) }, true, false},
		"settings":                {func(s *contract.WatchState) { s.Watch.Settings.Integration = "x" }, false, true},
		"a session": {func(s *contract.WatchState) {
			s.Watch.Sessions = append(s.Watch.Sessions, contract.WatchedSession{ID: "x"})
		}, false, false},
		"a claim": {func(s *contract.WatchState) {
			s.Claims = append(s.Claims, contract.NoticeClaim{Until: noon.Add(maxClaim + 1)})
		}, false, false},
		"a delivery of no notice":  {func(s *contract.WatchState) { s.Pending = append(s.Pending, unknown) }, false, false},
		"a delivery of a bad kind": {func(s *contract.WatchState) { s.Pending = append(s.Pending, odd) }, false, false},
	} {
		s := good()
		tc.spoil(s)
		spoiled := *s
		if got := IsSound(s, "hr", noon); got != tc.sound {
			t.Errorf("%s: sound %v", name, got)
		}
		MendState(s, "hr", noon)
		want := len(good().Pending) + boolInt(name == "a delivery is under way")
		if !IsSound(s, "hr", noon) || len(s.Watch.Sessions) != 1 || len(s.Claims) != 1 || len(s.Pending) != want || s.DefaultSettings != tc.defaults || len(s.Notices) != 1 {
			t.Errorf("%s: %+v", name, s)
		}
		if n := len(spoiled.Claims); n == 2 && spoiled.Claims[1].Until.IsZero() {
			t.Errorf("%s: the state of before was changed", name)
		}
	}
}
