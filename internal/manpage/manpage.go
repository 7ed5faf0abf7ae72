// Package manpage makes the manual page of an urfave/cli program out of the help of
// its commands, so that nothing has to be written twice.
package manpage

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/urfave/cli/v2"
)

// Variable is an environment variable that the program reads.
type Variable struct{ Name, Help string }

// Render renders the page of section 1, in roff. The date is that of the page's own
// words; formatters want one.
func Render(app *cli.App, date string, environment []Variable) string {
	return toASCII(string(md2man.Render([]byte(writeMarkdown(app, date, environment)))))
}

// toASCII writes other characters as roff names them, whatever the encoding that
// a formatter expects.
func toASCII(roff string) string {
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

// writeMarkdown writes the page in Markdown.
func writeMarkdown(app *cli.App, date string, environment []Variable) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%% %s 1 \"%s\" \"%s %s\" \"User Commands\"\n\n", strings.ToUpper(app.Name), date, app.Name, app.Version)
	fmt.Fprintf(&b, "# NAME\n\n%s - %s\n\n# SYNOPSIS\n\n**%s** *COMMAND* [*OPTION*]... [*ARGUMENT*]\n\n", app.Name, app.Usage, app.Name)
	fmt.Fprintf(&b, "# DESCRIPTION\n\n%s\n\n# COMMANDS\n\n", formatProse(app.Description))
	for _, cmd := range app.Commands {
		writeCommand(&b, cmd, app.Name)
	}
	writeOptions(&b, app.Flags)
	fmt.Fprintf(&b, "# ENVIRONMENT\n\n")
	for _, v := range environment {
		writeItem(&b, "**"+v.Name+"**", v.Help)
	}
	return b.String()
}

// writeCommand writes a command, and those under it.
func writeCommand(b *strings.Builder, cmd *cli.Command, parent string) {
	if cmd.Hidden || cmd.Name == "help" {
		return
	}
	name := parent + " " + cmd.Name
	fmt.Fprintf(b, "## %s\n\n%s\n\n", strings.TrimSpace(name+" "+cmd.ArgsUsage), formatProse(cmd.Usage))
	if cmd.Description != "" {
		fmt.Fprintf(b, "%s\n\n", formatProse(cmd.Description))
	}
	writeFlags(b, cmd.Flags)
	for _, sub := range cmd.Subcommands {
		writeCommand(b, sub, name)
	}
}

// writeOptions writes the flags of every command, if there are any.
func writeOptions(b *strings.Builder, flags []cli.Flag) {
	var items strings.Builder
	if writeFlags(&items, flags); items.Len() > 0 {
		fmt.Fprintf(b, "# OPTIONS OF EVERY COMMAND\n\n%s", items.String())
	}
}

func writeFlags(b *strings.Builder, flags []cli.Flag) {
	for _, f := range flags {
		if doc, ok := f.(cli.DocGenerationFlag); ok && f.Names()[0] != "help" {
			writeItem(b, formatFlag(f.Names(), doc), formatFlagHelp(doc))
		}
	}
}

// writeItem writes a term and what it means.
func writeItem(b *strings.Builder, term, text string) {
	fmt.Fprintf(b, "%s\n: %s\n\n", term, escapeMarkdown(text))
}

func formatFlag(names []string, doc cli.DocGenerationFlag) string {
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
		term += " *" + findPlaceholder(doc.GetUsage()) + "*"
	}
	return term
}

func formatFlagHelp(doc cli.DocGenerationFlag) string {
	text := strings.ReplaceAll(doc.GetUsage(), "`", "")
	if v := strings.Trim(doc.GetDefaultText(), `"`); doc.TakesValue() && v != "" && v != "[]" {
		text += " (default " + v + ")"
	}
	return text
}

// findPlaceholder is the word in back quotes in a flag's help.
func findPlaceholder(help string) string {
	if _, rest, ok := strings.Cut(help, "`"); ok {
		word, _, _ := strings.Cut(rest, "`")
		return word
	}
	return "VALUE"
}

// formatProse is a help text as Markdown: its paragraphs, and the indented lines of
// its examples as they are.
func formatProse(text string) string {
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
			b.WriteString(escapeMarkdown(line) + "\n")
		}
		inCode = code
	}
	return strings.TrimSpace(b.String())
}

// escapeMarkdown keeps Markdown from reading marks of its own into a text.
func escapeMarkdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`", "|", `\|`).Replace(text)
}
