package watch

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// noon is when the tables of this package take place.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// settings are those of the tables.
var settings = contract.WatchSettings{
	Integration: "hr", StallAfter: 24 * time.Hour, NoProgress: time.Hour, Grace: 15 * time.Minute, Every: 5 * time.Minute, Contacts: []string{"ann@contoso.com"},
}

const sessionID, runID = "session/hr-2026-11-24T00:00:00Z", "00000000-0000-4000-8000-000000000001"

// knownBefore is what a watch knows that began two days ago and looked a minute ago.
func knownBefore(sessions ...contract.WatchedSession) contract.Watched {
	return contract.Watched{
		Settings: settings, Since: noon.Add(-48 * time.Hour), Looked: noon.Add(-time.Minute), Sessions: sessions,
		Schedule: contract.ScheduleView{Exists: true, Created: noon.Add(-48 * time.Hour)},
	}
}

// observed is an observation of sessions at noon, with a schedule and a worker.
func observed(views ...contract.SessionView) contract.Observation {
	return contract.Observation{
		At: noon, Rules: RulesNow, Sessions: views, Workers: contract.WorkersView{Seen: noon},
		Schedule: contract.ScheduleView{Exists: true, Created: noon.Add(-48 * time.Hour)},
	}
}

// running is a session that began some time ago and last made progress some time ago.
func running(began, progress time.Duration) contract.SessionView {
	return contract.SessionView{ID: sessionID, Run: runID, Began: noon.Add(-began), PickedUp: noon.Add(-began), LastProgress: noon.Add(-progress)}
}

// ended is a session that ended a minute ago after an hour.
func ended(end contract.SessionEnd, outcome saas.Outcome) contract.SessionView {
	v := running(time.Hour+time.Minute, time.Minute)
	v.Closed, v.End, v.Outcome = noon.Add(-time.Minute), end, outcome
	return v
}

// headlines are the notices of a decision as "kind: headline".
func headlines(d Decision) []string {
	out := []string{}
	for _, n := range d.Notices {
		out = append(out, string(n.Kind)+": "+n.Headline)
	}
	return out
}

func TestARunningSessionIsReportedOnceItIsStuckOrStalled(t *testing.T) {
	cancelled := running(25*time.Hour, 2*time.Hour)
	cancelled.CancelRequested, cancelled.PickedUp = true, time.Time{}
	leaving := running(2*time.Hour, time.Hour)
	leaving.CancelRequested = true
	queued := running(2*time.Hour, 0)
	queued.PickedUp, queued.LastProgress = time.Time{}, time.Time{}
	stuck := contract.WatchedSession{ID: sessionID, Run: runID, Began: noon.Add(-3 * time.Hour), LastProgress: noon.Add(-2 * time.Hour), Stuck: true}
	resumed, stalled, late := stuck, stuck, contract.WatchedSession{ID: sessionID, Run: runID, Late: true}
	resumed.Resumed, stalled.Stalled = true, true
	for name, tc := range map[string]struct {
		known []contract.WatchedSession
		view  contract.SessionView
		rules int
		want  []string
	}{
		"one that makes progress":             {nil, running(2*time.Hour, time.Minute), RulesNow, nil},
		"a moment before it is stuck":         {nil, running(2*time.Hour, time.Hour-1), RulesNow, nil},
		"stuck":                               {nil, running(2*time.Hour, time.Hour), RulesNow, []string{"no-progress: The session has made no progress for 1h"}},
		"stuck since its beginning":           {nil, running(time.Hour, 3*time.Hour), RulesNow, []string{"no-progress: The session has made no progress for 1h"}},
		"stuck, and reported":                 {[]contract.WatchedSession{stuck}, running(3*time.Hour, 2*time.Hour), RulesNow, nil},
		"makes progress again":                {[]contract.WatchedSession{stuck}, running(3*time.Hour, time.Minute), RulesNow, []string{"recovered: The session is making progress again"}},
		"made progress again, and reported":   {[]contract.WatchedSession{resumed}, running(3*time.Hour, time.Second), RulesNow, nil},
		"a moment before it is stalled":       {nil, running(24*time.Hour-1, 0), RulesNow, nil},
		"stalled":                             {nil, running(24*time.Hour, 0), RulesNow, []string{"stalled: The session has not completed within 24h"}},
		"stalled, and reported":               {[]contract.WatchedSession{stalled}, running(25*time.Hour, 2*time.Hour), RulesNow, nil},
		"stuck and stalled":                   {nil, running(25*time.Hour, 2*time.Hour), RulesNow, []string{"no-progress: The session has made no progress for 2h", "stalled: The session has not completed within 25h"}},
		"cancelled in the queue":              {nil, cancelled, RulesNow, nil},
		"cancelled in the queue, older rules": {nil, cancelled, 0, []string{"no-progress: The session has made no progress for 2h", "stalled: The session has not completed within 25h"}},
		"cancelled while it works":            {nil, leaving, RulesNow, []string{"no-progress: The session has made no progress for 1h"}},
		"queued":                              {nil, queued, RulesNow, []string{"no-progress: The session has made no progress for 2h"}},
		"queued, and reported as missed":      {[]contract.WatchedSession{late}, queued, RulesNow, nil},
		"picked up, and reported as missed":   {[]contract.WatchedSession{late}, running(2*time.Hour, time.Hour), RulesNow, []string{"no-progress: The session has made no progress for 1h"}},
	} {
		seen := observed(tc.view)
		seen.Rules = tc.rules
		d := Decide(knownBefore(tc.known...), seen)
		if got := headlines(d); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q", name, got)
		}
		if s := d.State.Sessions; len(s) != 1 || s[0].ID != sessionID || !s[0].Began.Equal(tc.view.Began) || !s[0].Seen || s[0].LastProgress.Before(tc.view.LastProgress) {
			t.Errorf("%s: it knows %+v", name, s)
		}
		if again := Decide(d.State, seen); len(again.Notices) > 0 {
			t.Errorf("%s: the same again yields %q", name, headlines(again))
		}
	}
}

