package localrun

import (
	"slices"
	"strings"
	"testing"
)

// listCommands are the commands of a run that start sessions, in order.
func (s *stage) listCommands() (out []string) {
	for line := range strings.SplitSeq(s.diary(), "\n") {
		for _, command := range []string{"run ", "schedule "} {
			if rest, ok := strings.CutPrefix(line, "defendersync "+command); ok {
				out = append(out, command+rest)
			}
		}
	}
	return out
}

func TestNothingIsWrittenToRealTenantsBeforeItWasSeen(t *testing.T) {
	const (
		dry   = "run --dry-run --plan var/plan-contoso.example-127.0.0.1_1.xlsx"
		few   = "run --limit-apps 5 --follow"
		apply = "schedule apply"
		run   = "run --follow"
	)
	for name, tt := range map[string]struct {
		answers  string // "": there is no terminal
		setting  string
		fails    string
		commands []string
		code     int
		says     string
	}{
		"a dry run, and a yes":            {"\nyes\n", "", "", []string{dry, apply, run}, 0, "Most used apps"},
		"a dry run, and a no":             {"y\n\n", "", "", []string{dry}, 0, "no session starts by itself"},
		"no dry run, and a yes":           {"n\ny\n", "", "", []string{apply, run}, 0, "Most used apps"},
		"a few apps, and then all":        {"\n5\nwhat\nyes\n", "", "", []string{dry, few, apply, run}, 0, "Most used apps"},
		"a few apps, and no more":         {"\n5\nno\n", "", "", []string{dry, few}, 0, "no session starts by itself"},
		"a dry run that fails":            {"\nyes\n", "", "defendersync run --dry-run", []string{dry}, 2, "a reason to fail"},
		"an end in place of an answer":    {"y\n", "", "", []string{dry}, 1, "nothing was written to Oomnitza"},
		"nobody to ask":                   {"", "", "", []string{dry}, 0, "FIRST_SESSION=run make run"},
		"a terminal at which nobody sits": {"EOF", "", "", []string{dry}, 0, "FIRST_SESSION=run make run"},
		"a setting for a dry run alone":   {"yes\nyes\n", "dry-run", "", []string{dry}, 0, "FIRST_SESSION=run make run"},
		"a setting for a session at once": {"", "run", "", []string{apply, run}, 0, "Most used apps"},
		"a setting that is none":          {"", "maybe", "", nil, 2, `FIRST_SESSION is "maybe": use ask, dry-run or run`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, EnvFirstSession+"="+tt.setting, fakeFails+"="+tt.fails)
			if tt.answers != "" {
				s.input, s.env = strings.TrimPrefix(tt.answers, "EOF"), append(s.env, fakeTerminal+"=1")
			}
			s.nameRealTenants()
			s.start("--once").expect(tt.code, tt.says)
			if got := s.listCommands(); !slices.Equal(got, tt.commands) {
				t.Errorf("commands %q, want %q", got, tt.commands)
			}
		})
	}
}

func TestAnOperatorWhoHasAgreedIsNotAskedAgain(t *testing.T) {
	s := newStage(t, fakeTerminal+"=1")
	s.nameRealTenants()
	s.input = "n\nyes\n"
	s.start("--once").expect(0)
	s.input = ""
	s.start("--once").expect(0, "Most used apps")
	if got := s.listCommands(); len(got) != 4 {
		t.Errorf("commands %q", got)
	}
}

func TestSimulatedTenantsNeedNoDryRun(t *testing.T) {
	s := newStage(t, fakeTerminal+"=1")
	s.start("--once").expect(0)
	if got := s.listCommands(); !slices.Equal(got, []string{"schedule apply", "run --follow"}) {
		t.Errorf("commands %q", got)
	}
}
