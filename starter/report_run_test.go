package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"defendersync/internal/testing/simulator"
)

// withReports adds a file of reports to an environment.
func withReports(t *testing.T, environ []string, content string) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "reports.toml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(environ, "REPORTS_FILE="+path, "TEMPORAL_ADDRESS=127.0.0.1:1")
}

const someReports = `
[top]
question = "apps"
title = "Most used apps"
top = 3
columns = ["activeUsers", "name"]
format = "csv"

[weekly]
question = "websites"
suffix = "cn"
subscribers = ["ann@contoso.com"]
schedule = "every 7d"
`

func TestASavedReportIsRunAsItWasSaved(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	environ := withReports(t, p.environ, someReports)
	got := command(t, environ, nil, "report", "run", "top")
	rows := table(t, got.out)
	if got.code != 0 || len(rows) != 3 || !strings.HasPrefix(got.out, "activeUsers,name") {
		t.Fatalf("ended with %d: %s%s", got.code, got.out, got.err)
	}
	for _, row := range rows {
		if held := p.sim.Holdings().SaaS[row["name"]]; fmt.Sprint(held.Visited) != row["activeUsers"] {
			t.Errorf("%v is not what Oomnitza holds", row)
		}
	}
	var doc struct{ Data []map[string]any }
	as := command(t, append(environ, "OOMNITZA_APP_LINK=https://contoso.oomnitza.com/{id}"), nil, "report", "run", "top", "-o", "json")
	if err := json.Unmarshal([]byte(as.out), &doc); err != nil || len(doc.Data) != 3 || len(doc.Data[0]) != 2 {
		t.Errorf("%v, as JSON: %s", err, as.out)
	}
	file := filepath.Join(t.TempDir(), "top.xlsx")
	if got := command(t, environ, nil, "report", "run", "top", "--file", file); got.code != 0 {
		t.Fatalf("ended with %d: %s", got.code, got.err)
	}
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if lines, err := book.GetRows(book.GetSheetName(0)); err != nil || len(lines) != 4 || book.GetSheetName(0) != "Most used apps" {
		t.Errorf("sheet %q, rows %v, %v", book.GetSheetName(0), lines, err)
	}
}

func TestSavedReportsAreListed(t *testing.T) {
	got := command(t, withReports(t, nil, someReports), nil, "report", "list", "--output", "json")
	var answer struct{ Data []map[string]any }
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil || got.code != 0 {
		t.Fatalf("ended with %d: %s%s", got.code, got.out, got.err)
	}
	list := answer.Data
	if len(list) != 2 || list[0]["name"] != "top" || list[1]["schedule"] != "every 7d" || list[1]["subscribers"] != "ann@contoso.com" {
		t.Errorf("got %v", list)
	}
}

func TestSavedReportsRefuseWhatTheyCannotDo(t *testing.T) {
	good := withReports(t, nil, someReports)
	for _, c := range []struct {
		environ []string
		args    string
		want    string
	}{
		{good, "run topp", "did you mean top?"},
		{good, "run", "name one report of: top, weekly"},
		{good, "run top weekly", "name one report"},
		{good, "subscribe", "name reports or pass --all: the reports file defines top, weekly"},
		{good, "subscribe --all weekly", "name reports or pass --all"},
		{good, "subscribe top", `report "top" has no schedule and no subscribers`},
		{good, "subscribe --list --all", "--list can't be combined"},
		{good, "unsubscribe", "name reports or pass --all"},
		{withReports(t, nil, "[a]\nquestion = 'x'\n[b]\nsort = 'y'\n"), "list", "has 2 mistakes"},
		{withReports(t, nil, "[a]\nquestion = 'apps'\n"), "subscribe --all", "no report has subscribers"},
		{[]string{"REPORTS_FILE=/nowhere/r.toml"}, "list", "there is no reports file /nowhere/r.toml"},
		{good, "dashboard", "--file is missing"},
		{good, "dashboard --file x.html --apps -1", "--apps -1"},
	} {
		got := command(t, c.environ, nil, append([]string{"report"}, strings.Fields(c.args)...)...)
		if got.code != exitUsage || !strings.Contains(got.err, c.want) {
			t.Errorf("%s ended with %d: %s", c.args, got.code, got.err)
		}
	}
}

