package main

import "github.com/urfave/cli/v2"

func (c commands) configCommand() *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "Show the settings",
		Description: describe("See 'defendersync config show --help'.",
			"defendersync config show"),
		Subcommands: []*cli.Command{c.configShowCommand()},
	}
}