func TestProgressNeverGoesBackwards(t *testing.T) {
	first := &contract.NoticeProgress{AppsRead: 7}
	known := contract.WatchedSession{ID: sessionID, Run: runID, LastProgress: noon.Add(-time.Minute), Progress: first}
	view := running(time.Hour-1, 30*time.Minute)
	if s := Decide(knownBefore(known), observed(view)).State.Sessions[0]; !s.LastProgress.Equal(noon.Add(-time.Minute)) || s.Progress != first {
		t.Errorf("%+v", s)
	}
	view.LastProgress, view.Progress = noon, &contract.NoticeProgress{AppsRead: 8}
	if s := Decide(knownBefore(known), observed(view)).State.Sessions[0]; !s.LastProgress.Equal(noon) || s.Progress.AppsRead != 8 {
		t.Errorf("%+v", s)
	}
}

func TestEachEndHasItsNotice(t *testing.T) {
	stuck := contract.WatchedSession{ID: sessionID, Run: runID, Stuck: true, Seen: true}
	stalled, both, seen := stuck, stuck, stuck
	stalled.Stuck, stalled.Stalled, both.Stalled, seen.Stuck = false, true, true, false
	dry := ended(contract.EndCompleted, saas.OutcomeCompleted)
	dry.DryRun = true
	few, fewFailed := ended(contract.EndCompleted, saas.OutcomeCompleted), ended(contract.EndFailed, saas.OutcomeFailed)
	few.LimitApps, fewFailed.LimitApps = 5, 5
	old := ended(contract.EndFailed, saas.OutcomeFailed)
	old.Closed = noon.Add(-48*time.Hour - 1)
	bad := contract.Trouble{Failed: 1, Missed: 2, Since: noon.Add(-time.Hour)}
	resumed, resumedLate, resumedStalled := stuck, stuck, both
	resumed.Resumed, resumedLate.Resumed, resumedLate.Late, resumedStalled.Resumed = true, true, true, true
	late := contract.Trouble{Missed: 1, Since: noon.Add(-time.Hour)}
	const makesUp = " It makes up for 1 failed session and 2 missed starts since 2026-11-24 11:00 UTC."
	for name, tc := range map[string]struct {
		known   []contract.WatchedSession
		trouble contract.Trouble
		view    contract.SessionView
		rules   int
		want    string // headline
		cause   string
		good    bool // the trouble is over
		ping    bool
	}{
		"failed":                       {nil, contract.Trouble{}, ended(contract.EndFailed, saas.OutcomeFailed), 1, "failed: The session failed after 1h", "", false, false},
		"failed, having stalled":       {[]contract.WatchedSession{stalled}, bad, ended(contract.EndFailed, ""), 1, "failed: The session failed after 1h; it had been reported as stalled", "", false, false},
		"terminated":                   {nil, bad, ended(contract.EndTerminated, ""), 1, "failed: The session was terminated after 1h", "", false, false},
		"timed out":                    {nil, bad, ended(contract.EndTimedOut, ""), 1, "failed: The session timed out after 1h", "It reached its time limit in Temporal.", false, false},
		"gone":                         {[]contract.WatchedSession{seen}, bad, ended(contract.EndGone, ""), 1, "failed: The session no longer exists in Temporal", "It was running when it was last seen. Since then it was deleted, or the namespace lost its data.", false, false},
		"never seen":                   {nil, bad, ended(contract.EndGone, ""), 1, "", "", false, false},
		"never seen, older rules":      {nil, bad, ended(contract.EndGone, ""), 0, "failed: The session no longer exists in Temporal", "It was running when it was last seen. Since then it was deleted, or the namespace lost its data.", false, false},
		"skipped":                      {nil, bad, ended(contract.EndCompleted, saas.OutcomeSkipped), 1, "", "", false, false},
		"cancelled":                    {nil, bad, ended(contract.EndCancelled, saas.OutcomeCancelled), 1, "", "", false, false},
		"cancelled, having stalled":    {[]contract.WatchedSession{stalled}, bad, ended(contract.EndCancelled, saas.OutcomeCancelled), 1, "recovered: An operator cancelled the session after 1h", "It had been reported as stalled.", false, false},
		"cancelled, having been stuck": {[]contract.WatchedSession{stuck}, bad, ended(contract.EndCancelled, saas.OutcomeCancelled), 1, "recovered: An operator cancelled the session after 1h", "It had been reported as making no progress.", false, false},
		"completed":                    {nil, contract.Trouble{}, ended(contract.EndCompleted, saas.OutcomeCompleted), 1, "", "", true, true},
		"completed after trouble":      {nil, bad, ended(contract.EndCompleted, saas.OutcomeCompletedWithErrors), 1, "recovered: Sessions complete again", makesUp[1:], true, true},
		"completed, having stalled":    {[]contract.WatchedSession{stalled}, contract.Trouble{}, ended(contract.EndCompleted, saas.OutcomeCompleted), 1, "recovered: The session completed after all, in 1h", "It had been reported as stalled.", true, true},
		"completed, after everything":  {[]contract.WatchedSession{both}, bad, ended(contract.EndCompleted, saas.OutcomeCompleted), 1, "recovered: The session completed after all, in 1h", "It had been reported as making no progress and as stalled." + makesUp, true, true},
		"a dry run":                    {nil, bad, dry, 1, "", "", false, false},
		"a limited one":                {nil, bad, few, 3, "", "", false, false},
		"a limited one that failed":    {nil, bad, fewFailed, 3, "failed: The session, limited to 5 apps, failed after 1h", "", false, false},
		"a dry run that was stuck":     {[]contract.WatchedSession{stuck}, bad, dry, 1, "recovered: The session completed after all, in 1h", "It had been reported as making no progress.", false, false},
		"completed, having resumed":    {[]contract.WatchedSession{resumed}, contract.Trouble{}, ended(contract.EndCompleted, saas.OutcomeCompleted), 2, "", "", true, true},
		"the same, older rules":        {[]contract.WatchedSession{resumed}, contract.Trouble{}, ended(contract.EndCompleted, saas.OutcomeCompleted), 1, "recovered: The session completed after all, in 1h", "It had been reported as making no progress.", true, true},
		"resumed, after other trouble": {[]contract.WatchedSession{resumed}, bad, ended(contract.EndCompleted, saas.OutcomeCompleted), 2, "recovered: Sessions complete again", makesUp[1:], true, true},
		"resumed, stalled later":       {[]contract.WatchedSession{resumedStalled}, contract.Trouble{}, ended(contract.EndCompleted, saas.OutcomeCompleted), 2, "recovered: The session completed after all, in 1h", "It had been reported as making no progress and as stalled.", true, true},
		"late, stuck and resumed":      {[]contract.WatchedSession{resumedLate}, late, ended(contract.EndCompleted, saas.OutcomeCompleted), 2, "", "", true, true},
		"resumed, late before that":    {[]contract.WatchedSession{resumedLate}, bad, ended(contract.EndCompleted, saas.OutcomeCompleted), 2, "recovered: Sessions complete again", makesUp[1:], true, true},
		"cancelled, having resumed":    {[]contract.WatchedSession{resumed}, bad, ended(contract.EndCancelled, saas.OutcomeCancelled), 2, "", "", false, false},
		"older than the watch":         {nil, bad, old, 1, "", "", false, false},
	} {
		known := knownBefore(tc.known...)
		known.Trouble = tc.trouble
		seen := observed(tc.view)
		seen.Rules = tc.rules
		d := Decide(known, seen)
		got, cause := "", ""
		for _, n := range d.Notices {
			got, cause = got+string(n.Kind)+": "+n.Headline, n.Cause
			if n.Session != sessionID || n.Run != runID || n.Integration != "hr" || !n.At.Equal(noon) || !strings.HasPrefix(n.Key, "hr/") || !strings.HasSuffix(n.Key, "/"+runID) || !n.Since.Equal(tc.view.Began) {
				t.Errorf("%s: %+v", name, n)
			}
		}
		if got != tc.want || cause != tc.cause {
			t.Errorf("%s: %q because %q", name, got, cause)
		}
		failed := strings.HasPrefix(tc.want, "failed")
		want := tc.trouble
		if failed {
			want.Failed++
			want.Since = noon.Add(-time.Minute)
			if !tc.trouble.Since.IsZero() {
				want.Since = tc.trouble.Since
			}
		}
		if tc.good {
			want = contract.Trouble{}
		}
		if d.State.Trouble != want || d.Ping != tc.ping || d.State.LastGood.Equal(tc.view.Closed) != tc.ping {
			t.Errorf("%s: trouble %+v, ping %v, last good %s", name, d.State.Trouble, d.Ping, d.State.LastGood)
		}
		if again := Decide(d.State, seen); len(again.Notices) > 0 || again.Ping || len(d.State.Sessions) > 0 && name != "older than the watch" {
			t.Errorf("%s: the same again yields %q, it knows %+v", name, headlines(again), d.State.Sessions)
		}
	}
}

