package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// every calls see for each command that people see, with the words that lead
// to it.
func every(list []*cli.Command, path []string, see func(path []string, cmd *cli.Command)) {
	for _, cmd := range list {
		if cmd.Hidden || cmd.Name == "help" {
			continue
		}
		here := append(append([]string{}, path...), cmd.Name)
		see(here, cmd)
		every(cmd.Subcommands, here, see)
	}
}

func TestEveryCommandHasHelpWithAnExampleAndRefusesAWrongFlag(t *testing.T) {
	n := 0
	every(newApp(streams{}).Commands, nil, func(path []string, cmd *cli.Command) {
		n++
		name := strings.Join(path, " ")
		help := command(t, nil, nil, append(path, "--help")...)
		golden(t, "help/"+strings.Join(path, "_"), help.out)
		if help.code != 0 || !strings.Contains(help.out, "Example") || !strings.Contains(help.out, "defendersync "+path[0]) || cmd.Usage == "" {
			t.Errorf("%s --help ended with %d and has no example: %s%s", name, help.code, help.out, help.err)
		}
		if strings.Contains(help.out, "(default: 0)") || strings.Contains(help.out, "(default: false)") {
			t.Errorf("%s --help names a default that says nothing:\n%s", name, help.out)
		}
		wrong := command(t, nil, nil, append(path, "--no-such-flag")...)
		want := exitUsage
		if name == "watch" || name == "status" {
			want = plugUnknown // as monitoring has it
		}
		if wrong.code != want || !strings.Contains(wrong.err+wrong.out, "no-such-flag") {
			t.Errorf("%s with a wrong flag ended with %d: %s", name, wrong.code, wrong.err)
		}
	})
	if n < 20 {
		t.Errorf("only %d commands were looked at", n)
	}
	golden(t, "help/defendersync", command(t, nil, nil, "--help").out)
	if got := command(t, nil, nil); got.code != 0 || !strings.Contains(got.out, "Examples:") {
		t.Errorf("without a command: %d, %s", got.code, got.out)
	}
}

func TestFlagsMayStandAnywhere(t *testing.T) {
	app := newApp(streams{})
	for line, want := range map[string]string{
		"sessions errors latest --output csv --file x.csv": "sessions errors --output csv --file x.csv latest",
		"sessions errors latest --output=csv":              "sessions errors --output=csv latest",
		"sessions cancel X --no-wait":                      "sessions cancel --no-wait X",
		"sessions cancel --no-wait X":                      "sessions cancel --no-wait X",
		"sessions show X -- --odd":                         "sessions show -- X --odd",
		"sessions show - -o json":                          "sessions show -o json -",
		"sessions nothing --odd":                           "sessions nothing --odd",
		"__complete sessions --o":                          "__complete sessions --o",
		"--help":                                           "--help",
		"help":                                             "help",
		"help sessions list":                               "sessions list --help",
		"sessions help list":                               "sessions list --help",
		"h reprot":                                         "reprot --help",
		"sessions errors X --output":                       "sessions errors --output X",
	} {
		got := flagsFirst(app, append([]string{"defendersync"}, strings.Fields(line)...))
		if text := strings.Join(got[1:], " "); text != want {
			t.Errorf("%s became %s", line, text)
		}
	}
}

func TestHelpOfACommandThatDoesNotExistNamesTheOneThatMayBeMeant(t *testing.T) {
	command(t, nil, nil, "help", "reprot").ends(exitUsage).says(`unknown command "reprot" for 'defendersync': did you mean 'defendersync report'?`)
	command(t, nil, nil, "sessions", "help", "lst").ends(exitUsage).says("did you mean 'defendersync sessions list'?")
	if got := command(t, nil, nil, "help", "report", "apps").ends(exitCompleted); got.out != command(t, nil, nil, "report", "apps", "--help").out {
		t.Errorf("help report apps prints %s", got.out)
	}
}

func TestTheManualPageRendersWithoutAWarning(t *testing.T) {
	page := command(t, nil, nil, "man")
	if page.code != 0 {
		t.Fatalf("ended with %d: %s", page.code, page.err)
	}
	every(newApp(streams{}).Commands, nil, func(path []string, _ *cli.Command) {
		if name := strings.Join(path, " "); !strings.Contains(page.out, "defendersync "+name) {
			t.Errorf("%s is not in it", name)
		}
	})
	for _, r := range page.out {
		if r > '~' {
			t.Fatalf("%q is not in every formatter's encoding", r)
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not there")
	}
	cmd := exec.CommandContext(t.Context(), groff, "-man", "-ww", "-Tutf8")
	cmd.Stdin = strings.NewReader(page.out)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Errorf("%v: %s", err, errs.String())
	}
	for _, text := range []string{"INTEGRATION_JITTER", "--cron", "✓", "30 2 * * *", `ADM\*`} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("it does not show %s", text)
		}
	}
}

// completed are the words offered for the last of a command line.
func completed(t *testing.T, words ...string) string {
	t.Helper()
	got := command(t, nil, nil, append([]string{completeName}, words...)...)
	if got.code != 0 || got.err != "" {
		t.Errorf("%q ended with %d: %s", words, got.code, got.err)
	}
	var out []string
	for line := range strings.Lines(got.out) {
		word, _, _ := strings.Cut(line, "\t")
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestACommandLineIsCompleted(t *testing.T) {
	for line, want := range map[string]string{
		"sche":                           "schedule",
		"schedule ":                      "apply show pause resume delete",
		"schedule apply --j":             "--jitter",
		"schedule apply --jitter ":       "",
		"sessions list --outcome c":      "completed completed with errors cancelled",
		"sessions list --output ":        "table json csv xlsx",
		"check -o ":                      "table json",
		"sessions show ":                 "latest running", // Temporal can't be reached
		"sessions errors --output csv l": "latest",
		"sessions cancel --no-wait ":     "running",
		"completion ":                    "bash zsh fish",
		"completion z":                   "zsh",
		"nonsense --":                    "--env-file --help",
		"run --":                         "--full --dry-run --plan --limit-apps --follow --output --env-file --help",
	} {
		if got := completed(t, strings.Split(line, " ")...); got != want {
			t.Errorf("%q: %q", line, got)
		}
	}
	if got := completed(t); !strings.HasPrefix(got, "check config setup schedule sessions ") || strings.Contains(got, completeName) {
		t.Errorf("nothing: %q", got)
	}
}

func TestAShellThatIsNotKnownIsAUsageError(t *testing.T) {
	for _, args := range [][]string{{"completion"}, {"completion", "tcsh"}, {"completion", "bash", "zsh"}} {
		if got := command(t, nil, nil, args...); got.code != exitUsage || !strings.Contains(got.err, "bash, zsh or fish") {
			t.Errorf("%q ended with %d: %s", args, got.code, got.err)
		}
	}
}
