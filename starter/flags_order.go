package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/completion"
)

// flagsFirst moves the flags of a command line before its arguments, where the
// flag package expects them, so that users may write them anywhere. What
// follows "--" stays as it is.
func flagsFirst(app *cli.App, args []string) []string {
	at := &cli.Command{Subcommands: app.Commands, Flags: app.Flags}
	for i := 1; i < len(args); i++ {
		next := at.Subcommands
		at = nil
		for _, sub := range next {
			if sub.HasName(args[i]) {
				at = sub
			}
		}
		switch {
		case at == nil && (args[i] == "help" || args[i] == "h") && i+1 < len(args):
			// 'help report apps' is 'report apps --help', which tells of an unknown command.
			return flagsFirst(app, slices.Concat(args[:i], args[i+1:], []string{"--help"}))
		case at == nil || at.SkipFlagParsing:
			return args
		}
		if len(at.Subcommands) == 0 {
			return append(slices.Clone(args[:i+1]), sortWords(at, args[i+1:])...)
		}
	}
	return args
}

// sortWords moves a command's flags, with their values, before its arguments.
func sortWords(at *cli.Command, words []string) []string {
	var flags, rest []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--":
			return slices.Concat(flags, []string{"--"}, rest, words[i+1:])
		case len(word) < 2 || word[0] != '-':
			rest = append(rest, word)
		default:
			flags = append(flags, word)
			if completion.FindValueFlag(at.Flags, strings.TrimLeft(word, "-")) != nil && i+1 < len(words) {
				i++
				flags = append(flags, words[i])
			}
		}
	}
	return append(flags, rest...)
}
