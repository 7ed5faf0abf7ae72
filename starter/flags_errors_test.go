package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestAWrongFlagIsNamedAsItWasTypedWithWhatMayBeMeant(t *testing.T) {
	for line, want := range map[string]string{
		"run --ful":                      "unknown flag --ful: did you mean --full? (see 'defendersync run --help')",
		"run --nonsense":                 "unknown flag --nonsense (see 'defendersync run --help')",
		"run -x":                         "unknown flag -x (see 'defendersync run --help')",
		"run --full=perhaps":             `--full "perhaps": use true or false`,
		"run --output":                   "--output needs a value: see 'defendersync run --help'",
		"report apps -f x.csv":           "unknown flag -f: did you mean --file? (see 'defendersync report apps --help')",
		"sessions errors -f x.csv":       "unknown flag -f: did you mean --file? (see 'defendersync sessions errors --help')",
		"run -o":                         "-o needs a value: see 'defendersync run --help'",
		"sessions list --limit few":      `--limit "few": not a whole number`,
		"sessions list --limit 0x10":     `--limit "0x10": not a whole number`,
		"sessions list --limt 3":         "unknown flag --limt: did you mean --limit? (see 'defendersync sessions list --help')",
		"schedule apply --time-zone UTC": "unknown flag --time-zone: did you mean --timezone? (see 'defendersync schedule apply --help')",
		"--ful":                          "unknown flag --ful (see 'defendersync --help')",
		"check ---json":                  "bad flag syntax: ---json",
	} {
		t.Run(line, func(t *testing.T) {
			if got := command(t, nil, nil, strings.Fields(line)...).ends(exitUsage); got.err != "defendersync: "+want+"\n" || got.out != "" {
				t.Errorf("it says %q, not %q, and prints %q", got.err, want, got.out)
			}
		})
	}
	command(t, nil, nil, "watch", "--patience", "long").ends(plugUnknown).says(`--patience "long": use a duration such as 90s, 15m or 2h`)
}

func TestAnUnknownCommandIsNamedWithWhatMayBeMeant(t *testing.T) {
	for line, want := range map[string]string{
		"sesions":                "unknown command \"sesions\" for 'defendersync': did you mean 'defendersync sessions'? (see 'defendersync --help')",
		"sync":                   "unknown command \"sync\" for 'defendersync' (see 'defendersync --help')",
		"sessions lst":           "unknown command \"lst\" for 'defendersync sessions': did you mean 'defendersync sessions list'? (see 'defendersync sessions --help')",
		"schedule remove":        "unknown command \"remove\" for 'defendersync schedule' (see 'defendersync schedule --help')",
		"report nothing-of-that": "unknown command \"nothing-of-that\" for 'defendersync report' (see 'defendersync report --help')",
		"__complet":              "unknown command \"__complet\" for 'defendersync': did you mean 'defendersync completion'? (see 'defendersync --help')",
	} {
		t.Run(line, func(t *testing.T) {
			if got := command(t, nil, nil, strings.Fields(line)...).ends(exitUsage); got.err != "defendersync: "+want+"\n" || got.out != "" {
				t.Errorf("it says %q, not %q, and prints %q", got.err, want, got.out)
			}
		})
	}
}

func TestWhatTheFlagPackageMaySayLaterIsPassedOn(t *testing.T) {
	for _, text := range []string{"something new", "invalid value of some kind", "invalid value \"x\" for whatever"} {
		err := errors.New(text)
		if got := explainFlag(&cli.Command{Name: "run"}, err); got != err {
			t.Errorf("%q became %q", text, got)
		}
	}
}
