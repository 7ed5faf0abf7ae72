package page

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// listed is a page of sessions of every outcome.
func listed() Data {
	now := time.Date(2026, 11, 24, 8, 5, 0, 0, time.UTC)
	d := Data{Integration: "contoso", Generated: now, Zone: time.FixedZone("CET", 3600), Scope: []Fact{{"Asked", "since 90d"}}}
	outcomes := []string{"Running", "Completed", "Completed with errors", "Failed", "Terminated", "Cancelled", "Skipped", "Completed"}
	for i := range 90 {
		s := Session{Began: now.Add(-time.Duration(i) * 24 * time.Hour), Outcome: outcomes[min(i, 7)], Mode: "incremental", StartedBy: "schedule",
			Apps: 1372, Users: 11306, Added: 40 + i, Updated: 295, Rejected: i % 3, Defender: 2431, Oomnitza: 873}
		if i > 0 {
			s.Ended = s.Began.Add(41*time.Minute + time.Duration(i)*time.Second)
		}
		if s.Outcome == "Failed" {
			s.Note = `Oomnitza refused the API token: HTTP 401 <script>alert("x")</script>`
		}
		if s.Outcome == "Terminated" {
			s.Apps, s.Users, s.Added, s.Updated, s.Rejected, s.Defender, s.Oomnitza = -1, -1, -1, -1, -1, -1, -1
		}
		d.Sessions = append(d.Sessions, s)
	}
	return d
}

func TestThePageOfSessionsListsThemAll(t *testing.T) {
	var b bytes.Buffer
	if err := RenderSessions(&b, listed()); err != nil {
		t.Fatal(err)
	}
	if file := os.Getenv("SESSIONS_PAGE_FILE"); file != "" { // to be looked at
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := b.String()
	if n := strings.Count(text[strings.Index(text, `id="all-sessions"`):], "\n<tr>"); n != 90 {
		t.Errorf("the page lists %d sessions", n)
	}
	for _, want := range []string{"<title>Sync sessions – contoso</title>", "24 Nov 2026, 09:05 CET", "The charts show the latest 60 sessions.", "<code>defendersync sessions list</code>",
		"Failed: Oomnitza refused the API token: HTTP 401 &lt;script&gt;", "so far", "2,431", "–"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(text, "SaaS") || strings.Contains(text, `<script>alert(`) {
		t.Error("the page says what is not its own")
	}
	if again := new(bytes.Buffer); RenderSessions(again, listed()) != nil || again.String() != text {
		t.Error("the page differs for the same sessions")
	}
}

func TestAPageWithoutSessionsSaysSo(t *testing.T) {
	var b bytes.Buffer
	if err := RenderSessions(&b, Data{Integration: "contoso"}); err != nil || !strings.Contains(b.String(), "No session matches.") || strings.Contains(b.String(), "all-sessions") {
		t.Errorf("%v: %.300s", err, b.String())
	}
}

func TestADryRunIsNoSessionThatCompleted(t *testing.T) {
	at := time.Date(2026, 11, 24, 8, 5, 0, 0, time.UTC)
	session := func(outcome string, dry bool) Session {
		at = at.Add(time.Hour)
		return Session{Began: at, Ended: at.Add(time.Minute), Outcome: outcome, DryRun: dry, Mode: "dry run, incremental"}
	}
	d := Data{Integration: "contoso", Generated: at, Sessions: []Session{
		session("Completed", true), session("Completed with errors", true), session("Failed", true), session("Completed", false), session("Completed", false),
	}}
	var b bytes.Buffer
	if err := RenderSessions(&b, d); err != nil {
		t.Fatal(err)
	}
	got := visible(b.String())
	for _, want := range []string{
		"Completed 2 of 5 sessions, 2 dry runs", "Failed 1 or", "5 sessions since 24 Nov 2026: 2 completed, 1 dry run, 1 dry run with errors, 1 failed",
		"Dry run incremental 1 min 0 s", "Dry run with errors incremental", "Failed dry run, incremental",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q in\n%s", want, got)
		}
	}
}

func TestUsersWhoseActivityIsUnknownLeaveTheOthersCounted(t *testing.T) {
	d := Data{Apps: []App{{Name: "Slack", Active: 7, Inactive: 2, Unread: 1}, {Name: "Box", Active: 4, Inactive: 3}}}
	d.Totals.Apps = 2
	got := visible(rendered(t, d))
	for _, want := range []string{"Active Inactive Unknown Slack 7 2 1 Box 4 3 0"} {
		if !strings.Contains(strings.Join(strings.Fields(got), " "), want) {
			t.Errorf("the page lacks %q in\n%s", want, got)
		}
	}
	d.Apps[0].Unread = 0
	if got := visible(rendered(t, d)); strings.Contains(got, "Unknown") {
		t.Error("a column has nothing in it")
	}
}
