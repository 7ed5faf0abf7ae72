package workflows

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func TestAWeekOfDailyRunsRaisesNothing(t *testing.T) {
	r := newWatchRig(t)
	for day := range 7 {
		r.sessions = append(r.sessions, ran(day, 2*time.Hour))
	}
	r.run(7 * saas.Day)
	r.want()
	if r.runs < 2 {
		t.Error("it did not continue as new")
	}
	pings := 0
	for _, d := range r.sent {
		if d.Channel == contract.ChannelPing {
			pings++
		}
	}
	if pings != 7 {
		t.Errorf("%d good sessions were passed on to the dead man's switch", pings)
	}
}

func TestASessionOfAMinuteLessThanADayRaisesNothing(t *testing.T) {
	r := newWatchRig(t)
	r.schedule = func(time.Time) contract.ScheduleView { return contract.ScheduleView{Exists: true} }
	r.sessions = []scripted{ran(0, 24*time.Hour-time.Minute)}
	r.run(3 * saas.Day)
	r.want()
}

func TestASessionOfADayIsToldOnceAndThenThatItCompleted(t *testing.T) {
	r := newWatchRig(t)
	r.schedule = func(time.Time) contract.ScheduleView { return contract.ScheduleView{Exists: true} }
	r.sessions = []scripted{ran(0, 26*time.Hour)}
	r.run(3 * saas.Day)
	r.want("stalled: The session has not completed within 24h", "recovered: The session completed after all, in 26h")
	first := r.sent[0].Notice
	if !first.At.Equal(three(1)) {
		t.Errorf("it was told at %s, not when the 24 hours were over", first.At)
	}
	if p := first.Progress; p == nil || p.AppsRead != 40 {
		t.Errorf("it does not say how far the session had got: %+v", p)
	}
}

func TestASessionThatGetsNoFurtherIsToldLongBeforeADayAndASlowOneIsNot(t *testing.T) {
	for name, tc := range map[string]struct {
		moves func(time.Time) time.Time
		want  []string
	}{
		"slow but moving, every 50 minutes": {
			func(now time.Time) time.Time { return now.Truncate(50 * time.Minute) }, nil,
		},
		"stuck after half an hour, until the end": {
			func(time.Time) time.Time { return three(0).Add(30 * time.Minute) },
			[]string{"no-progress: The session has made no progress for 1h", "recovered: The session completed after all"},
		},
		"stuck for five hours": {
			func(now time.Time) time.Time {
				if now.Before(three(0).Add(5 * time.Hour)) {
					return three(0).Add(time.Minute)
				}
				return now
			},
			[]string{"no-progress: The session has made no progress for 1h", "recovered: The session is making progress again"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newWatchRig(t)
			r.schedule = func(time.Time) contract.ScheduleView { return contract.ScheduleView{Exists: true} }
			s := ran(0, 20*time.Hour)
			s.moves = tc.moves
			r.sessions = []scripted{s}
			r.run(2 * saas.Day)
			r.want(tc.want...)
			if len(tc.want) > 0 && r.sent[0].Notice.At.After(three(0).Add(2*time.Hour)) {
				t.Errorf("told only at %s", r.sent[0].Notice.At)
			}
		})
	}
}

