package main

import (
	"github.com/urfave/cli/v2"
)

// sessions is the command for the sessions that Temporal keeps.
func (c commands) sessions() *cli.Command {
	return &cli.Command{
		Name:  "sessions",
		Usage: "the sync sessions: list, look at one, its rejected rows, cancel",
		Description: "Sessions are kept as long as the Temporal namespace retains them.\n\n" +
			"Examples:\n  defendersync sessions list --since 7d\n  defendersync sessions show latest\n" +
			"  defendersync sessions errors latest --output csv --file rejected.csv\n  defendersync sessions cancel running",
		OnUsageError: badFlags,
		Subcommands:  []*cli.Command{c.sessionsList(), c.sessionsShow(), c.sessionsErrors(), c.sessionsCancel()},
		Action:       onlySubcommands,
	}
}
