package manpage

import (
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func TestThePageHasCommandsFlagsAndEnvironment(t *testing.T) {
	app := &cli.App{Name: "tool", Usage: "Do things", Version: "1.2", Flags: []cli.Flag{&cli.StringSliceFlag{Name: "from", Usage: "read `FILE`"}}, Description: "All about it.\n\nExamples:\n  tool list *\n  tool list --all", Commands: []*cli.Command{
		{Name: "list", Usage: "List things", ArgsUsage: "[THING]", Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: "table", Usage: "output `FORMAT`"},
			&cli.BoolFlag{Name: "all", Usage: "all_of them"}, &cli.StringFlag{Name: "raw", Usage: "no placeholder"},
		}},
		{Name: "tree", Subcommands: []*cli.Command{{Name: "grow", Usage: "Let it grow → up"}, {Name: "secret", Hidden: true}, {Name: "help"}}},
	}}
	got := writeMarkdown(app, "2026-11-27", []Variable{{"TOOL_X", "the x [required]"}})
	want := `% TOOL 1 "2026-11-27" "tool 1.2" "User Commands"

# NAME

tool - Do things

# SYNOPSIS

**tool** *COMMAND* [*OPTION*]... [*ARGUMENT*]

# DESCRIPTION

All about it.

Examples:

    tool list *
    tool list --all

# COMMANDS

## tool list [THING]

List things

**--output**, **-o** *FORMAT*
: output FORMAT (default table)

**--all**
: all\_of them

**--raw** *VALUE*
: no placeholder

## tool tree



## tool tree grow

Let it grow → up

# OPTIONS OF EVERY COMMAND

**--from** *FILE*
: read FILE

# ENVIRONMENT

**TOOL_X**
: the x \[required]

`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	roff := Render(app, "2026-11-27", nil)
	if !strings.Contains(roff, `Let it grow \[u2192] up`) || strings.Contains(roff, "secret") {
		t.Errorf("rendered as\n%s", roff)
	}
}
