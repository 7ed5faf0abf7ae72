package main

import (
	"strings"
	"testing"
)

func TestTheNamesOfTheLatestSessionsAreCompleted(t *testing.T) {
	p := thePast(t)
	short := strings.TrimPrefix(p.full.Session, "session/"+p.Name+"-")
	all := p.run(completeName, "sessions", "show", "").ends(exitCompleted).quiet().
		prints("latest\tthe latest session\n", "running\tthe running session\n", short+"\tann@desk\n", "run-beside\tbob@desk\n")
	if n := strings.Count(all.out, "\n"); n != 2+7 {
		t.Errorf("%d words are offered:\n%s", n, all.out)
	}
	some := p.run(completeName, "sessions", "errors", "--output", "csv", "run-b").ends(exitCompleted)
	if some.out != "run-beside\tbob@desk\n" {
		t.Errorf("for run-b it offers %q", some.out)
	}
	cancel := p.run(completeName, "sessions", "cancel", "l").ends(exitCompleted)
	if cancel.out != "" {
		t.Errorf("the latest session is offered to cancel: %q", cancel.out)
	}
}

func TestCompletionIsSilentWhereNothingCanBeAsked(t *testing.T) {
	for name, environ := range map[string][]string{
		"no server": nil, "wrong settings": {"INTEGRATION_NAME=not a name"}, "no reports file": {"REPORTS_FILE=/nowhere/r.toml"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, words := range [][]string{{"sessions", "show", "run-"}, {"report", "run", ""}, {"version", ""}} {
				if got := command(t, environ, nil, append([]string{completeName}, words...)...).ends(exitCompleted).quiet(); got.out != "" {
					t.Errorf("%q offers %q", words, got.out)
				}
			}
		})
	}
}
