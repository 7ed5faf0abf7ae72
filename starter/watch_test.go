package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/sessions"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestAVerdictNamesTheWorst(t *testing.T) {
	running := sessions.Memory{Found: true, Running: true}
	there := contract.ScheduleView{Exists: true}
	alive := contract.Observation{At: noon, Workers: contract.WorkersView{Seen: noon}}
	for name, tc := range map[string]struct {
		memory sessions.Memory
		state  contract.Watched
		seen   contract.Observation
		code   int
		says   string
	}{
		"all is well":              {running, contract.Watched{Schedule: there, LastGood: noon}, alive, plugOK, "last completed session ended 2026-11-24 12:00 UTC"},
		"nothing has happened yet": {running, contract.Watched{Schedule: there}, alive, plugOK, "no session has completed yet"},
		"no worker":                {running, contract.Watched{Schedule: there}, contract.Observation{At: noon}, plugWarning, "no worker is polling"},
		"a worker that fell silent": {
			running, contract.Watched{Schedule: there}, contract.Observation{At: noon, Workers: contract.WorkersView{Seen: noon.Add(-3 * time.Minute)}}, plugWarning, "no worker is polling",
		},
		"no watch":    {sessions.Memory{}, contract.Watched{Schedule: there}, alive, plugWarning, "the Watch workflow is not running"},
		"no schedule": {running, contract.Watched{}, alive, plugWarning, "there is no schedule"},
		"paused by somebody": {
			running, contract.Watched{Schedule: contract.ScheduleView{Exists: true, Paused: true, Note: "Paused via web UI"}}, alive, plugWarning, "paused: Paused via web UI",
		},
		"paused on purpose":              {running, pausedSince(time.Hour), alive, plugOK, "no session has completed yet, the schedule has been paused for 1h00m"},
		"paused for six days":            {running, pausedSince(6 * 24 * time.Hour), alive, plugOK, "paused for 6 days (Paused on purpose by ann@desk since 2026-11-18"},
		"paused for a week":              {running, pausedSince(7 * 24 * time.Hour), alive, plugWarning, "paused for 7 days (Paused on purpose by ann@desk since 2026-11-17T12:00:00Z: audit week), and starts nothing until it is resumed; it may have been forgotten"},
		"paused and without a worker":    {running, pausedSince(time.Hour), contract.Observation{At: noon}, plugWarning, "no worker is polling the task queue; the schedule has been paused for 1h00m"},
		"paused until tomorrow":          {running, pausedUntil(time.Hour, 24*time.Hour), alive, plugOK, "paused for 1h00m (Paused on purpose by ann@desk since 2026-11-24T11:00:00Z until 2026-11-25T12:00:00Z: audit week), and starts nothing before 2026-11-25 12:00 UTC, next start 2026-11-25 13:00 UTC"},
		"paused for months, with an end": {running, pausedUntil(60*24*time.Hour, time.Hour), alive, plugOK, "paused for 60 days"},
		"a pause that has ended":         {running, pausedUntil(time.Hour, -time.Second), alive, plugOK, "no session has completed yet, next start"},
		"begins later, by somebody": {
			running, contract.Watched{Schedule: contract.ScheduleView{Exists: true, NotBefore: noon.Add(time.Hour), Note: "see Bob"}}, alive, plugWarning, "paused until 2026-11-24 13:00 UTC: see Bob",
		},
		"a failed session":  {running, contract.Watched{Schedule: there, Trouble: contract.Trouble{Failed: 1}}, alive, plugCritical, "failed sessions since the last good one: 1"},
		"a missed start":    {running, contract.Watched{Schedule: there, Trouble: contract.Trouble{Missed: 2}}, alive, plugCritical, "missed starts since the last good session: 2"},
		"a stalled session": {running, contract.Watched{Schedule: there, Sessions: []contract.WatchedSession{{ID: "session/x", Stalled: true}}}, alive, plugCritical, "session/x has not completed"},
		"a stuck session":   {running, contract.Watched{Schedule: there, Sessions: []contract.WatchedSession{{ID: "session/x", Stuck: true}}}, alive, plugCritical, "session/x makes no progress"},
		"one that moves again": {
			running, contract.Watched{Schedule: there, Sessions: []contract.WatchedSession{{ID: "session/x", Stuck: true, Resumed: true}}}, alive, plugOK, "a session is running",
		},
		"a notice that is not delivered": {
			sessions.Memory{Found: true, Running: true, State: contract.WatchState{Pending: []contract.Delivery{{Channel: "email", Error: "mail server down"}}}},
			contract.Watched{Schedule: there}, alive, plugWarning, "a notice was not delivered by email: mail server down",
		},
		"a failed session and no worker": {running, contract.Watched{Schedule: there, Trouble: contract.Trouble{Failed: 1}}, contract.Observation{At: noon}, plugCritical, "no worker is polling"},
	} {
		t.Run(name, func(t *testing.T) {
			v := verdict{Problems: listProblems(tc.memory, tc.state, tc.seen, 7*24*time.Hour, nil), Paused: pausedAt(tc.state.Schedule, noon, nil), Running: len(tc.state.Sessions)}
			v.summarise(tc.state, contract.WatchState{}, noon)
			if v.Code != tc.code || !strings.Contains(v.Summary, tc.says) {
				t.Errorf("code %d: %s", v.Code, v.Summary)
			}
		})
	}
}

