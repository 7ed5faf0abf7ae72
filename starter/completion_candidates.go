package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

// completeCommand is what the shells' scripts call: hidden from people.
const completeCommand = "__complete"

// candidate is a word that may stand where the cursor is.
type candidate struct{ word, help string }

// complete prints the candidates for the last of the words of a command line,
// one a line, with what it is behind a tab. It never fails: a shell has no use
// for an error there.
func (c commands) complete() *cli.Command {
	return &cli.Command{
		Name: completeCommand, Hidden: true, SkipFlagParsing: true, HideHelp: true,
		Usage: "print what may come next on a command line, for the shells",
		Action: func(ctx *cli.Context) error {
			words := ctx.Args().Slice()
			if len(words) == 0 {
				words = []string{""}
			}
			for _, w := range c.candidates(ctx, words) {
				fmt.Fprintf(c.out, "%s\t%s\n", w.word, w.help)
			}
			return nil
		},
	}
}

// candidates are those of the command line's last word that begin like it.
func (c commands) candidates(ctx *cli.Context, words []string) []candidate {
	last := words[len(words)-1]
	at, open := walk(ctx.App, words[:len(words)-1])
	var all []candidate
	switch {
	case open != nil:
		all = flagValues(open)
	case strings.HasPrefix(last, "-"):
		all = flagNames(at)
	case len(at.Subcommands) > 0:
		all = subcommands(at.Subcommands)
	default:
		all = c.arguments(ctx.Context, at)
	}
	return slices.DeleteFunc(all, func(w candidate) bool { return !strings.HasPrefix(w.word, last) })
}

// walk follows the words to the command that they name, and to the flag whose
// value comes next, if one does.
func walk(app *cli.App, words []string) (at *cli.Command, open cli.Flag) {
	at = &cli.Command{Subcommands: app.Commands}
	for _, word := range words {
		switch {
		case open != nil:
			open = nil
		case strings.HasPrefix(word, "-"):
			open = valued(at, strings.TrimLeft(word, "-"))
		default:
			for _, sub := range at.Subcommands {
				if sub.HasName(word) {
					at = sub
					break
				}
			}
		}
	}
	return at, open
}

// valued finds the flag of a command that takes a value; nil when there is
// none, or when the word has the value already.
func valued(at *cli.Command, name string) cli.Flag {
	for _, f := range at.Flags {
		if slices.Contains(f.Names(), name) {
			if doc, ok := f.(cli.DocGenerationFlag); ok && doc.TakesValue() {
				return f
			}
		}
	}
	return nil
}

func subcommands(list []*cli.Command) []candidate {
	var out []candidate
	for _, sub := range list {
		if !sub.Hidden {
			out = append(out, candidate{sub.Name, sub.Usage})
		}
	}
	return out
}

func flagNames(at *cli.Command) []candidate {
	var out []candidate
	for _, f := range at.Flags {
		help := ""
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			help = strings.ReplaceAll(doc.GetUsage(), "`", "")
		}
		if name := f.Names()[0]; name != cli.HelpFlag.Names()[0] {
			out = append(out, candidate{"--" + name, help})
		}
	}
	return append(out, candidate{"--help", "show help"})
}

// flagValues are the values of the flags that have few: formats, as far as
// the flag's own help names them, and outcomes.
func flagValues(f cli.Flag) []candidate {
	var out []candidate
	switch f.Names()[0] {
	case "output":
		help := f.(cli.DocGenerationFlag).GetUsage()
		for _, format := range []sheet.Format{sheet.Table, sheet.JSON, sheet.CSV, sheet.XLSX} {
			if strings.Contains(help, string(format)) {
				out = append(out, candidate{string(format), ""})
			}
		}
	case "outcome":
		for _, o := range sessions.ListOutcomes() {
			out = append(out, candidate{strings.ToLower(string(o)), ""})
		}
	}
	return out
}

// arguments are what a command takes besides flags: shells, or sessions.
func (c commands) arguments(ctx context.Context, at *cli.Command) []candidate {
	switch {
	case at.Name == "completion":
		var out []candidate
		for _, s := range shells() {
			out = append(out, candidate{s.name, ""})
		}
		return out
	case strings.HasPrefix(at.ArgsUsage, "NAME"):
		return c.reportCandidates(ctx)
	case strings.Contains(at.ArgsUsage, "SESSION"):
		var out []candidate
		for word := range strings.SplitSeq(strings.Trim(at.ArgsUsage, "[]"), "|") {
			if word != "SESSION" {
				out = append(out, candidate{word, "the " + word + " session"})
			}
		}
		return append(out, c.recentSessions(ctx)...)
	}
	return nil
}

const (
	// completionPatience is how long a person who pressed Tab waits.
	completionPatience = 2 * time.Second
	// completionSessions is how many sessions are offered.
	completionSessions = 20
)

// recentSessions are the names of the latest sessions, if Temporal is quick to
// tell them.
func (c commands) recentSessions(ctx context.Context) []candidate {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	conn, err := c.connect(ctx)
	if err != nil {
		return nil
	}
	defer conn.close()
	latest, err := conn.sessions().ListLabels(ctx, completionSessions)
	if err != nil {
		return nil
	}
	var out []candidate
	for _, s := range latest {
		out = append(out, candidate{conn.sessions().ShortName(s.Session), s.StartedBy})
	}
	return out
}
