package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/envelope"
)

// headOf is what the JSON of a command begins with. The integration may be "".
func (c commands) headOf(ctx *cli.Context, integration string, fields ...envelope.Field) envelope.Head {
	return envelope.Head{Kind: kindOf(ctx.Command), GeneratedAt: c.now(), Integration: integration, Fields: fields}
}

// kindOf is the kind of what a command prints as JSON: its words with dots.
func kindOf(cmd *cli.Command) string {
	_, words, _ := strings.Cut(cmd.HelpName, " ")
	return strings.ReplaceAll(words, " ", ".")
}
