package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
	"defendersync/internal/versions"
)

// onTerminal are commands on a terminal of a width, with what they print.
func onTerminal(width int) (c commands, out, errs *bytes.Buffer) {
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	s := streams{out: out, err: errs, environ: []string{"NO_COLOR=1"}, terminal: terminal{out: true, err: true, width: width}, clock: instants.Still(instants.Noon)}
	return commands{s}, out, errs
}

// twoBuilds is what is shown of workers of two builds.
func twoBuilds() workersView {
	version := func(build string) versions.Version {
		return versions.Version{Deployment: "defendersync-production-emea", Build: build}
	}
	at := instants.Noon
	f := versions.Fleet{Queue: "defendersync/microsoft-defender", At: at, Routing: versions.Routing{Current: version("0.3.0-rc.1")}}
	for _, build := range []string{"0.3.0-rc.1", "0.2.0"} {
		f.Workers = append(f.Workers, versions.Worker{Identity: "41@worker-" + build + ".emea.contoso.com", Version: version(build), Workflows: at.Add(-time.Second), Activities: at.Add(-time.Minute)})
	}
	v := viewWorkers(f)
	v.Versions = []versionRow{
		{Build: versions.Build{Version: version("0.3.0-rc.1"), Status: versions.Current, Since: at}, Workers: 1, Runs: []string{"watch/microsoft-defender", "session/microsoft-defender-2026-11-24T12:00:00Z"}},
		{Build: versions.Build{Version: version("0.2.0"), Status: versions.Drained, Since: at}, Workers: 1},
	}
	v.Findings = nil
	return v
}

func TestTablesBesideTextDropColumnsRatherThanCutNames(t *testing.T) {
	v := twoBuilds()
	for width, said := range map[int]string{
		80: "no room for deployment, since (--columns chooses)\nno room for activities (--columns chooses)\n", 120: "no room for since (--columns chooses)\n", 200: "",
	} {
		c, out, errs := onTerminal(width)
		if err := c.printWorkers(t.Context(), v, nil, time.UTC); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := sheet.LineWidth(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d characters on a terminal of %d: %s", n, width, line)
			}
		}
		if text := out.String(); strings.Contains(text, "…") || !strings.Contains(text, "41@worker-0.3.0-rc.1.emea.contoso.com") || !strings.Contains(text, "session/microsoft-defender-2026-11-24T12:00:00Z\n") || errs.String() != said {
			t.Errorf("on a terminal of %d:\n%s%s", width, text, errs.String())
		}
	}
}

func TestOfTwoTablesThoseAreShownWhoseColumnsAreChosen(t *testing.T) {
	for keys, want := range map[string]string{
		"STATUS build":      "\nStatus   Build\ncurrent  0.3.0-rc.1\ndrained  0.2.0\n",
		"version":           "\nBuild\n0.2.0\n0.3.0-rc.1\n",
		"workers state":     "\nWorkers\n      1\n      1\n\nState\npolls\npolls\n",
		"state build state": "",
	} {
		c, out, errs := onTerminal(80)
		list := strings.Fields(keys)
		if want == "" {
			if wrong := sheet.CheckColumns(fleetColumns(), list); len(wrong) != 1 {
				t.Errorf("%s: %v", keys, wrong)
			}
			continue
		}
		if err := c.printWorkers(t.Context(), twoBuilds(), list, time.UTC); err != nil || errs.String() != "" {
			t.Fatalf("%v, %s", err, errs)
		}
		if _, tables, _ := strings.Cut(out.String(), "\n\n"); "\n"+tables != want {
			t.Errorf("%s:\n%s", keys, out.String())
		}
	}
	keys := map[string]int{}
	for _, col := range fleetColumns() {
		if keys[col.Key]++; keys[col.Key] > 1 {
			t.Errorf("two tables have a column %s", col.Key)
		}
	}
}

func TestWrongColumnsAreToldBeforeAnythingIsAsked(t *testing.T) {
	for line, wants := range map[string][]string{
		"workers --columns identity,stat":            {`--columns "stat": did you mean state? use build, deployment, status, since, workers, runs, identity, version, workflows, activities, state`},
		"workers --columns build --output json":      {"--columns can't be combined with --output json, which has all there is"},
		"check --columns check,detial":               {`--columns "detial": did you mean detail? use check, status, ok, tookSeconds, detail`},
		"check --settings --columns x":               {`--columns "x": use check`},
		"schedule show --columns scheduled,when":     {`--columns "when": use scheduled, started, outcome, took, session`},
		"schedule show --columns took --output json": {"--columns can't be combined with --output json"},
		"check --columns check -o json":              {"--columns can't be combined with --output json"},
		"notifications list --columns=id,heading":    {`--columns "heading": did you mean headline? use id, read, at, kind, headline, since, cause, todo, session`},
	} {
		if got := command(t, nil, nil, strings.Fields(line)...).ends(exitUsage).says(wants...); got.out != "" {
			t.Errorf("%s prints %s", line, got.out)
		}
	}
	command(t, nil, nil, "status", "--columns", "integration,state").ends(plugUnknown).says(`--columns "state": use integration, status, lastGood`)
	command(t, nil, nil, "status", "--columns", "status", "--file", t.TempDir()+"/all.html").ends(plugUnknown).says("--columns can't be combined with --output html")
}

