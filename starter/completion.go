package main

import (
	_ "embed"
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
		Usage:     "print the script by which bash, zsh or fish completes commands, flags, outcomes and sessions",
		ArgsUsage: "SHELL",
		Description: "Examples:\n  source <(defendersync completion bash)\n  defendersync completion zsh > \"${fpath[1]}/_defendersync\"\n" +
			"  defendersync completion fish > ~/.config/fish/completions/defendersync.fish",
		OnUsageError: badFlags,
		Action: func(ctx *cli.Context) error {
			for _, s := range shells() {
				if ctx.NArg() == 1 && ctx.Args().First() == s.name {
					_, err := fmt.Fprint(c.out, s.script)
					return err
				}
			}
			return usage(fmt.Errorf("completion of %q: name one shell, bash, zsh or fish", ctx.Args().First()))
		},
	}
}
