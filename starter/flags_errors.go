package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/suggest"
)

// refuseFlag turns an error of the flag package into a usage error.
func refuseFlag(ctx *cli.Context, err error, _ bool) error {
	return usageError(explainFlag(ctx.Command, err))
}

// explainFlag rewrites an error of the flag package in the words of our other
// usage errors. The package returns only texts; an unknown one is returned as
// it is.
func explainFlag(cmd *cli.Command, err error) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return unknownFlag(cmd, name)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return fmt.Errorf("%s needs a value: see '%s --help'", dashFlag(name), cmd.HelpName)
	}
	// As: invalid value "x" for flag -limit: not a whole number
	rest, ok := strings.CutPrefix(text, "invalid value ")
	if !ok {
		rest, ok = strings.CutPrefix(text, "invalid boolean value ")
		rest = strings.Replace(rest, "parse error", "use true or false", 1)
	}
	value, rest, found := strings.Cut(rest, " for ")
	name, reason, named := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rest, "flag "), "-"), ": ")
	if !ok || !found || !named {
		return err
	}
	if reason == "parse error" {
		reason = "use a duration such as 90s, 15m or 2h"
	}
	return fmt.Errorf("%s %s: %s", dashFlag(name), value, reason)
}

// unknownFlag is the error for a flag that a command does not have.
func unknownFlag(cmd *cli.Command, name string) error {
	var names []string
	for _, f := range cmd.Flags {
		names = append(names, f.Names()[0])
	}
	text := fmt.Sprintf("unknown flag %s", dashFlag(name))
	near := suggest.FindNearest(name, slices.Values(names), 1)
	if len(name) == 1 { // a letter is taken for the beginning
		near = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, name) })
	}
	if len(near) > 0 {
		text += fmt.Sprintf(": did you mean %s?", dashFlag(near[0]))
	}
	return errors.New(text + fmt.Sprintf(" (see '%s --help')", cmd.HelpName))
}

// unknownCommand is the error for a word that is not a command under a parent.
func unknownCommand(parent, word string, among []*cli.Command) error {
	var names []string
	for _, cmd := range among {
		if !cmd.Hidden {
			names = append(names, cmd.Name)
		}
	}
	text := fmt.Sprintf("unknown command %q for '%s'", word, parent)
	if near := suggest.FindNearest(word, slices.Values(names), 1); len(near) > 0 {
		text += fmt.Sprintf(": did you mean '%s %s'?", parent, near[0])
	}
	return errors.New(text + fmt.Sprintf(" (see '%s --help')", parent))
}

// dashFlag writes a flag as it is typed.
func dashFlag(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