func TestChecksAreATableWhereColumnsAreChosen(t *testing.T) {
	findings := []finding{
		{Check: "Temporal: address and namespace", Status: statusOK, OK: true, Took: 61_000_000, Detail: "namespace default at 127.0.0.1:7233"},
		{Check: "Oomnitza: token", Status: statusFailed, Detail: strings.TrimSpace(strings.Repeat("refused ", 20))},
	}
	c, out, errs := onTerminal(80)
	if err := c.writeFindings(cli.NewContext(newApp(c.streams), nil, nil), "hr", findings, []string{"Status", "check", "detail"}); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"Status  Check                            Detail\n" +
		"ok      Temporal: address and namespace  namespace default at 127.0.0.1:7233\n" +
		"failed  Oomnitza: token                  refused refused refused refused refused\n" +
		"                                         refused refused refused refused refused\n" +
		"                                         refused refused refused refused refused\n" +
		"                                         refused refused refused refused refused\n"
	if out.String() != want {
		t.Errorf("it prints\n%s%s", out, errs)
	}
}

func TestTheCheckOfSettingsIsATableToo(t *testing.T) {
	p := newTenants(t, simulator.Options{Seed: 7, Apps: 12, People: 20, Pairs: 60})
	command(t, append(p.environ, "INTEGRATION_DEFAULT_ROLE=25"), nil, "check", "--settings", "--columns", "ok,status,check").ends(exitCompleted).
		quiet().prints("OK   Status  Check\nyes  ok      Settings\n")
}

func TestNoticesAreWrappedAndNotCut(t *testing.T) {
	rows := []noticeRow{
		{"kdwzrb", contract.Notice{At: instants.Noon, Kind: contract.NoticeFailed, Headline: "Session 2026-11-24T08:00:00Z failed: Oomnitza refuses the token that it took an hour ago"}},
		{"mpqfhc", contract.Notice{At: instants.Noon, Kind: contract.NoticeTest, Headline: "This is a test: notices arrive", Read: true, Todo: "Nothing."}},
	}
	for width, kinds := range map[int]bool{80: false, 120: true, 200: true} {
		c, out, _ := onTerminal(width)
		if err := c.printTable(t.Context(), "", listNoticeRows(rows, time.UTC).keepFirst(usualNoticeColumns), nil, time.UTC); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		whole := strings.Join(strings.Fields(text), " ")
		if strings.Contains(text, "…") || !strings.Contains(whole, "failed: Oomnitza refuses the token") && width > 80 || strings.Contains(text, "Kind") != kinds {
			t.Errorf("on a terminal of %d:\n%s", width, text)
		}
		if got := len(slices.Collect(strings.Lines(text))); got < 3 || width == 200 && got != 3 {
			t.Errorf("on a terminal of %d there are %d lines:\n%s", width, got, text)
		}
	}
}

func TestColumnsAreCompleted(t *testing.T) {
	for line, want := range map[string]string{
		"workers --columns ":                     "build deployment status since workers runs identity version workflows activities state",
		"workers --columns s":                    "status since state",
		"workers --columns build,s":              "build,status build,since build,state",
		"workers --columns build,status,s":       "build,status,since build,status,state",
		"check --columns d":                      "detail",
		"schedule show --columns took,se":        "took,session",
		"notifications list --columns id,h":      "id,headline",
		"roles --columns ":                       "role people restricted some isDefault",
		"status --columns integration,r":         "integration,running",
		"report users --columns app,us":          "app,user app,userId app,userPage",
		"report apps --columns r":                "risk",
		"sessions list --columns took":           "took tookSeconds",
		"report run unsanctioned-apps --columns": "--columns",
	} {
		got := command(t, nil, nil, append([]string{completeName}, strings.Split(line, " ")...)...).ends(exitCompleted)
		var words []string
		for line := range strings.Lines(got.out) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			words = append(words, word)
		}
		if text := strings.Join(words, " "); text != want {
			t.Errorf("%q is completed by %q, not %q", line, text, want)
		}
	}
}
