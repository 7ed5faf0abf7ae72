package main

import (
	"errors"
	"testing"
	"time"

	schedulepb "go.temporal.io/api/schedule/v1"

	"defendersync/internal/contract"
)

// TestWhatAPauseAndAResumeMakeOfASchedule: whatever was there, and whoever made it.
func TestWhatAPauseAndAResumeMakeOfASchedule(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	before, friday, monday := now.Add(-48*time.Hour), now.Add(72*time.Hour), now.Add(144*time.Hour)
	type state struct {
		paused    bool
		notBefore time.Time
		note      string
	}
	var (
		running     = state{note: "Resumed by bob@desk at 2026-11-20T08:00:00Z"}
		endless     = state{true, time.Time{}, contract.PauseNote{By: "bob@desk", From: before, Reason: "audit"}.String()}
		ending      = state{false, friday, contract.PauseNote{By: "bob@desk", From: before, Ends: friday, Reason: "audit"}.String()}
		ended       = state{false, now.Add(-time.Hour), contract.PauseNote{By: "bob@desk", From: before, Ends: now.Add(-time.Hour)}.String()}
		byWebUI     = state{true, time.Time{}, "Paused via Web UI"}
		webUIOnTop  = state{true, friday, "Paused via Web UI"}
		webUIUndone = state{false, friday, "Unpaused via Web UI"}
	)
	forGood := func(s *schedulepb.Schedule) error { return pauseRequest{by: "ann@desk", now: now}.pause(s) }
	untilMonday := func(s *schedulepb.Schedule) error {
		return pauseRequest{by: "ann@desk", reason: "move", now: now, ends: monday}.pause(s)
	}
	longer := func(s *schedulepb.Schedule) error {
		return pauseRequest{by: "ann@desk", now: now, ends: monday}.pause(s)
	}
	resume := func(s *schedulepb.Schedule) error { return resumeRaw(s, "ann@desk", now) }
	mine := func(from, ends time.Time, reason string) string {
		return contract.PauseNote{By: "ann@desk", From: from, Ends: ends, Reason: reason}.String()
	}
	for name, tc := range map[string]struct {
		do    func(*schedulepb.Schedule) error
		there state
		want  state
		err   error
	}{
		"a pause without an end":                   {forGood, running, state{true, time.Time{}, mine(now, time.Time{}, "")}, nil},
		"a pause with an end":                      {untilMonday, running, state{false, monday, mine(now, monday, "move")}, nil},
		"after one that has ended":                 {untilMonday, ended, state{false, monday, mine(now, monday, "move")}, nil},
		"a pause for good after one that ended":    {forGood, ended, state{true, time.Time{}, mine(now, time.Time{}, "")}, nil},
		"a pause of a paused one":                  {forGood, endless, endless, errPaused},
		"a pause of one that will end":             {forGood, ending, ending, errPaused},
		"an end for a pause that has none":         {longer, endless, state{false, monday, mine(before, monday, "audit")}, nil},
		"another end":                              {longer, ending, state{false, monday, mine(before, monday, "audit")}, nil},
		"another end for another reason":           {untilMonday, ending, state{false, monday, mine(before, monday, "move")}, nil},
		"a pause in the Web UI is not overwritten": {untilMonday, byWebUI, byWebUI, errPausedOut},
		"nor one on top of ours":                   {forGood, webUIOnTop, webUIOnTop, errPausedOut},
		"a pause after both in the Web UI":         {untilMonday, webUIUndone, state{false, monday, mine(now, monday, "move")}, nil},
		"a resume of a paused one": {resume, endless, state{false, time.Time{}, contract.PauseNote{
			By: "bob@desk", From: before, Reason: "audit", Until: now, Resumer: "ann@desk"}.String()}, nil},
		"a resume of one that would end": {resume, ending, state{false, time.Time{}, contract.PauseNote{
			By: "bob@desk", From: before, Ends: friday, Reason: "audit", Until: now, Resumer: "ann@desk"}.String()}, nil},
		"a resume of one that has ended":       {resume, ended, ended, errNotPaused},
		"a resume of one that is not paused":   {resume, running, running, errNotPaused},
		"a resume after a pause in the Web UI": {resume, webUIOnTop, state{note: "Resumed by ann@desk at 2026-11-24T12:00:00Z"}, nil},
		"a resume after both in the Web UI":    {resume, webUIUndone, state{note: "Resumed by ann@desk at 2026-11-24T12:00:00Z"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := &schedulepb.Schedule{}
			setPause(s, tc.there.paused, tc.there.notBefore, tc.there.note)
			if err := tc.do(s); !errors.Is(err, tc.err) {
				t.Fatalf("it returns %v, not %v", err, tc.err)
			}
			v := viewRawPause(s)
			if got := (state{v.Paused, v.NotBefore, v.Note}); got != tc.want {
				t.Errorf("it is %+v, not %+v", got, tc.want)
			}
		})
	}
}

func TestAScheduleOfWhichNothingIsKnownCanBePaused(t *testing.T) {
	s := &schedulepb.Schedule{}
	if err := (pauseRequest{by: "ann@desk", now: time.Unix(0, 0).UTC(), ends: time.Unix(60, 0).UTC()}).pause(s); err != nil || !viewRawPause(s).NotBefore.Equal(time.Unix(60, 0)) {
		t.Errorf("%v: %+v", err, s)
	}
}