func TestASessionThatFailsIsToldHoweverItFailed(t *testing.T) {
	for name, tc := range map[string]struct {
		end      contract.SessionEnd
		outcome  saas.Outcome
		headline string
	}{
		"by its own word":       {contract.EndFailed, saas.OutcomeFailed, "failed: The session failed after 1h"},
		"terminated":            {contract.EndTerminated, "", "failed: The session was terminated after 1h"},
		"timed out":             {contract.EndTimedOut, "", "failed: The session timed out after 1h"},
		"deleted from Temporal": {contract.EndGone, "", "failed: The session no longer exists in Temporal"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newWatchRig(t)
			bad := ran(0, time.Hour).as(tc.end, tc.outcome)
			bad.Errors = []saas.ReasonCount{{Reason: "user row unreadable", Count: 3}, {Reason: "person refused by Oomnitza", Count: 9}}
			r.sessions = []scripted{bad, ran(1, time.Hour), ran(2, time.Hour)}
			r.run(3 * saas.Day)
			r.want(tc.headline, "recovered: Sessions complete again")
			_, headline, _ := strings.Cut(tc.headline, ": ")
			for _, logged := range []string{`"kind":"failed","headline":"` + headline, `"kind":"recovered","headline":"Sessions complete again"`} {
				if n := strings.Count(r.log.String(), logged); n != 1 {
					t.Errorf("the log has %s %d times:\n%s", logged, n, r.log.String())
				}
			}
			n := r.sent[0].Notice
			if len(n.Errors) != 2 || n.Errors[0].Count != 9 || n.Todo == "" || n.Session == "" {
				t.Errorf("the notice lacks something: %+v", n)
			}
		})
	}
}

func TestACancelledSessionIsNoFailure(t *testing.T) {
	r := newWatchRig(t)
	r.sessions = []scripted{ran(0, time.Hour).as(contract.EndCancelled, saas.OutcomeCancelled), ran(1, time.Hour)}
	r.run(2 * saas.Day)
	r.want()
}

// paused is the daily schedule with a pause.
func paused(from, until time.Time, note, after string) func(time.Time) contract.ScheduleView {
	return func(now time.Time) contract.ScheduleView {
		s := daily(now)
		switch {
		case now.Before(from):
		case now.Before(until):
			s.Paused, s.Note = true, note
		default:
			s.Note = after
		}
		return s
	}
}

