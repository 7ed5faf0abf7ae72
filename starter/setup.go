package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// setupCommand prepares a namespace.
func (c commands) setupCommand() *cli.Command {
	return &cli.Command{
		Name:  "setup",
		Usage: "Register the search attributes of sessions in a Temporal namespace",
		Description: describe("Run it once for each namespace and again after an upgrade: a new version may need more search attributes. "+
			"Repeating it changes nothing.",
			"TEMPORAL_NAMESPACE=default defendersync setup"),
		Action: func(ctx *cli.Context) error {
			s, err := c.connectTemporal(ctx.Context)
			if err != nil {
				return err
			}
			defer s.closeClient()
			added, err := temporalx.EnsureSearchAttributes(ctx.Context, s.temporal, s.namespace, workflows.SearchAttributes())
			if err != nil {
				return err
			}
			if len(added) == 0 {
				fmt.Fprintf(c.out, "namespace %s already has all search attributes\n", s.namespace)
				return nil
			}
			fmt.Fprintf(c.out, "registered in namespace %s: %s\n", s.namespace, strings.Join(added, ", "))
			return nil
		},
	}
}
