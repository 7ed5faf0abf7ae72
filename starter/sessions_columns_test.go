package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// cellsOf are what a session has in columns, by key.
func cellsOf(columns []listColumn, s sessions.Session) map[string]any {
	c := connection{settings: config.Settings{Integration: config.Integration{Name: "hr", Timezone: "UTC"}}}
	out := map[string]any{}
	for _, col := range columns {
		out[col.Key] = col.of(c, s)
	}
	return out
}

func TestTheListOfSessionsHasEveryCountInItsColumn(t *testing.T) {
	s := sessions.Session{Run: "run-1", SessionResult: contract.SessionResult{
		Session: "session/hr-2026-11-24T03:00:00Z", StartedBy: "ann@desk", Outcome: saas.OutcomeCompletedWithErrors, Mode: "full", LimitApps: 9,
		Began: noon.Add(-90 * time.Second), Ended: noon.Add(-1500 * time.Microsecond),
		Counts: saas.Counts{
			Apps:  saas.AppCounts{Seen: 1, Created: 2, Updated: 3, Unchanged: 4, Adopted: 10, Rejected: 5},
			Users: saas.UserCounts{Seen: 11, Added: 12, Updated: 13, Unchanged: 14, Repeated: 100, Skipped: 15, Rejected: 16},
		},
		Requests: saas.Requests{Defender: 21, Oomnitza: 22},
	}}
	got := cellsOf(dataColumns(), s)
	for key, want := range map[string]any{
		"session": s.Session, "run": "run-1", "startedBy": "ann@desk", "outcome": "Completed with errors", "mode": "full, first 9 apps", "note": "",
		"started": s.Began, "ended": s.Ended.Truncate(time.Second), "tookSeconds": 89.999,
		"apps": 1, "appsAdded": 2, "appsUpdated": 3, "appsUnchanged": 14, "appsRejected": 5,
		"users": 11, "usersAdded": 12, "usersUpdated": 13, "usersUnchanged": 114, "usersSkipped": 15, "usersRejected": 16,
		"defenderRequests": 21, "oomnitzaRequests": 22,
	} {
		if fmt.Sprint(got[key]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, not %v", key, got[key], want)
		}
		delete(got, key)
	}
	for key := range got {
		if key != "peopleAdded" && key != "peopleRejected" {
			t.Errorf("nobody knows of the column %s", key)
		}
	}
}

func TestTheListOfSessionsHasNoCountsThatAreNotKnown(t *testing.T) {
	got := cellsOf(dataColumns(), sessions.Session{Unclear: "no key", SessionResult: contract.SessionResult{Session: "session/hr-1", Outcome: saas.OutcomeCompleted}})
	for _, key := range []string{"apps", "appsAdded", "usersRejected", "defenderRequests", "oomnitzaRequests", "tookSeconds"} {
		if got[key] != nil {
			t.Errorf("%s is %v", key, got[key])
		}
	}
	if got["note"] != "no key" || got["outcome"] != "Completed" {
		t.Errorf("it is %v", got)
	}
}

func TestColumnsForProgramsHaveNamesOfTheirOwn(t *testing.T) {
	var keys, titles []string
	for _, col := range nameColumns(dataColumns()) {
		if slices.Contains(keys, col.Key) || slices.Contains(titles, col.Title) {
			t.Errorf("%s, %q is there twice", col.Key, col.Title)
		}
		keys, titles = append(keys, col.Key), append(titles, col.Title)
	}
}
