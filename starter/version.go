package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/buildinfo"
	"defendersync/internal/envelope"
)

func (c commands) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "Print the version, its commit and date, and the versions of Go and the Temporal SDK",
		Description: describe("Include the output in bug reports.",
			"defendersync version",
			"defendersync version --output json"),
		Flags: []cli.Flag{outputFlag()},
		Action: func(ctx *cli.Context) error {
			info := buildinfo.Read(temporal.SDKVersion)
			if ctx.String("output") == "json" {
				return envelope.Write(c.out, c.headOf(ctx, ""), info)
			}
			_, err := fmt.Fprintln(c.out, info.Describe(ctx.App.Name))
			return err
		},
	}
}
