package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// setup prepares a fresh namespace.
func (c commands) setup() *cli.Command {
	return &cli.Command{
		Name:         "setup",
		Usage:        "register the search attributes that sessions are listed by (once per namespace; again is harmless)",
		Description:  "A new version may need more of them: run it again after an upgrade.\n\nExample:\n  TEMPORAL_NAMESPACE=default defendersync setup",
		Before:       noArguments,
		OnUsageError: badFlags,
		Action: func(ctx *cli.Context) error {
			s, err := c.connect(ctx.Context)
			if err != nil {
				return err
			}
			defer s.close()
			added, err := temporalx.EnsureSearchAttributes(ctx.Context, s.temporal, s.namespace, workflows.SearchAttributes())
			if err != nil {
				return err
			}
			if len(added) == 0 {
				fmt.Fprintf(c.out, "namespace %s has every search attribute already\n", s.namespace)
				return nil
			}
			fmt.Fprintf(c.out, "registered in namespace %s: %s\n", s.namespace, strings.Join(added, ", "))
			return nil
		},
	}
}
