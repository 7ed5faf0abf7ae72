package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rejectedRow is a row as `sessions errors --output json` has it.
type rejectedRow struct{ Reason, App, AppName, Subject, Stream, Detail string }

func TestSessionsErrorsPrintsEveryRejectedRow(t *testing.T) {
	p := thePast(t)
	want := p.rejecting.Counts.Users.Rejected
	if want == 0 || p.rejecting.Rejects.Total() != want {
		t.Fatalf("%d rows were rejected, %d of them users", p.rejecting.Rejects.Total(), want)
	}
	table := p.run("sessions", "errors", p.rejecting.Session).ends(exitCompleted).
		prints(fmt.Sprintf("%s (Completed with errors): %d rows rejected\n  %d × user row unreadable\n", p.rejecting.Session, want, want))
	if n := strings.Count(table.out, "\nuser row unreadable "); n != want {
		t.Errorf("the table has %d rows, not %d:\n%s", n, want, table.out)
	}

	var answer []rejectedRow
	p.run("sessions", "errors", "--output", "json", p.rejecting.Session).ends(exitCompleted).says("rows rejected").decode(&answer)
	if len(answer) != want {
		t.Errorf("as JSON there are %d rows, not %d", len(answer), want)
	}
	for _, row := range answer {
		if row.Reason != "user row unreadable" || row.App == "" || row.AppName == "" || row.Stream == "" || row.Detail == "" {
			t.Errorf("%+v", row)
		}
	}

	file := filepath.Join(t.TempDir(), "rejected.csv")
	p.run("sessions", "errors", p.rejecting.Session, "--file", file).ends(exitCompleted).says(fmt.Sprintf("wrote %d rows to %s", want, file))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil || len(lines) != want+1 || strings.Join(lines[0], ",") != "reason,app,appName,subject,stream,detail" {
		t.Errorf("%v in %s", err, text)
	}
}

func TestSessionsErrorsSaysThatNothingWasRejected(t *testing.T) {
	p := thePast(t)
	p.run("sessions", "errors", p.full.Session).ends(exitCompleted).quiet().prints(p.full.Session + " (Completed): nothing was rejected\n")
	got := p.run("sessions", "errors", p.full.Session, "--output", "csv").ends(exitCompleted).says("nothing was rejected")
	if got.out != "reason,app,appName,subject,stream,detail\n" && got.out != "reason,app,appName,subject,stream,detail\r\n" {
		t.Errorf("as CSV it prints %q", got.out)
	}
	p.run("sessions", "errors", p.skipped.Session+"\r").ends(exitCompleted).prints("(Skipped): nothing was rejected")
	p.run("sessions", "errors", "2020-01-01T00:00:00Z").ends(exitFailed).says("no session")
	p.run("sessions", "errors", "latest", "--output", "html").ends(exitUsage).says("use table, json, csv or xlsx")
	p.run("sessions", "errors", "one", "two").ends(exitUsage).says(`"two"`)
	p.run("sessions", "errors", p.rejecting.Session, "--file", filepath.Join(t.TempDir(), "none", "x.csv")).ends(exitFailed).says("no such file")
}
