package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
)

// man prints the manual page, made of the commands' own help.
func (c commands) man() *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "Print the manual page",
		Description: describe("It describes every command, flag and setting.",
			"defendersync man | man -l -",
			"defendersync man > /usr/local/share/man/man1/defendersync.1"),
		Action: func(ctx *cli.Context) error {
			_, err := fmt.Fprint(c.out, ascii(string(md2man.Render([]byte(manual(ctx.App))))))
			return err
		},
	}
}

// ascii writes other characters as roff names them, whatever the encoding that
// a formatter expects.
func ascii(roff string) string {
	var b strings.Builder
	for _, r := range roff {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}

// pageDate is when the page's own words were last changed; formatters want one.
const pageDate = "2026-11-24"

// manual is the page in Markdown.
func manual(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%% DEFENDERSYNC 1 \"%s\" \"defendersync %s\" \"User Commands\"\n\n", pageDate, app.Version)
	fmt.Fprintf(&b, "# NAME\n\ndefendersync - %s\n\n# SYNOPSIS\n\n**defendersync** *COMMAND* [*OPTION*]... [*ARGUMENT*]\n\n", app.Usage)
	fmt.Fprintf(&b, "# DESCRIPTION\n\n%s\n\n# COMMANDS\n\n", prose(app.Description))
	for _, cmd := range app.Commands {
		manualOf(&b, cmd, "defendersync")
	}
	fmt.Fprintf(&b, "# ENVIRONMENT\n\n")
	for _, v := range config.ListVariables() {
		item(&b, "**"+v.Name+"**", variableText(v))
	}
	item(&b, "**NO_COLOR**", "if set, output has no colours; without a terminal it never has")
	return b.String()
}

// manualOf writes a command, and those under it.
func manualOf(b *strings.Builder, cmd *cli.Command, parent string) {
	if cmd.Hidden || cmd.Name == "help" {
		return
	}
	name := parent + " " + cmd.Name
	fmt.Fprintf(b, "## %s\n\n%s\n\n", strings.TrimSpace(name+" "+cmd.ArgsUsage), prose(cmd.Usage))
	if cmd.Description != "" {
		fmt.Fprintf(b, "%s\n\n", prose(cmd.Description))
	}
	for _, f := range cmd.Flags {
		if doc, ok := f.(cli.DocGenerationFlag); ok && f.Names()[0] != "help" {
			item(b, flagTerm(f.Names(), doc), flagText(doc))
		}
	}
	for _, sub := range cmd.Subcommands {
		manualOf(b, sub, name)
	}
}

// item writes a term and what it means.
func item(b *strings.Builder, term, text string) {
	fmt.Fprintf(b, "%s\n: %s\n\n", term, escaped(text))
}

func flagTerm(names []string, doc cli.DocGenerationFlag) string {
	var parts []string
	for _, n := range names {
		dashes := "--"
		if len(n) == 1 {
			dashes = "-"
		}
		parts = append(parts, "**"+dashes+n+"**")
	}
	term := strings.Join(parts, ", ")
	if doc.TakesValue() {
		term += " *" + placeholder(doc.GetUsage()) + "*"
	}
	return term
}

func flagText(doc cli.DocGenerationFlag) string {
	text := strings.ReplaceAll(doc.GetUsage(), "`", "")
	if v := strings.Trim(doc.GetDefaultText(), `"`); doc.TakesValue() && v != "" && v != "[]" {
		text += " (default " + v + ")"
	}
	return text
}

// placeholder is the word in back quotes in a flag's help.
func placeholder(help string) string {
	if _, rest, ok := strings.Cut(help, "`"); ok {
		word, _, _ := strings.Cut(rest, "`")
		return word
	}
	return "VALUE"
}

func variableText(v config.Variable) string {
	text := v.Help
	if v.Secret {
		text += "; can be read from a file named in " + v.FileVariable()
	}
	if v.Default != "" {
		text += " (default " + v.Default + ")"
	}
	return text
}

// prose is a help text as Markdown: its paragraphs, and the indented lines of
// its examples as they are.
func prose(text string) string {
	var b strings.Builder
	inCode := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		code := strings.HasPrefix(line, "  ")
		if code && !inCode {
			b.WriteString("\n")
		}
		if code {
			b.WriteString("    " + strings.TrimSpace(line) + "\n")
		} else {
			b.WriteString(escaped(line) + "\n")
		}
		inCode = code
	}
	return strings.TrimSpace(b.String())
}

// escaped keeps Markdown from reading marks of its own into a text.
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`", "|", `\|`).Replace(text)
}