func TestEachCauseOfAMissedStartIsToldOnceAndByItsName(t *testing.T) {
	day := three(1)
	late := ran(1, time.Hour)
	late.PickedUp = day.Add(2 * time.Hour)
	late.Closed = day.Add(3 * time.Hour)
	never := ran(1, 0)
	never.PickedUp, never.Closed = day.Add(1000*time.Hour), day.Add(1001*time.Hour)
	skipped := ran(1, time.Second).as(contract.EndCompleted, saas.OutcomeSkipped)
	skipped.Blocker = "session/test/run-by-hand"
	afterOutage := ran(1, time.Hour)
	afterOutage.Began, afterOutage.PickedUp, afterOutage.Closed = day.Add(time.Hour), day.Add(time.Hour), day.Add(2*time.Hour)

	for name, tc := range map[string]struct {
		schedule func(time.Time) contract.ScheduleView
		sessions []scripted
		headline string
		cause    string
		outage   time.Duration // from the start on
	}{
		"paused": {
			paused(day.Add(-time.Hour), day.Add(time.Hour), "Paused via web UI", ""), nil,
			"missed: No session ran at 2026-11-03 03:00 UTC as scheduled", "The schedule was paused: Paused via web UI.", 0,
		},
		"paused after a failure": {
			paused(day.Add(-time.Hour), day.Add(30*saas.Day), "paused due to workflow failure: session/x: boom", ""), nil,
			"missed: No session ran", "paused due to workflow failure", 0,
		},
		"deleted": {
			func(now time.Time) contract.ScheduleView {
				if now.Before(day.Add(-time.Hour)) {
					return daily(now)
				}
				return contract.ScheduleView{}
			}, nil,
			"missed: No session ran", "The schedule had been deleted.", 0,
		},
		"deleted and made again": {
			func(now time.Time) contract.ScheduleView {
				switch {
				case now.Before(day.Add(-time.Hour)):
					return daily(now)
				case now.Before(day.Add(time.Hour)):
					return contract.ScheduleView{}
				}
				s := daily(now)
				s.Created = day.Add(time.Hour)
				return s
			}, nil,
			"missed: No session ran", "The schedule had been deleted.", 0,
		},
		"Temporal down for longer than the catch-up window": {
			func(now time.Time) contract.ScheduleView {
				s := daily(now)
				if !now.Before(day) {
					s.CatchUp = 1
				}
				return s
			}, nil,
			"missed: No session ran", "Temporal was down for longer", 0,
		},
		"the session before still ran": {
			func(now time.Time) contract.ScheduleView {
				s := daily(now)
				if !now.Before(day) {
					s.Overlap = 1
				}
				return s
			}, nil,
			"missed: No session ran", "The previous session was still running", 0,
		},
		"a session started by hand still ran": {
			daily, []scripted{skipped},
			"missed: No session ran", "Another session was still running, and sessions never overlap: session/test/run-by-hand", 0,
		},
		"started late, Temporal having been down": {
			daily, []scripted{afterOutage},
			"missed: The session scheduled for 2026-11-03 03:00 UTC started late, at 2026-11-03 04:00 UTC", "Temporal did not start it on time", time.Hour,
		},
		"picked up late": {
			daily, []scripted{late},
			"missed: No worker picked up the session scheduled for 2026-11-03 03:00 UTC until 2026-11-03 05:00 UTC", "No worker was polling", 2 * time.Hour,
		},
		"picked up by nobody": {
			daily, []scripted{never},
			"missed: No worker picked up the session scheduled for 2026-11-03 03:00 UTC", "No worker is polling", 0,
		},
		"no reason to be seen": {
			daily, nil,
			"missed: No session ran", "the reason is unknown", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newWatchRig(t)
			r.schedule = tc.schedule
			r.sessions = append([]scripted{ran(0, time.Hour)}, tc.sessions...)
			if tc.outage > 0 {
				// Nobody looks either, without a worker or Temporal.
				r.blind = func(now time.Time) error {
					if !now.Before(day) && now.Before(day.Add(tc.outage)) {
						return errors.New("out")
					}
					return nil
				}
			}
			r.run(day.Add(20 * time.Hour).Sub(monday))
			var missed []contract.Notice
			for _, n := range r.state.Notices {
				if n.Kind == contract.NoticeMissed {
					missed = append(missed, n)
				}
			}
			if len(missed) != 1 {
				t.Fatalf("%d notices of missed starts:\n%s", len(missed), strings.Join(r.told(), "\n"))
			}
			if got := string(missed[0].Kind) + ": " + missed[0].Headline; !strings.HasPrefix(got, tc.headline) {
				t.Errorf("headline %q", got)
			}
			if !strings.Contains(missed[0].Cause, tc.cause) || missed[0].Todo == "" {
				t.Errorf("cause %q, to do %q", missed[0].Cause, missed[0].Todo)
			}
		})
	}
}

func TestAPauseOnPurposeIsSilent(t *testing.T) {
	p := contract.PauseNote{By: "ann@desk", From: three(1).Add(-time.Hour), Reason: "audit week"}
	resumed := p
	resumed.Until, resumed.Resumer = three(3).Add(time.Hour), "ann@desk"
	r := newWatchRig(t)
	r.schedule = paused(p.From, resumed.Until, p.String(), resumed.String())
	r.sessions = []scripted{ran(0, time.Hour), ran(4, time.Hour), ran(5, time.Hour)}
	r.run(6 * saas.Day)
	r.want()
}

// TestAPauseThatEndsByItselfIsSilent: the schedule has no starts before its end.
func TestAPauseThatEndsByItselfIsSilent(t *testing.T) {
	p := contract.PauseNote{By: "ann@desk", From: three(1).Add(-time.Hour), Ends: three(3).Add(time.Hour), Reason: "audit week"}
	r := newWatchRig(t)
	var shown string
	r.schedule = func(now time.Time) contract.ScheduleView {
		s := daily(now)
		if now.Before(p.From) {
			return s
		}
		s.Note, s.NotBefore, s.Updated = p.String(), p.Ends, p.From
		s.Next = slices.DeleteFunc(s.Next, p.Ends.After)
		if now.Before(p.Ends) {
			shown = renderWatch(contract.WatchState{Watch: contract.Watched{Looked: now, Schedule: s}})
		}
		return s
	}
	r.sessions = []scripted{ran(0, time.Hour), ran(4, time.Hour)}
	r.run(5*saas.Day + 12*time.Hour)
	r.want("missed: No session ran at 2026-11-07 03:00 UTC as scheduled")
	if !strings.Contains(shown, "The schedule is paused until 2026-11-05 04:00 UTC: Paused on purpose by ann@desk since 2026-11-03T02:00:00Z until 2026-11-05T04:00:00Z: audit week.") {
		t.Errorf("the page says:\n%s", shown)
	}
}

