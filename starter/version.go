package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/temporal"
)

func (c commands) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "Print the versions of defendersync, Go and the Temporal SDK",
		Description: describe("Include the output in bug reports.",
			"defendersync version"),
		Action: func(*cli.Context) error {
			_, err := fmt.Fprintf(c.out, "defendersync %s (%s, Temporal SDK %s)\n", version, runtime.Version(), temporal.SDKVersion)
			return err
		},
	}
}
