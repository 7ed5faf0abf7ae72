package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/completion"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/sessions"
)

// completionCommand prints the completion script of a shell.
func (c commands) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "Print the completion script for bash, zsh or fish",
		ArgsUsage: "SHELL",
		Description: describe("It completes commands, flags, outcomes, sessions and reports.",
			"source <(defendersync completion bash)",
			"defendersync completion zsh > \"${fpath[1]}/_defendersync\"",
			"defendersync completion fish > ~/.config/fish/completions/defendersync.fish"),
		Action: func(ctx *cli.Context) error {
			script, ok := completion.FindScript(ctx.Args().First())
			if !ok || ctx.NArg() != 1 {
				return usageError(errors.New("name one shell: bash, zsh or fish"))
			}
			_, err := fmt.Fprint(c.out, script)
			return err
		},
	}
}

// completeName is the hidden command that the completion scripts call.
const completeName = "__complete"

// completeCommand prints the candidates for the last word of a command line,
// one a line, each with its help after a tab. It never fails, because a shell
// can do nothing about an error.
func (c commands) completeCommand() *cli.Command {
	return &cli.Command{
		Name: completeName, Hidden: true, SkipFlagParsing: true, HideHelp: true,
		Usage: "Print what may come next on a command line, for the shells",
		Action: func(ctx *cli.Context) error {
			words := ctx.Args().Slice()
			if len(words) == 0 {
				words = []string{""}
			}
			c := c.completeFor(ctx.App, words)
			source := completion.Source{Flags: globalFlags(), FlagValues: completeFlag, Arguments: func(cmd *cli.Command) []completion.Candidate {
				return c.completeArgument(ctx.Context, cmd)
			}}
			for _, found := range completion.FindCandidates(ctx.App.Commands, words, source) {
				fmt.Fprintf(c.out, "%s\t%s\n", found.Word, found.Help)
			}
			return nil
		},
	}
}

// completeFor returns the commands with the settings of the files that a command
// line names, if these can be read.
func (c commands) completeFor(app *cli.App, words []string) commands {
	if paths, _, err := takeEnvFiles(app, words[:len(words)-1]); err == nil {
		if s, err := c.readEnvFiles(paths); err == nil {
			c.streams = s
		}
	}
	return c
}

// completeFlag lists the values of flags that take only a few: formats, as far
// as the flag's help names them, outcomes, and columns after those that are typed.
func completeFlag(f cli.Flag, typed string) []completion.Candidate {
	var out []completion.Candidate
	switch f.Names()[0] {
	case "columns":
		return completeColumns(f, typed)
	case "output":
		help := f.(cli.DocGenerationFlag).GetUsage()
		for _, format := range []sheet.Format{sheet.Table, sheet.JSON, sheet.CSV, sheet.XLSX} {
			if strings.Contains(help, string(format)) {
				out = append(out, completion.Candidate{Word: string(format)})
			}
		}
	case "outcome":
		for _, o := range sessions.ListOutcomes() {
			out = append(out, completion.Candidate{Word: strings.ToLower(string(o))})
		}
	}
	return out
}

// completeColumns lists the columns that may follow those that are typed.
func completeColumns(f cli.Flag, typed string) []completion.Candidate {
	flag, ok := f.(*cli.GenericFlag)
	if !ok {
		return nil
	}
	before := typed[:strings.LastIndex(typed, ",")+1]
	var out []completion.Candidate
	for _, col := range flag.Value.(*columnList).known {
		if !strings.Contains(","+before, ","+col.Key+",") {
			out = append(out, completion.Candidate{Word: before + col.Key, Help: col.Title})
		}
	}
	return out
}

// completeArgument lists the arguments of a command: shells, reports, notices or
// sessions.
func (c commands) completeArgument(ctx context.Context, at *cli.Command) []completion.Candidate {
	switch {
	case at.Name == "completion":
		var out []completion.Candidate
		for _, shell := range completion.ListShells() {
			out = append(out, completion.Candidate{Word: shell})
		}
		return out
	case strings.HasPrefix(at.ArgsUsage, "NAME"):
		return c.completeReport(ctx)
	case strings.HasPrefix(at.ArgsUsage, "ID"):
		return c.completeNotice(ctx)
	case strings.Contains(at.ArgsUsage, "SESSION"):
		var out []completion.Candidate
		for word := range strings.SplitSeq(strings.Trim(at.ArgsUsage, "[]"), "|") {
			if word != "SESSION" {
				out = append(out, completion.Candidate{Word: word, Help: "the " + word + " session"})
			}
		}
		return append(out, c.completeSession(ctx)...)
	}
	return nil
}

// completeNotice lists the ids of the notices, if Temporal answers in time.
func (c commands) completeNotice(ctx context.Context) []completion.Candidate {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	conn, rows, _, err := c.readInbox(ctx)
	if err != nil {
		return nil
	}
	defer conn.closeClient()
	var out []completion.Candidate
	for _, r := range rows {
		out = append(out, completion.Candidate{Word: r.ID, Help: r.Headline})
	}
	return out
}

const (
	// completionPatience is how long a person who pressed Tab waits.
	completionPatience = 2 * time.Second
	// completionSessions is how many sessions are offered.
	completionSessions = 20
)

// completeSession lists the names of the latest sessions, if Temporal answers
// in time.
func (c commands) completeSession(ctx context.Context) []completion.Candidate {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	conn, err := c.connectTemporal(ctx)
	if err != nil {
		return nil
	}
	defer conn.closeClient()
	latest, err := conn.sessionReader().ListLabels(ctx, completionSessions)
	if err != nil {
		return nil
	}
	var out []completion.Candidate
	for _, s := range latest {
		out = append(out, completion.Candidate{Word: conn.sessionReader().ShortName(s.Session), Help: s.StartedBy})
	}
	return out
}
