package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

func TestATimeIsADayAnInstantOrSoLongAgo(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][2]string{ // as --since and as --until
		"2026-11-01":                {"2026-10-31T23:00:00Z", "2026-11-01T23:00:00Z"},
		"2026-10-25":                {"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"}, // a day of 25 hours
		"2026-11-01T08:00:00+01:00": {"2026-11-01T07:00:00Z", "2026-11-01T07:00:00Z"},
		"7d":                        {"2026-11-17T12:00:00Z", "2026-11-17T12:00:00Z"},
		"90m":                       {"2026-11-24T10:30:00Z", "2026-11-24T10:30:00Z"},
	} {
		for i, end := range []bool{false, true} {
			got, err := parseTime("--since", text, now, berlin, end)
			if err != nil || got.UTC().Format(time.RFC3339) != want[i] {
				t.Errorf("%s, end %v: %s, %v", text, end, got.UTC(), err)
			}
		}
	}
}

func TestWrongFiltersOfTheListAreNamed(t *testing.T) {
	for line, says := range map[string]string{
		"--since yesterday":                     `--since "yesterday": use a day`,
		"--until 2026-13-01":                    `--until "2026-13-01"`,
		"--since 2026-11-02 --until 2026-11-01": "is not before",
		"--since 1d --until 2d":                 "is not before",
		"--outcome finished":                    `--outcome "finished": use running, completed, completed with errors,`,
		"--limit -1":                            "--limit -1",
		"--output docx":                         "use table, json, csv, xlsx or html",
		"--output yaml":                         "use table, json, csv, xlsx or html",
		"latest":                                `"latest"`,
	} {
		got := command(t, nil, nil, append([]string{"sessions", "list"}, strings.Fields(line)...)...)
		if got.code != exitUsage || !strings.Contains(got.err, says) {
			t.Errorf("%s ended with %d: %s", line, got.code, got.err)
		}
	}
}

func TestRowsThatWereCountedAndNotKeptAreSaid(t *testing.T) {
	var r sessions.Rejects
	for range 3 {
		r.Add(saas.Reject{Reason: "user row unreadable"}, 2)
	}
	r.Add(saas.Reject{Reason: "app refused by Oomnitza"}, 3)
	s := sessions.Session{SessionResult: contract.SessionResult{Session: "s", Outcome: saas.OutcomeCompletedWithErrors}}
	for want, of := range map[string]sessions.Rejects{
		"s (Completed with errors): 4 rows rejected\n  3 × user row unreadable (1 of them were only counted and can't be listed)\n  1 × app refused by Oomnitza\n": r,
		"s (Completed with errors): nothing was rejected\n  Temporal no longer has all of this session's history\n":                                                {Lost: true},
	} {
		var out bytes.Buffer
		printReasons(&out, s, of)
		if out.String() != want {
			t.Errorf("it says %s", out.String())
		}
	}
}

func TestTheOutcomeOfAListedSessionHasItsColour(t *testing.T) {
	for outcome, want := range map[saas.Outcome]sheet.Color{
		saas.OutcomeCompleted: sheet.Green, saas.OutcomeCompletedWithErrors: sheet.Yellow, saas.OutcomeSkipped: sheet.Faint,
		saas.OutcomeCancelled: sheet.Magenta, saas.OutcomeRunning: sheet.Cyan, saas.OutcomeFailed: sheet.Red,
		saas.OutcomeTerminated: sheet.Red, saas.OutcomeTimedOut: sheet.Red, "of a later version": "",
	} {
		var e sessions.Session
		e.Outcome = outcome
		for _, columns := range [][]listColumn{allColumns(), fewColumns()} {
			coloured := 0
			for _, c := range columns {
				if c.Color == nil {
					continue
				}
				coloured++
				if got := c.Color(c.of(connection{}, e)); c.Key != "outcome" || got != want {
					t.Errorf("%s in column %s has colour %q, want %q", outcome, c.Key, got, want)
				}
			}
			if coloured != 1 {
				t.Errorf("%d columns have a colour", coloured)
			}
		}
	}
	if got := outcomeColor(nil); got != "" {
		t.Errorf("an empty cell has colour %q", got)
	}
}

func TestThereIsNoColourOffATerminalNorAgainstNoColor(t *testing.T) {
	for name, s := range map[string]streams{
		"no terminal": {out: &bytes.Buffer{}},
		"NO_COLOR":    {out: &bytes.Buffer{}, terminal: terminal{out: true}, environ: []string{"NO_COLOR=1"}},
		"dumb":        {out: &bytes.Buffer{}, terminal: terminal{out: true}, environ: []string{"TERM=dumb"}},
	} {
		if got := s.paintText("x", sheet.Red); got != "x" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := (streams{out: &bytes.Buffer{}, terminal: terminal{out: true}, environ: []string{"NO_COLOR="}}).paintText("x", sheet.Red); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("an empty NO_COLOR forbids nothing, but it prints %q", got)
	}
}