// pausedSince is a watch's state while the schedule is paused on purpose, with
// a start to come when it is not any more.
func pausedSince(ago time.Duration) contract.Watched {
	note := contract.PauseNote{By: "ann@desk", From: noon.Add(-ago), Reason: "audit week"}.String()
	return contract.Watched{
		Looked: noon, Schedule: contract.ScheduleView{Exists: true, Paused: true, Note: note}, Starts: []contract.PlannedStart{{At: noon.Add(time.Hour)}},
	}
}

// pausedUntil is a watch's state while the schedule is paused on purpose until a time, an
// hour before its next start.
func pausedUntil(ago, ends time.Duration) contract.Watched {
	s := pausedSince(ago)
	s.Schedule.Paused, s.Schedule.NotBefore = false, noon.Add(ends)
	s.Schedule.Note = contract.PauseNote{By: "ann@desk", From: noon.Add(-ago), Ends: noon.Add(ends), Reason: "audit week"}.String()
	s.Starts = []contract.PlannedStart{{At: noon.Add(ends + time.Hour)}}
	return s
}

func TestAPausedScheduleHasNoNextStart(t *testing.T) {
	s := pausedSince(time.Hour)
	v := verdict{Paused: pausedAt(s.Schedule, noon, nil)}
	v.summarise(s, contract.WatchState{}, noon)
	if v.Next != nil || strings.Contains(v.Summary, "next start") || !v.Paused.OnPurpose {
		t.Errorf("it says %q, next %v", v.Summary, v.Next)
	}
	s.Schedule.Paused = false
	v = verdict{Paused: pausedAt(s.Schedule, noon, nil)}
	if v.summarise(s, contract.WatchState{}, noon); v.Next == nil || v.Paused != nil {
		t.Errorf("resumed, it says %q", v.Summary)
	}
}

func TestAVerdictIsOneLineWhateverItQuotes(t *testing.T) {
	v := verdict{Code: plugCritical, Status: "CRITICAL", Summary: "the schedule is paused: two\nlines | and a bar"}
	line := v.formatLine(noon)
	if strings.Contains(line, "\n") || strings.Count(line, "|") != 1 || !strings.HasPrefix(line, "DEFENDERSYNC CRITICAL - ") {
		t.Errorf("%q", line)
	}
}

func TestNoticesAreChosenByTheirIdsWhateverElseComes(t *testing.T) {
	row := func(key string) noticeRow { return noticeRow{nameNotice(key), contract.Notice{Key: key}} }
	rows := []noticeRow{row("x"), row("y")}
	id := rows[1].ID
	for name, words := range map[string][]string{"its id": {id}, "its id in capitals": {strings.ToUpper(id)}, "its key": {"y"}, "twice": {id, "y"}} {
		if got, err := chooseNotices(rows, words, false); err != nil || len(got) != 1 || got[0].Key != "y" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := chooseNotices(append([]noticeRow{row("new")}, rows...), []string{id}, false); err != nil || len(got) != 1 || got[0].Key != "y" {
		t.Errorf("with another before it: %+v, %v", got, err)
	}
	if got, err := chooseNotices(rows, nil, true); err != nil || len(got) != 2 {
		t.Errorf("all: %+v, %v", got, err)
	}
	_, err := chooseNotices(rows, []string{"0", "2", "3", "-1", id[1:] + id[:1], id[:5]}, false)
	for _, want := range []string{`no notice "0" (see`, `"2" is a position`, "notice 2 of the list is now " + id, `no notice "3"`, `no notice "-1"`, "did you mean " + id + "?"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestIdsOfNoticesDiffer(t *testing.T) {
	seen := map[string]string{}
	for i := range 200 {
		key := fmt.Sprintf("missed/2026-11-27T%02d:%02d:00Z", i/60, i%60)
		id := nameNotice(key)
		if other, twice := seen[id]; twice || len(id) != 6 || strings.ContainsAny(id, "0123456789") {
			t.Errorf("%s has the id %s, as has %q", key, id, other)
		}
		seen[id] = key
	}
}