func TestANoticeOfAnEndShowsWhatWasDone(t *testing.T) {
	known := contract.WatchedSession{ID: sessionID, Run: runID, Seen: true, Progress: &contract.NoticeProgress{AppsRead: 7}}
	view := ended(contract.EndFailed, saas.OutcomeFailed)
	for n := range 7 {
		view.Errors = append(view.Errors, saas.ReasonCount{Reason: fmt.Sprint(n), Count: n % 4})
	}
	n := Decide(knownBefore(known), observed(view)).Notices[0]
	if n.Progress == nil || n.Progress.AppsRead != 7 || len(n.Errors) != fewReasons || n.Errors[0] != (saas.ReasonCount{Reason: "3", Count: 3}) || n.Errors[1].Reason != "2" || n.Errors[2].Reason != "6" {
		t.Errorf("%+v, %+v", n.Progress, n.Errors)
	}
	if view.Errors[0].Reason != "0" {
		t.Error("the observation was sorted")
	}
	view.Progress, view.Errors = &contract.NoticeProgress{AppsRead: 9}, view.Errors[:2]
	if n := Decide(knownBefore(known), observed(view)).Notices[0]; n.Progress.AppsRead != 9 || len(n.Errors) != 2 {
		t.Errorf("%+v, %+v", n.Progress, n.Errors)
	}
}

