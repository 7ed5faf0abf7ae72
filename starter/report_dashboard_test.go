package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/activities"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
	"defendersync/internal/testing/simulator"
)

func TestADashboardShowsTheSessions(t *testing.T) {
	p := thePast(t)
	file := filepath.Join(t.TempDir(), "saas.html")
	p.run("report", "dashboard", "--file", file, "--live").ends(exitCompleted).says("wrote the dashboard to " + file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!doctype html>", p.Name, "Completed with errors", "Terminated", "full", "dry run"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(string(text), "Temporal is not available") {
		t.Error("it says that Temporal is not available")
	}
	p.run("report", "dashboard", "--file", filepath.Join(t.TempDir(), "none", "x.html")).ends(exitFailed).says("no such file")
	p.runWith([]string{"OOMNITZA_URL="}, "report", "dashboard", "--file", file).ends(exitUsage).says("OOMNITZA_URL")
}

func TestADashboardWithoutTemporalIsDrawnAndSaysSo(t *testing.T) {
	p := newTenants(t, simulator.Options{Seed: 7, Apps: 12, People: 20, Pairs: 60})
	got := command(t, p.environ, nil, "report", "dashboard", "--file", "-").ends(exitCompleted).says("note: the page has no sessions: ", "127.0.0.1:1")
	got.prints("<!doctype html>", "Temporal is not available: ", "Most used apps")
	command(t, append(p.environ, "TEMPORAL_TLS=maybe"), nil, "report", "dashboard", "--file", "-").ends(exitUsage).says("TEMPORAL_TLS")
	command(t, p.environ, nil, "report", "dashboard").ends(exitUsage).says("--file is missing")
	command(t, p.environ, nil, "report", "dashboard", "--file", "-", "--apps", "-1").ends(exitUsage).says("--apps -1: use 1 or more, or 0 for all apps")
	file := filepath.Join(t.TempDir(), "saas.html")
	command(t, append(p.environ, "OOMNITZA_API_TOKEN=revoked-token-4711"), nil, "report", "dashboard", "--file", file).ends(exitUsage).says("OOMNITZA_API_TOKEN")
	if _, err := os.Stat(file); err == nil {
		t.Error("a page was written of a tenant that does not answer")
	}
}

func TestADashboardNamesTheKeyOfSessionsThatItCannotRead(t *testing.T) {
	readable := sessions.Session{SessionResult: contract.SessionResult{Outcome: saas.OutcomeCompleted, Counts: saas.Counts{Apps: saas.AppCounts{Seen: 7}}}}
	sealed := sessions.Session{Unclear: "x", KeyError: fmt.Errorf("cannot read its result: %w", sessions.ErrKey)}
	unclear := sessions.Session{Unclear: "out of order"}
	if got := activities.DrawSession(readable); got.Apps != 7 || got.Added != 0 || got.Rejected != 0 {
		t.Errorf("%+v", got)
	}
	for name, s := range map[string]sessions.Session{"sealed": sealed, "unclear": unclear} {
		if got := activities.DrawSession(s); got.Apps != -1 || got.Added != -1 || got.Rejected != -1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := activities.NoteUnreadable([]sessions.Session{readable, unclear}); got != "" {
		t.Errorf("all are readable, and it says %q", got)
	}
	want := "The counts of 2 of the 4 sessions are unknown: cannot read its result: PAYLOAD_ENCRYPTION_KEY must be the same as the workers' of this integration"
	if got := activities.NoteUnreadable([]sessions.Session{sealed, readable, unclear, sealed}); got != want {
		t.Errorf("it says %q", got)
	}
}
