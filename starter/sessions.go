package main

import (
	"github.com/urfave/cli/v2"
)

// sessionsCommand groups the commands for sessions.
func (c commands) sessionsCommand() *cli.Command {
	return &cli.Command{
		Name:  "sessions",
		Usage: "List, show and cancel sync sessions",
		Description: describe("Temporal keeps sessions for the retention period of the namespace.",
			"defendersync sessions list --since 7d",
			"defendersync sessions show latest",
			"defendersync sessions errors latest --output csv --file rejected.csv",
			"defendersync sessions cancel running"),
		Subcommands: []*cli.Command{c.sessionsListCommand(), c.sessionsShowCommand(), c.sessionsErrorsCommand(), c.sessionsCancelCommand()},
	}
}
