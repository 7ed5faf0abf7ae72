package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/envelope"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/saas"
)

// says is a check that finds what it is given.
func says(f outcome) func(context.Context) outcome {
	return func(context.Context) outcome { return f }
}

func TestChecksAreMadeSideBySideAndToldInOrder(t *testing.T) {
	second := make(chan struct{})
	var told []string
	runDiagnoses(t.Context(), []diagnosis{
		{"first", nil, func(context.Context) outcome { <-second; return foundOK("") }}, // waits for the one after it
		{"second", nil, func(context.Context) outcome { close(second); return foundOK("") }},
		{"third", []string{"second"}, says(foundOK(""))},
	}, func(f finding) { told = append(told, f.Check) })
	if !slices.Equal(told, []string{"first", "second", "third"}) {
		t.Errorf("told %q", told)
	}
}

func TestACheckWhoseForerunnerFailedIsNotMade(t *testing.T) {
	never := func(context.Context) outcome {
		t.Error("it was made")
		return foundOK("")
	}
	got := runDiagnoses(t.Context(), []diagnosis{
		{"first", nil, says(foundFailure(errors.New("no")))},
		{"second", []string{"first"}, never},
		{"third", []string{"second"}, never},
		{"fourth", nil, says(foundWarning("well"))},
		{"fifth", []string{"fourth", "fourth"}, says(foundOK(""))},
		{"sixth", nil, says(foundOff("off"))},
		{"seventh", []string{"sixth"}, never},
	}, func(finding) {})
	var statuses []status
	for _, f := range got {
		statuses = append(statuses, f.Status)
	}
	want := []status{statusFailed, statusUnknown, statusUnknown, statusWarning, statusOK, statusOff, statusUnknown}
	if !slices.Equal(statuses, want) || got[1].Detail != "not checked: fix 'first' first" {
		t.Errorf("found %+v", got)
	}
}

func TestAFindingIsOneLineWithItsMarkAndTime(t *testing.T) {
	var out bytes.Buffer
	c := commands{streams{out: &out}}
	for _, f := range runDiagnoses(t.Context(), []diagnosis{
		{"a", nil, says(foundOK("fine"))},
		{"b", nil, says(foundWarning("look\nhere  twice"))},
		{"c", nil, says(foundFailure(fmt.Errorf("one\ntwo")))},
		{"d", nil, says(foundOff("not set up"))},
	}, func(finding) {}) {
		f.Took = envelope.Seconds(1234567 * time.Nanosecond)
		c.printFinding(f)
	}
	want := "✓ a (1ms): fine\n! b (1ms): look; here twice\n✗ c (1ms): one; two\n– d: not set up\n"
	if out.String() != want {
		t.Errorf("it prints\n%s", out.String())
	}
	out.Reset()
	c.terminal.out = true
	c.printFinding(finding{Check: "a", Status: statusFailed})
	if out.String() != "\x1b[31m✗\x1b[0m a (0s)\n" {
		t.Errorf("with colours %q", out.String())
	}
}

func TestTheExitCodeTellsSettingsFromTheRest(t *testing.T) {
	failed := func(err error) finding { return finding{Status: statusFailed, err: err} }
	fine := finding{Status: statusWarning, OK: true}
	for _, c := range []struct {
		name     string
		findings []finding
		code     int
	}{
		{"all well", []finding{fine, fine}, 0},
		{"something does not answer", []finding{fine, failed(&httpx.Error{Kind: httpx.KindNetwork})}, 1},
		{"anything else", []finding{failed(errors.New("x"))}, 1},
		{"a token", []finding{failed(errors.New("x")), failed(fmt.Errorf("y: %w", &httpx.Error{Kind: httpx.KindUnauthorized}))}, 2},
		{"a setting", []finding{failed(&httpx.Error{Kind: httpx.KindConfig}), fine}, 2},
		{"a mail server that refuses the login", []finding{failed(&notify.Error{Permanent: true, Status: 535})}, 2},
		{"a mail server that is not there", []finding{failed(&notify.Error{Permanent: true})}, 1},
	} {
		if got := exitCodeOf(c.findings); got != c.code {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}

func TestStreamsAreToldWithTheirLastDataAndAnonymity(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	streams := []defender.Stream{
		{Name: "Global View", LastData: now.Add(-time.Hour)}, {Name: "Old", LastData: now.Add(-4 * 24 * time.Hour)}, {Name: "Hidden", AnonymizeUsers: true},
	}
	want := "streams: Global View (last data 2026-11-24 11:00 UTC), Old (last data 2026-11-20 12:00 UTC), Hidden (users anonymised)"
	if got := streamsText(streams, nil); got != want {
		t.Errorf("%s", got)
	}
	if got := staleStreams(streams, now); !strings.Contains(got, "no data for more than 3d in Old:") {
		t.Errorf("%s", got)
	}
	if got := staleStreams(streams[:1], now); got != "" {
		t.Errorf("%s", got)
	}
}

func TestRecordsOfSomebodyElseAreAWarning(t *testing.T) {
	for _, c := range []struct {
		counts map[string]int
		user   string
		status status
		says   string
	}{
		{nil, "sync@contoso.com", statusUnknown, "unknown until"},
		{map[string]int{"sync@contoso.com": 3}, "", statusOK, "set INTEGRATION_USER"},
		{map[string]int{"Sync@Contoso.com": 3}, "sync@contoso.com", statusOK, "as INTEGRATION_USER says"},
		{map[string]int{"sync@contoso.com": 3, "admin": 1}, "sync@contoso.com", statusWarning, "admin, sync@contoso.com"},
		{map[string]int{"100002": 3}, "sync@contoso.com", statusOK, "100002, who is INTEGRATION_USER sync@contoso.com"},
		{map[string]int{"Defender Sync": 3, "sync@contoso.com": 1}, "sync@contoso.com", statusOK, "who is INTEGRATION_USER"},
		{map[string]int{"": 28}, "sync@contoso.com", statusWarning, "28 of our records have no creator: searches"},
		{map[string]int{"": 2, "sync@contoso.com": 1}, "sync@contoso.com", statusWarning, "others have sync@contoso.com"},
	} {
		if got := judgeCreators(c.counts, c.user, saas.Account{ID: "100002", Username: "sync@contoso.com", FullName: "Defender Sync"}); got.status != c.status || !strings.Contains(got.detail, c.says) {
			t.Errorf("%v for %q: %+v", c.counts, c.user, got)
		}
	}
}

func TestCheckNeedsTheSettingsOfAWorker(t *testing.T) {
	got := command(t, nil, nil, "check")
	if got.code != exitUsage || !strings.Contains(got.err, "DEFENDER_API_KEY") || !strings.Contains(got.err, "INTEGRATION_DEFAULT_ROLE") {
		t.Errorf("ended with %d: %s", got.code, got.err)
	}
}
