package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"defendersync/internal/contract"
	"defendersync/internal/sessions"
	"defendersync/internal/versions"
)

const week = 7 * 24 * time.Hour

// stateOf is the state of an integration that works, changed by the test.
func stateOf(name string, change func(*sessions.State)) sessions.State {
	s := sessions.State{
		Integration: name, At: noon, LastGood: noon.Add(-time.Hour),
		Memory: sessions.Memory{Found: true, Running: true},
		Judged: contract.Watched{Schedule: contract.ScheduleView{Exists: true}},
		Seen: contract.Observation{
			At: noon, Schedule: contract.ScheduleView{Exists: true, Next: []time.Time{noon.Add(2 * time.Hour)}}, Workers: contract.WorkersView{Seen: noon.Add(-2 * time.Second)},
		},
	}
	s.Knows.Memory, s.Knows.Schedule, s.Knows.Workers = true, true, true
	if change != nil {
		change(&s)
	}
	return s
}

// manyStates are integrations in all states.
func manyStates() []sessions.State {
	return []sessions.State{
		stateOf("emea", nil),
		stateOf("failing", func(s *sessions.State) {
			s.Judged.Trouble.Failed = 2
			s.Memory.State.Notices = []contract.Notice{{Key: "failing/1"}, {Key: "failing/2"}}
			s.Memory.State.Lost = []contract.Delivery{{Key: "failing/1", Channel: "email", Error: "mail server down"}}
			s.Routing = versions.Routing{Current: versions.Version{Deployment: "d", Build: "0.3.0"}}
		}),
		stateOf("locked", func(s *sessions.State) {
			s.Err = errors.New("cannot read what the watch knows: PAYLOAD_ENCRYPTION_KEY must be the same\nas the workers'")
		}),
		stateOf("nowhere", func(s *sessions.State) {
			*s = sessions.State{Integration: "nowhere", Err: errors.New("read the schedule: Request unauthorized.")}
		}),
		stateOf("paused", func(s *sessions.State) {
			s.Seen.Schedule.Paused, s.Seen.Schedule.Note = true, contract.PauseNote{By: "ann@desk", From: noon.Add(-50 * time.Hour)}.String()
			s.Judged.Schedule = s.Seen.Schedule
		}),
		stateOf("pausing", func(s *sessions.State) {
			ends := noon.Add(20 * time.Hour)
			s.Seen.Schedule.NotBefore = ends
			s.Seen.Schedule.Note = contract.PauseNote{By: "bob@desk", From: noon.Add(-time.Hour), Ends: ends, Reason: "move of the data centre"}.String()
			s.Judged.Schedule = s.Seen.Schedule
		}),
		stateOf("running", func(s *sessions.State) {
			s.Seen.Sessions = []contract.SessionView{
				{ID: "session/running-1", Began: noon.Add(-time.Hour), PickedUp: noon, Progress: &contract.NoticeProgress{AppsRead: 27, AppsKnown: 55, ExpectedEnd: noon.Add(12 * time.Minute)}},
				{ID: "session/running-0", Began: noon.Add(-2 * time.Hour), End: contract.EndCompleted},
			}
		}),
	}
}

func overviewOf(states ...sessions.State) overview {
	o := overview{At: noon, Namespace: "apps", Integrations: []statusRow{}}
	for _, s := range states {
		o.Integrations = append(o.Integrations, judgeState(s, week, nil))
	}
	o.summarise()
	return o
}

func printed(width int, o overview) string {
	var out bytes.Buffer
	commands{streams{out: &out, err: io.Discard, terminal: terminal{width: width}}}.printOverview(o, time.UTC)
	return out.String()
}

func TestTheTableOfIntegrationsHasAllStates(t *testing.T) {
	o := overviewOf(manyStates()...)
	golden(t, "status", printed(0, o))
	if o.Code != plugCritical || o.Status != "CRITICAL" {
		t.Errorf("all are %s", o.Status)
	}
}

func TestTheTableOfIntegrationsFitsTheTerminal(t *testing.T) {
	o := overviewOf(manyStates()...)
	for _, width := range []int{60, 80, 100, 120, 200} {
		table, _, _ := strings.Cut(printed(width, o), "\n\n")
		for line := range strings.Lines(table) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("a line of %d characters on %d columns: %s", n, width, line)
			}
		}
		if !strings.Contains(table, "Last good session") || !strings.Contains(table, "nowhere") {
			t.Errorf("on %d columns:\n%s", width, table)
		}
	}
	// Names are never cut, however narrow it is.
	if text := printed(10, o); !strings.Contains(text, "nowhere") {
		t.Errorf("on 10 columns:\n%s", text)
	}
}

func TestTheWorstIntegrationSetsTheCode(t *testing.T) {
	all := manyStates()
	for name, tc := range map[string]struct {
		o    overview
		code int
	}{
		"all is well":             {overviewOf(all[0], all[5]), plugOK},
		"a failed session":        {overviewOf(all[0], all[1]), plugCritical},
		"one that cannot be read": {overviewOf(all[0], all[3]), plugUnknown},
		"unknown and critical":    {overviewOf(all[3], all[1]), plugCritical},
		"unknown and warning":     {overviewOf(all[3], stateOf("idle", func(s *sessions.State) { s.Seen.Workers = contract.WorkersView{} })), plugUnknown},
		"none at all":             {overviewOf(), plugWarning},
	} {
		if tc.o.Code != tc.code {
			t.Errorf("%s: %s", name, tc.o.Status)
		}
	}
	missing := overview{Error: "list the schedules: unavailable", Integrations: []statusRow{judgeState(all[0], week, nil)}}
	if missing.summarise(); missing.Code != plugUnknown {
		t.Errorf("where some may be missing: %s", missing.Status)
	}
	if text := printed(0, missing); !strings.Contains(text, "integrations may be missing: list the schedules") {
		t.Errorf("it prints %s", text)
	}
}