func TestAnEditThatMovesAStartIsSilent(t *testing.T) {
	r := newWatchRig(t)
	r.schedule = func(now time.Time) contract.ScheduleView {
		s := daily(now)
		if now.Before(three(1).Add(-2 * time.Hour)) {
			return s
		}
		s.Updated = three(1).Add(-2 * time.Hour)
		for i := range s.Next {
			s.Next[i] = s.Next[i].Add(5 * time.Hour)
		}
		return s
	}
	moved := ran(1, time.Hour)
	moved.planned, moved.Began, moved.PickedUp, moved.Closed = three(1).Add(5*time.Hour), three(1).Add(5*time.Hour), three(1).Add(5*time.Hour), three(1).Add(6*time.Hour)
	r.sessions = []scripted{ran(0, time.Hour), moved}
	r.run(three(1).Add(18 * time.Hour).Sub(monday))
	r.want()
}

func TestAChannelThatFailsIsTriedAgainAndHoldsUpNoOther(t *testing.T) {
	r := newWatchRig(t)
	r.sessions = []scripted{ran(0, time.Hour).as(contract.EndFailed, saas.OutcomeFailed)}
	failures := 0
	r.refuse = func(in contract.DeliverNoticeParams, _ int) error {
		if in.To == "bob@contoso.com" && failures < 5 {
			failures++
			return errors.New("mail server down")
		}
		return nil
	}
	r.run(12 * time.Hour)
	count := map[string]int{}
	for _, d := range r.sent {
		count[d.Channel+d.To]++
	}
	for _, to := range []string{"emailann@contoso.com", "emailbob@contoso.com", "webhook"} {
		if count[to] != 1 {
			t.Errorf("%s received %d notices", to, count[to])
		}
	}
	if failures != 5 || len(r.state.Pending) != 0 {
		t.Errorf("%d failures, still pending: %+v", failures, r.state.Pending)
	}
}

func TestADeliveryIsGivenUpOnceItsAgeMakesItUseless(t *testing.T) {
	r := newWatchRig(t)
	r.schedule = func(time.Time) contract.ScheduleView { return contract.ScheduleView{Exists: true} }
	r.sessions = []scripted{ran(0, time.Hour).as(contract.EndFailed, saas.OutcomeFailed)}
	r.refuse = func(in contract.DeliverNoticeParams, _ int) error {
		if in.To == "bob@contoso.com" {
			return temporal.NewNonRetryableApplicationError("no such mailbox", "NotDelivered", nil)
		}
		return nil
	}
	r.run(5 * saas.Day)
	if len(r.state.Lost) != 1 || r.state.Lost[0].To != "bob@contoso.com" || len(r.state.Pending) != 0 {
		t.Errorf("given up: %+v, pending: %+v", r.state.Lost, r.state.Pending)
	}
	if r.tries > 100 {
		t.Errorf("a refusal was tried again %d times in three days", r.tries)
	}
}

func TestWhatWasToldFromOutsideIsNotToldAgain(t *testing.T) {
	bad := ran(0, time.Hour).as(contract.EndTerminated, "")
	outside := contract.Notice{Key: "test/failed/" + bad.Run, Kind: contract.NoticeFailed, Integration: "test", At: bad.Closed, Headline: "told from outside"}
	r := newWatchRig(t)
	r.sessions = []scripted{bad}
	r.signals = []scriptedSignal{{bad.Closed.Add(-time.Minute).Sub(monday), contract.SignalSent, contract.SentNotices{By: "cron", Notices: []contract.Notice{outside}}}}
	r.run(12 * time.Hour)
	r.want()
	if len(r.state.Notices) != 1 || r.state.Notices[0].Headline != "told from outside" {
		t.Errorf("in the app: %+v", r.state.Notices)
	}
}