func TestASavedDashboardIsWrittenAsAPage(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	environ := withReports(t, p.environ, "[overview]\nquestion = \"dashboard\"\napps = 5\ntimezone = \"Asia/Tokyo\"\nschedule = \"every 7d\"\nsubscribers = [\"ann@contoso.com\"]\n")
	file := filepath.Join(t.TempDir(), "x.html")
	got := command(t, environ, nil, "report", "run", "overview", "--file", file)
	page, err := os.ReadFile(file)
	if got.code != 0 || err != nil || !strings.Contains(string(page), "of the 5 most used") || !strings.Contains(string(page), "JST") {
		t.Errorf("ended with %d: %s, %v", got.code, got.err, err)
	}
	for args, want := range map[string]string{"": "--file is missing", "--file x.html --output csv": "--output means nothing"} {
		if got := command(t, environ, nil, append([]string{"report", "run", "overview"}, strings.Fields(args)...)...); got.code != exitUsage || !strings.Contains(got.err, want) {
			t.Errorf("%s: ended with %d: %s", args, got.code, got.err)
		}
	}
}

func TestADashboardNeedsNoTemporalAndLeavesNoFileWhenItFails(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	folder := t.TempDir()
	file := filepath.Join(folder, "x.html")
	environ := append(p.environ, "TEMPORAL_ADDRESS=127.0.0.1:1")
	got := command(t, environ, nil, "report", "dashboard", "--file", file)
	page, err := os.ReadFile(file)
	if got.code != 0 || err != nil || !strings.Contains(string(page), "Temporal is not available") || !strings.Contains(got.err, "the page has no sessions") {
		t.Errorf("ended with %d: %s, %v", got.code, got.err, err)
	}
	if got := command(t, environ, nil, "report", "dashboard", "--file", "-"); got.code != 0 || !strings.HasPrefix(got.out, "<!doctype html>") {
		t.Errorf("to standard output it ended with %d: %.100s%s", got.code, got.out, got.err)
	}
	wrong := append(environ, "OOMNITZA_API_TOKEN=wrong")
	if got := command(t, wrong, nil, "report", "dashboard", "--file", filepath.Join(folder, "y.html")); got.code != exitUsage {
		t.Errorf("with a wrong token it ended with %d: %s", got.code, got.err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code := run(ctx, streams{out: io.Discard, err: io.Discard, environ: environ}, []string{"defendersync", "report", "dashboard", "--file", filepath.Join(folder, "z.html")}); code != exitInterrupted {
		t.Errorf("an interrupted one ended with %d", code)
	}
}

func TestNamesOfReportsAreCompleted(t *testing.T) {
	got := command(t, withReports(t, nil, someReports), nil, "__complete", "report", "run", "w")
	if got.code != 0 || got.out != "weekly\t\n" {
		t.Errorf("ended with %d: %q", got.code, got.out)
	}
}

func TestAnUnknownReportIsNamedWithThoseThatThereAre(t *testing.T) {
	for name, tc := range map[string]struct{ file, report, says string }{
		"a slip":           {someReports, "weekli", `unknown report "weekli": did you mean weekly?`},
		"another name":     {someReports, "monthly-costs", `unknown report "monthly-costs": the reports file defines top, weekly`},
		"an empty file":    {"", "top", `unknown report "top": the reports file defines none`},
		"a broken file":    {"[top", "top", "reports.toml"},
		"another question": {"[top]\nquestion = \"weather\"\n", "top", `"weather"`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := command(t, withReports(t, nil, tc.file), nil, "report", "run", tc.report).ends(exitUsage).says(tc.says); got.out != "" {
				t.Errorf("it prints %s", got.out)
			}
		})
	}
}
