package main

import (
	_ "embed"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
)

var (
	//go:embed shell/bash.sh
	bashScript string
	//go:embed shell/zsh.sh
	zshScript string
	//go:embed shell/fish.sh
	fishScript string
)

// shell is a shell that can complete our commands.
type shell struct{ name, script string }

func shells() []shell { return []shell{{"bash", bashScript}, {"zsh", zshScript}, {"fish", fishScript}} }

// completion prints the script by which a shell completes our commands.
func (c commands) completion() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "Print the completion script for bash, zsh or fish",
		ArgsUsage: "SHELL",
		Description: describe("It completes commands, flags, outcomes, sessions and reports.",
			"source <(defendersync completion bash)",
			"defendersync completion zsh > \"${fpath[1]}/_defendersync\"",
			"defendersync completion fish > ~/.config/fish/completions/defendersync.fish"),
		Action: func(ctx *cli.Context) error {
			for _, s := range shells() {
				if ctx.NArg() == 1 && ctx.Args().First() == s.name {
					_, err := fmt.Fprint(c.out, s.script)
					return err
				}
			}
			return usage(errors.New("name one shell: bash, zsh or fish"))
		},
	}
}
