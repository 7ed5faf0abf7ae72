package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// printedResult is a result as people see it.
func printedResult(r contract.SessionResult) string {
	var out bytes.Buffer
	printResult(&out, r)
	return out.String()
}

func TestTheResultOfASessionTellsAllThatCameOfIt(t *testing.T) {
	r := contract.SessionResult{
		Session: "session/hr-1", Outcome: saas.OutcomeCompletedWithErrors, Began: noon.Add(-90 * time.Second), Ended: noon, Mode: "incremental", Reason: "since the last good session",
		Streams: []string{"Global View", "Berlin"}, Spared: []string{"Paris"}, SparedSince: noon, LimitApps: 7, DryRun: true, Warnings: []string{"lists moved"},
		Counts: saas.Counts{
			Apps:   saas.AppCounts{Seen: 12, Created: 1, Updated: 2, Unchanged: 3, Adopted: 4, Rejected: 5, NoNews: 6},
			Users:  saas.UserCounts{Seen: 1200, Added: 10, Updated: 20, Unchanged: 30, Repeated: 40, Skipped: 50, Rejected: 60},
			People: saas.PeopleCounts{Created: 7, Rejected: 8},
		},
		Requests: saas.Requests{Defender: 90, Oomnitza: 80, RateLimited: 3},
	}
	for i := range maxPrinted + 2 {
		r.Rejects.Add(saas.Reject{Reason: "user row unreadable", App: fmt.Sprint(i), Detail: "no name"}, saas.MaxSamples)
	}
	r.Rejects.Add(saas.Reject{Reason: "app unreadable", Detail: "no id"}, saas.MaxSamples)
	r.Skips.Count("device", 50)
	r.Carry.Retry = []saas.App{{ID: "1"}, {ID: "2"}}
	golden(t, "session_result", printedResult(r))
}

func TestTheResultOfASessionThatDidNothingSaysWhy(t *testing.T) {
	const name = "session/hr-1"
	for name, tc := range map[string]struct {
		r    contract.SessionResult
		want string
	}{
		"skipped":             {contract.SessionResult{Session: name, Outcome: saas.OutcomeSkipped, Blocker: "session/hr-0"}, "session/hr-1: Skipped\n  another session was running: session/hr-0\n"},
		"failed":              {contract.SessionResult{Session: name, Outcome: saas.OutcomeFailed, Error: "Defender: HTTP 403"}, "session/hr-1: Failed\n  Defender: HTTP 403\n"},
		"failed without word": {contract.SessionResult{Session: name, Outcome: saas.OutcomeFailed}, "session/hr-1: Failed\n"},
		"cancelled at once":   {contract.SessionResult{Session: name, Outcome: saas.OutcomeCancelled}, "session/hr-1: Cancelled\n  the session was cancelled before it began and did nothing\n"},
		"still at work":       {contract.SessionResult{Session: name, Outcome: saas.OutcomeRunning, Began: noon}, "session/hr-1: Running\n"},
	} {
		if got := printedResult(tc.r); got != tc.want {
			t.Errorf("%s: it prints\n%s\nnot\n%s", name, got, tc.want)
		}
	}
}

func TestAWholeResultSaysNothingOfWhatIsNotThere(t *testing.T) {
	text := printedResult(contract.SessionResult{Session: "session/hr-1", Outcome: saas.OutcomeCompleted, Mode: "full", Reason: "first session", Began: noon, Ended: noon})
	for _, word := range []string{"rejected:", "skipped by rule", "note:", "tried again", "limited to", "dry run", "left out", "no news"} {
		if strings.Contains(text, word) {
			t.Errorf("%q is in\n%s", word, text)
		}
	}
}
