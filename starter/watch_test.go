package main

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/notice"
	"defendersync/internal/pausenote"
	"defendersync/internal/watch"
	"defendersync/workflows"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestAVerdictNamesTheWorst(t *testing.T) {
	running := memory{found: true, running: true}
	there := watch.Schedule{Exists: true}
	alive := watch.Observation{At: noon, Workers: watch.Workers{Seen: noon}}
	for name, tc := range map[string]struct {
		memory memory
		state  watch.State
		seen   watch.Observation
		code   int
		says   string
	}{
		"all is well":              {running, watch.State{Schedule: there, LastGood: noon}, alive, plugOK, "last good session ended 2026-11-24 12:00 UTC"},
		"nothing has happened yet": {running, watch.State{Schedule: there}, alive, plugOK, "no session has completed yet"},
		"no worker":                {running, watch.State{Schedule: there}, watch.Observation{At: noon}, plugWarning, "no worker serves"},
		"a worker that fell silent": {
			running, watch.State{Schedule: there}, watch.Observation{At: noon, Workers: watch.Workers{Seen: noon.Add(-3 * time.Minute)}}, plugWarning, "no worker serves",
		},
		"no watch":    {memory{}, watch.State{Schedule: there}, alive, plugWarning, "no watch runs"},
		"no schedule": {running, watch.State{}, alive, plugWarning, "there is no schedule"},
		"paused by somebody": {
			running, watch.State{Schedule: watch.Schedule{Exists: true, Paused: true, Note: "Paused via web UI"}}, alive, plugWarning, "paused: Paused via web UI",
		},
		"paused on purpose": {
			running, watch.State{Schedule: watch.Schedule{Exists: true, Paused: true, Note: pausenote.Pause{By: "ann@desk", From: noon.Add(-time.Hour)}.String()}}, alive, plugOK, "no session",
		},
		"a failed session":  {running, watch.State{Schedule: there, Trouble: watch.Trouble{Failed: 1}}, alive, plugCritical, "since 1 failed"},
		"a missed start":    {running, watch.State{Schedule: there, Trouble: watch.Trouble{Missed: 2}}, alive, plugCritical, "since 2 were missed"},
		"a stalled session": {running, watch.State{Schedule: there, Sessions: []watch.Session{{ID: "session/x", Stalled: true}}}, alive, plugCritical, "session/x has not completed"},
		"a stuck session":   {running, watch.State{Schedule: there, Sessions: []watch.Session{{ID: "session/x", Stuck: true}}}, alive, plugCritical, "session/x gets no further"},
		"one that moves again": {
			running, watch.State{Schedule: there, Sessions: []watch.Session{{ID: "session/x", Stuck: true, Freed: true}}}, alive, plugOK, "one is running",
		},
		"a notice that is not delivered": {
			memory{found: true, running: true, state: workflows.WatchState{Pending: []workflows.Undelivered{{Channel: "email", Error: "mail server down"}}}},
			watch.State{Schedule: there}, alive, plugWarning, "not delivered by email: mail server down",
		},
		"a failed session and no worker": {running, watch.State{Schedule: there, Trouble: watch.Trouble{Failed: 1}}, watch.Observation{At: noon}, plugCritical, "no worker serves"},
	} {
		t.Run(name, func(t *testing.T) {
			v := verdict{Problems: problems(tc.memory, tc.state, tc.seen), Running: len(tc.state.Sessions)}
			v.sum(tc.state, workflows.WatchState{})
			if v.Code != tc.code || !strings.Contains(v.Summary, tc.says) {
				t.Errorf("code %d: %s", v.Code, v.Summary)
			}
		})
	}
}

func TestAVerdictIsOneLineWhateverItQuotes(t *testing.T) {
	v := verdict{Code: plugCritical, Status: "CRITICAL", Summary: "the schedule is paused: two\nlines | and a bar"}
	line := v.line()
	if strings.Contains(line, "\n") || strings.Count(line, "|") != 1 || !strings.HasPrefix(line, "DEFENDERSYNC CRITICAL - ") {
		t.Errorf("%q", line)
	}
}

func TestOfSeveralClaimsTheFirstThatHoldsCounts(t *testing.T) {
	soon := noon.Add(time.Minute)
	mine := workflows.Claim{By: "me", Keys: []string{"a", "b"}, Until: soon}
	for name, tc := range map[string]struct {
		claims []workflows.Claim
		want   bool
	}{
		"mine alone":           {[]workflows.Claim{mine}, true},
		"mine first":           {[]workflows.Claim{mine, {By: "you", Keys: []string{"a"}, Until: soon}}, true},
		"yours first":          {[]workflows.Claim{{By: "you", Keys: []string{"a"}, Until: soon}, mine}, false},
		"yours is void by now": {[]workflows.Claim{{By: "you", Keys: []string{"a"}, Until: noon.Add(-time.Second)}, mine}, true},
		"yours is of another":  {[]workflows.Claim{{By: "you", Keys: []string{"c"}, Until: soon}, mine}, true},
		"none arrived":         {nil, false},
	} {
		if got := (memory{claims: tc.claims}).mine(mine, "a", noon); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNoticesAreChosenByTheirNumbers(t *testing.T) {
	rows := []noticeRow{{1, notice.Notice{Key: "x"}}, {2, notice.Notice{Key: "y"}}}
	if got, err := choose(rows, []string{"2"}, false); err != nil || len(got) != 1 || got[0].Key != "y" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := choose(rows, nil, true); err != nil || len(got) != 2 {
		t.Errorf("all: %+v, %v", got, err)
	}
	for _, wrong := range []string{"0", "3", "x", "-1"} {
		if _, err := choose(rows, []string{wrong}, false); err == nil || !strings.Contains(err.Error(), "from 1 to 2") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
