package main

import (
	"bytes"
	"errors"
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

// printed is the table on a terminal of a width, and what is said beside it.
func printed(t *testing.T, width int, o overview, keys ...string) (table, said string) {
	t.Helper()
	var out, errs bytes.Buffer
	if err := (commands{streams{out: &out, err: &errs, terminal: terminal{width: width}}}).printOverview(t.Context(), o, keys, time.UTC); err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String()
}

func TestTheTableOfIntegrationsHasAllStates(t *testing.T) {
	o := overviewOf(manyStates()...)
	text, _ := printed(t, 0, o)
	golden(t, "status", text)
	if o.Code != plugCritical || o.Status != "CRITICAL" {
		t.Errorf("all are %s", o.Status)
	}
}

func TestTheTableOfIntegrationsFitsTheTerminal(t *testing.T) {
	o := overviewOf(manyStates()...)
	for width, left := range map[int]string{
		60: "no room for nextStart, running, notices, workerPolled, version (--columns chooses)\n", 80: "no room for running, notices, workerPolled, version (--columns chooses)\n",
		120: "no room for notices, workerPolled, version (--columns chooses)\n", 200: "",
	} {
		text, said := printed(t, width, o)
		table, _, _ := strings.Cut(text, "\n\n")
		for line := range strings.Lines(table) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("a line of %d characters on %d columns: %s", n, width, line)
			}
		}
		if !strings.Contains(table, "Last good session") || !strings.Contains(table, "nowhere") || strings.Contains(table, "…") || said != left {
			t.Errorf("on %d columns:\n%s%s", width, table, said)
		}
	}
	// Names are never cut, however narrow it is.
	if text, _ := printed(t, 10, o); !strings.Contains(text, "nowhere") {
		t.Errorf("on 10 columns:\n%s", text)
	}
	text, said := printed(t, 60, o, "running", "integration")
	if head := "Running                         Integration\n"; !strings.HasPrefix(text, head) || said != "" {
		t.Errorf("with columns that are chosen:\n%s%s", text, said)
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
	if text, _ := printed(t, 0, missing); !strings.Contains(text, "integrations may be missing: list the schedules") {
		t.Errorf("it prints %s", text)
	}
}