func TestAClaimFromOutsideThatCameToNothingOnlyDelays(t *testing.T) {
	bad := ran(0, time.Hour).as(contract.EndTerminated, "")
	r := newWatchRig(t)
	r.sessions = []scripted{bad}
	until := bad.Closed.Add(20 * time.Minute)
	r.signals = []scriptedSignal{{bad.Closed.Add(-time.Minute).Sub(monday), contract.SignalClaim, contract.NoticeClaim{By: "cron", Keys: []string{"test/failed/" + bad.Run}, Until: until}}}
	r.run(12 * time.Hour)
	r.want("failed: The session was terminated")
}

func TestALookThatFailsIsMadeUpFor(t *testing.T) {
	r := newWatchRig(t)
	r.sessions = []scripted{ran(0, time.Hour).as(contract.EndTerminated, "")}
	r.blind = func(now time.Time) error {
		if now.After(three(0)) && now.Before(three(0).Add(5*time.Hour)) {
			return temporal.NewNonRetryableApplicationError("permission denied", "x", nil)
		}
		return nil
	}
	r.run(12 * time.Hour)
	r.want("failed: The session was terminated")
	if r.looks > 200 {
		t.Errorf("%d looks in twelve hours", r.looks)
	}
}

func TestNoticesCanBeMarkedAsRead(t *testing.T) {
	r := newWatchRig(t)
	r.sessions = []scripted{ran(0, time.Hour).as(contract.EndFailed, saas.OutcomeFailed), ran(1, time.Hour).as(contract.EndFailed, saas.OutcomeFailed)}
	r.signals = []scriptedSignal{{40 * time.Hour, contract.SignalRead, contract.ReadNotices{Keys: []string{"test/failed/" + runOf(0)}}}}
	r.run(2 * saas.Day)
	n := r.state.Notices
	if len(n) != 2 || !n[0].Read || n[1].Read {
		t.Fatalf("notices: %+v", n)
	}
	if story := renderWatch(r.state); !strings.Contains(story, "2 notices, 1 unread") || strings.Index(story, "2026-11-03") > strings.Index(story, "2026-11-02") {
		t.Errorf("the page says:\n%s", story)
	}
}

func TestASessionThatIsCancelledInTheQueueRaisesNothing(t *testing.T) {
	for name, tc := range map[string]struct{ picked, closed time.Duration }{
		"a worker ends it at once":       {10 * time.Minute, 10*time.Minute + time.Second},
		"a worker ends it much later":    {5 * time.Hour, 5*time.Hour + time.Second},
		"no worker was there in the end": {20 * time.Hour, 20*time.Hour + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			r := newWatchRig(t)
			s := ran(0, tc.closed).as(contract.EndCancelled, saas.OutcomeCancelled)
			s.PickedUp, s.leaves = s.Began.Add(tc.picked), 10*time.Minute
			r.sessions = []scripted{s}
			r.run(12 * time.Hour)
			r.want()
		})
	}
}

// TestAWatchThatIsRenewedBeginsANewRunAndForgetsNothing: what a run was started with is
// encrypted with the key of that time.
func TestAWatchThatIsRenewedBeginsANewRunAndForgetsNothing(t *testing.T) {
	r := newWatchRig(t)
	r.sessions = []scripted{ran(0, time.Hour).as(contract.EndFailed, saas.OutcomeFailed), ran(1, time.Hour)}
	r.signals = []scriptedSignal{{40 * time.Hour, contract.SignalRenew, "encryption key"}}
	r.run(2 * saas.Day)
	if r.runs != 2 {
		t.Errorf("%d runs", r.runs)
	}
	r.want("failed: The session failed after 1h", "recovered: Sessions complete again")
	if n := r.state.Notices; len(n) != 2 {
		t.Errorf("notices: %+v", n)
	}
}
