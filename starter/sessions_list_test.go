package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
	"defendersync/internal/testing/simulator"
)

func TestSessionsListShowsWhatCameOfEachSession(t *testing.T) {
	p := thePast(t)
	p.run("sessions", "list").ends(exitCompleted).says("7 rows").
		golden("sessions_list", `(?m)^(.*(?:Cancelled|Terminated)).*(run-.*)$`, "$1  …  $2",
			// which apps without news an increment reads all the same is drawn by its run
			`(?m)^(.*dry run, incremental +\S+ +6 +0 +0 +6 +0 +)\d+( +0 +0 +)\d+`, "${1}N${2}N")

	rows := p.lists(7)
	for i, want := range []contract.SessionResult{p.terminated, p.skipped, p.cancelled, p.failed, p.rejecting, p.dryRun, p.full} {
		got := rows[i]
		if got.Session != want.Session || got.Run == "" || got.TookSeconds == nil || got.Ended.Before(got.Started) {
			t.Errorf("row %d is %+v, not session %s", i, got, want.Session)
		}
	}
	if full := rows[6]; *full.AppsAdded != 12 || *full.UsersAdded != 60 || *full.UsersRejected != 0 || full.Note != "" || full.StartedBy != "ann@desk" {
		t.Errorf("the full session: %+v", full)
	}
	if failed := rows[3]; !strings.Contains(failed.Note, "HTTP 403") {
		t.Errorf("the failed session: %+v", failed)
	}
	if skipped := rows[1]; skipped.Note != p.cancelled.Session+" was running" || skipped.StartedBy != "bob@desk" {
		t.Errorf("the skipped session: %+v", skipped)
	}

	file := filepath.Join(t.TempDir(), "sessions.csv")
	p.run("sessions", "list", "--file", file).ends(exitCompleted).says("wrote 7 rows to ")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(lines) != 8 || strings.Join(lines[0][:4], ",") != "started,ended,tookSeconds,outcome" || lines[1][3] != "Terminated" {
		t.Errorf("%v: %q", err, text)
	}

	book := filepath.Join(t.TempDir(), "sessions.xlsx")
	p.run("sessions", "list", "--file", book).ends(exitCompleted).says("wrote 7 rows to ")
	if opened, err := excelize.OpenFile(book); err != nil {
		t.Error(err)
	} else {
		cells, err := opened.GetRows(opened.GetSheetName(0))
		if head := strings.Join(cells[0], "|"); err != nil || len(cells) != 8 || !strings.Contains(head, "|Users added|") || !strings.Contains(head, "Requests to Defender|") {
			t.Errorf("%v: %d rows, %q", err, len(cells), cells[0])
		}
		_ = opened.Close()
	}
	shown := filepath.Join(t.TempDir(), "sessions.html")
	p.run("sessions", "list", "--file", shown).ends(exitCompleted).says("wrote 7 rows to ")
	if page, err := os.ReadFile(shown); err != nil || !strings.Contains(string(page), "HTTP 403") || !strings.Contains(string(page), "Terminated") ||
		strings.Contains(string(page), "WorkflowType") || !strings.Contains(string(page), "the latest 20 at most") {
		t.Errorf("%v: the page is %.300s", err, page)
	}
	p.run("sessions", "list", "--output", "html", "--columns", "outcome").ends(exitUsage).says("--columns can't be combined")

	listAt := func(width int) ran {
		at := streams{environ: p.Env, terminal: terminal{out: true, width: width}}
		return runIn(t, t.Context(), at, "sessions", "list").ends(exitCompleted)
	}
	if middle := listAt(120); !strings.Contains(middle.out, "Defender: read the") {
		t.Errorf("at 120 columns, nothing says why a session failed:\n%s", middle.out)
	}
	list := listAt(90)
	if head, _, _ := strings.Cut(list.out, "\n"); strings.Contains(head, "Note") || !strings.Contains(head, "Users+") {
		t.Errorf("on a narrow terminal the columns are %s", head)
	}
	if !strings.Contains(list.out, "\x1b[31mFailed\x1b[0m") {
		t.Errorf("on a terminal a failed session is not red: %q", list.out)
	}
}

func TestSessionsListIsFiltered(t *testing.T) {
	p := thePast(t)
	for _, c := range []struct {
		flags string
		want  []contract.SessionResult
	}{
		{"--outcome failed", []contract.SessionResult{p.failed}},
		{"--outcome COMPLETED", []contract.SessionResult{p.dryRun, p.full}},
		{"--outcome terminated --outcome skipped --outcome cancelled", []contract.SessionResult{p.terminated, p.skipped, p.cancelled}},
		{"--outcome running", nil},
		{"--since 1h --limit 2", []contract.SessionResult{p.terminated, p.skipped}},
		{"--limit 0 --since " + p.failed.Ended.Add(-time.Minute).Format(time.RFC3339) + " --outcome failed", []contract.SessionResult{p.failed}},
		{"--until 2026-01-01", nil},
	} {
		t.Run(c.flags, func(t *testing.T) {
			var got []listed
			p.run(append([]string{"sessions", "list", "--output", "json"}, strings.Fields(c.flags)...)...).ends(exitCompleted).decode(&got)
			var names, want []string
			for _, row := range got {
				names = append(names, row.Session)
			}
			for _, r := range c.want {
				want = append(want, r.Session)
			}
			if strings.Join(names, " ") != strings.Join(want, " ") {
				t.Errorf("lists %q, not %q", names, want)
			}
		})
	}
	p.run("sessions", "list", "--outcome", "with errors").ends(exitUsage).says(`--outcome "with errors": use running, completed, completed with errors`)
	p.run("sessions", "list", "--outcome", "timed out").ends(exitCompleted).prints("no session matches")
	p.runWith([]string{"INTEGRATION_NAME=nobody"}, "sessions", "list").ends(exitCompleted).prints("no session matches")
}

func TestSessionsThatCannotBeReadAreListedWithTheReason(t *testing.T) {
	r := newRig(t, simulator.Options{}, "PAYLOAD_ENCRYPTION_KEY=k:"+keyOne)
	r.work()
	full := r.session(exitCompleted)
	var got []listed
	eventually(t, "it is listed", func() bool {
		r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo}, "sessions", "list", "--output", "json").ends(exitFailed).says("PAYLOAD_ENCRYPTION_KEY").decode(&got)
		return len(got) == 1
	})
	if row := got[0]; row.Session != full.Session || row.Outcome != "Completed" || row.UsersAdded != nil || !strings.Contains(row.Note, "PAYLOAD_ENCRYPTION_KEY") {
		t.Errorf("listed as %+v", row)
	}
	for _, command := range []string{"show", "errors"} {
		r.runWith([]string{"PAYLOAD_ENCRYPTION_KEY="}, "sessions", command, full.Session).ends(exitFailed).says("PAYLOAD_ENCRYPTION_KEY")
	}
	r.lists(1)
}

func TestThePageOfSessionsSaysInWordsWhatWasAskedFor(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, berlin)
	for want, f := range map[string]sessions.Filter{
		"all":    {},
		"failed": {Outcomes: []saas.Outcome{saas.OutcomeFailed}},
		"failed or cancelled, since 1 Nov 2026, 00:00 CET, before 2 Nov 2026, 00:00 CET, the latest 3 at most": {
			Outcomes: []saas.Outcome{saas.OutcomeFailed, saas.OutcomeCancelled}, Since: day, Until: day.AddDate(0, 0, 1), Limit: 3,
		},
	} {
		if got := describeFilter(f, berlin); got != want {
			t.Errorf("%+v: %q, want %q", f, got, want)
		}
	}
}