func TestTroubleBeginsWithTheOldestMatter(t *testing.T) {
	d := &decider{}
	for _, at := range []time.Duration{0, time.Hour, -time.Hour, 0} {
		d.countTrouble(&d.state.Trouble.Failed, noon.Add(at))
	}
	if got := d.state.Trouble; got != (contract.Trouble{Failed: 4, Since: noon.Add(-time.Hour)}) {
		t.Errorf("%+v", got)
	}
}

func TestALongCauseIsCut(t *testing.T) {
	for n, want := range map[int]int{maxCause: maxCause, maxCause + 1: maxCause + 1, 3 * maxCause: maxCause + 1} {
		view := ended(contract.EndFailed, saas.OutcomeFailed)
		view.Error = strings.Repeat("ä", n)
		cause := []rune(Decide(knownBefore(), observed(view)).Notices[0].Cause)
		if len(cause) != want || (n > maxCause) != (cause[len(cause)-1] == '…') {
			t.Errorf("%d characters became %d", n, len(cause))
		}
	}
}

func TestAViewThatIsOlderThanItsEndSaysNothing(t *testing.T) {
	known := knownBefore()
	known.Ended = []string{runID}
	d := Decide(known, observed(running(48*time.Hour, 48*time.Hour), ended(contract.EndFailed, saas.OutcomeFailed)))
	if len(d.Notices) > 0 || len(d.State.Sessions) > 0 {
		t.Errorf("%q, %+v", headlines(d), d.State.Sessions)
	}
}

func TestTheLastEndsAreKnown(t *testing.T) {
	var s contract.Watched
	for n := range keptEnds + 2 {
		closeSession(&s, fmt.Sprint(n))
		if want := min(n+1, keptEnds); len(s.Ended) != want || s.Ended[want-1] != fmt.Sprint(n) {
			t.Fatalf("after %d there are %d", n+1, len(s.Ended))
		}
	}
	if s.Ended[0] != "2" {
		t.Errorf("the first is %s", s.Ended[0])
	}
}

