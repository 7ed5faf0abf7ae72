package completion

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// program is a command line with a bit of everything.
func program() []*cli.Command {
	return []*cli.Command{
		{Name: "list", Aliases: []string{"ls"}, Usage: "List things", Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "output `FORMAT`"}, &cli.BoolFlag{Name: "all", Usage: "all things"},
		}, ArgsUsage: "THING"},
		{Name: "tree", Subcommands: []*cli.Command{{Name: "grow"}, {Name: "graft", Usage: "Join two"}, {Name: "__hidden", Hidden: true}}},
	}
}

func TestAWordIsCompletedByWhatMayStandThere(t *testing.T) {
	source := Source{
		Flags: []cli.Flag{&cli.StringFlag{Name: "from", Usage: "read `FILE`"}},
		FlagValues: func(f cli.Flag, typed string) []Candidate {
			if before, _, more := strings.Cut(typed, ","); more {
				return []Candidate{{Word: before + ",next"}}
			}
			return []Candidate{{Word: "value-of-" + f.Names()[0]}, {Word: "another"}}
		},
		Arguments: func(cmd *cli.Command) []Candidate { return []Candidate{{Word: "argument-of-" + cmd.Name}} },
	}
	for line, want := range map[string]string{
		"":                     "list:List things tree:",
		"t":                    "tree:",
		"x":                    "",
		"tree ":                "grow: graft:Join two",
		"tree gra":             "graft:Join two",
		"tree grow ":           "argument-of-grow:",
		"list ":                "argument-of-list:",
		"ls ":                  "argument-of-list:",
		"list -":               "--output:output FORMAT --all:all things --from:read FILE --help:show help",
		"--from ":              "value-of-from: another:",
		"--from x t":           "tree:",
		"list --from x ":       "argument-of-list:",
		"list --a":             "--all:all things",
		"list --output ":       "value-of-output: another:",
		"list -o v":            "value-of-output:",
		"list -o a,n":          "a,next:",
		"list --output=json ":  "argument-of-list:",
		"list --all ":          "argument-of-list:",
		"list --output json a": "argument-of-list:",
		"nonsense ":            "list:List things tree:",
	} {
		var got []string
		for _, c := range FindCandidates(program(), strings.Split(line, " "), source) {
			got = append(got, c.Word+":"+c.Help)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%q is completed by %q, not %q", line, text, want)
		}
	}
}

func TestOnlyAFlagThatTakesAValueIsFound(t *testing.T) {
	list := program()[0]
	for name, want := range map[string]bool{"output": true, "o": true, "all": false, "output=json": false, "none": false} {
		if got := FindValueFlag(list.Flags, name) != nil; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
