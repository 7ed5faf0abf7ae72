package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/manpage"
)

// pageDate is when the words of the manual page were last changed.
const pageDate = "2026-11-27"

// manCommand prints the manual page.
func (c commands) manCommand() *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "Print the manual page",
		Description: describe("It describes every command, flag and setting.",
			"defendersync man | man -l -",
			"defendersync man > /usr/local/share/man/man1/defendersync.1"),
		Action: func(ctx *cli.Context) error {
			_, err := fmt.Fprint(c.out, manpage.Render(ctx.App, pageDate, listVariables()))
			return err
		},
	}
}

// listVariables lists the environment variables that the programs read.
func listVariables() []manpage.Variable {
	var out []manpage.Variable
	for _, v := range config.ListVariables() {
		help := v.Help
		if v.Secret {
			help += "; can be read from a file named in " + v.FileVariable()
		}
		if v.Default != "" {
			help += " (default " + v.Default + ")"
		}
		out = append(out, manpage.Variable{Name: v.Name, Help: help})
	}
	return append(out, manpage.Variable{Name: "NO_COLOR", Help: "if set, output has no colours; without a terminal it never has"})
}