func TestAnAnnouncedSessionIsLookedForUntilItsEnd(t *testing.T) {
	before := knownBefore()
	before.Ended = []string{"over"}
	s := AnnounceSession(before, sessionID, runID, noon)
	if len(before.Sessions) > 0 || !reflect.DeepEqual(s.Sessions, []contract.WatchedSession{{ID: sessionID, Run: runID, Began: noon}}) {
		t.Errorf("%+v", s.Sessions)
	}
	for _, run := range []string{runID, "over"} {
		if again := AnnounceSession(s, sessionID, run, noon); len(again.Sessions) != 1 {
			t.Errorf("%s is announced again: %+v", run, again.Sessions)
		}
	}
}

func TestADecisionChangesNothingThatWasKnown(t *testing.T) {
	known := knownBefore(contract.WatchedSession{ID: sessionID, Run: runID, Stuck: true, Seen: true}, contract.WatchedSession{ID: "other", Run: "other"})
	known.Ended, known.Starts = []string{"a"}, []contract.PlannedStart{{At: noon.Add(-time.Hour)}, {At: noon.Add(time.Hour)}}
	before := cloneWatched(known)
	seen := observed(ended(contract.EndFailed, saas.OutcomeFailed), running(time.Hour, 0))
	seen.Starts = []contract.StartView{{At: noon.Add(-time.Hour), Valid: true}}
	Decide(known, seen)
	if !reflect.DeepEqual(known, before) {
		t.Errorf("%+v\nwas %+v", known, before)
	}
}

func TestADecisionIsRecordedWithItsDeliveries(t *testing.T) {
	known := knownBefore()
	known.Trouble = contract.Trouble{Failed: 1, Since: noon}
	state := &contract.WatchState{Watch: known}
	d := Decide(known, observed(ended(contract.EndCompleted, saas.OutcomeCompleted)))
	Apply(state, d, noon)
	var to []string
	for _, p := range state.Pending {
		to = append(to, p.Channel+p.To)
	}
	if !slices.Equal(to, []string{"emailann@contoso.com", "webhook", "ping"}) || len(state.Notices) != 1 || !state.Watch.LastGood.Equal(noon.Add(-time.Minute)) || !state.Watch.Looked.Equal(noon) {
		t.Errorf("%v, %+v", to, state.Watch)
	}
	calm := Decide(state.Watch, observed())
	Apply(state, calm, noon)
	if len(state.Pending) != 3 || calm.Ping {
		t.Errorf("a calm look leaves %+v", state.Pending)
	}
}

func TestANoticeOfAnEndShowsTheLatestThatIsKnown(t *testing.T) {
	at := func(apps, users int, final bool) *contract.NoticeProgress {
		return &contract.NoticeProgress{AppsRead: apps, Counts: saas.Counts{Users: saas.UserCounts{Seen: users}}, Final: final, ExpectedEnd: noon.Add(time.Hour)}
	}
	for name, tc := range map[string]struct {
		known, ended *contract.NoticeProgress
		rules        int
		apps, users  int
	}{
		"its result":                     {at(40, 900, false), at(0, 700, true), 2, 0, 700},
		"what it last reported":          {at(0, 0, false), at(27, 300, false), 2, 27, 300},
		"what was seen after its report": {at(27, 350, false), at(27, 300, false), 2, 27, 350},
		"only what was seen":             {at(27, 350, false), nil, 2, 27, 350},
		"by older rules":                 {at(0, 0, false), nil, 1, 0, 0},
	} {
		v := ended(contract.EndTerminated, "")
		v.Progress = tc.ended
		seen := observed(v)
		seen.Rules = tc.rules
		d := Decide(knownBefore(contract.WatchedSession{ID: sessionID, Run: runID, Seen: true, Progress: tc.known}), seen)
		if len(d.Notices) != 1 || d.Notices[0].Progress == nil {
			t.Errorf("%s: %+v", name, d.Notices)
			continue
		}
		p := d.Notices[0].Progress
		if p.AppsRead != tc.apps || p.Counts.Users.Seen != tc.users || p.ExpectedEnd.IsZero() != (tc.rules > 1) {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if tc := ended(contract.EndTerminated, ""); len(Decide(knownBefore(), observed(tc)).Notices) != 1 {
		t.Error("a session of which nothing is known is not told of")
	}
}
