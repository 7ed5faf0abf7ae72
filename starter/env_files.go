package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/completion"
	"defendersync/internal/config"
)

// envFileFlag is the flag of every command that names files of settings.
const envFileFlag = "env-file"

// globalFlags are those of every command.
func globalFlags() []cli.Flag {
	return []cli.Flag{&cli.StringSliceFlag{Name: envFileFlag,
		Usage: "read settings from `FILE`, in the form of .env.example; the environment wins over it; can be given several times, and a later file wins over an earlier one"}}
}

// takeEnvFiles takes --env-file out of a command line, wherever it stands, since
// the settings have to be there before a command begins.
func takeEnvFiles(app *cli.App, args []string) (paths, rest []string, err error) {
	at := &cli.Command{Subcommands: app.Commands}
	for i := 0; i < len(args); i++ {
		word := args[i]
		name, value, whole := strings.Cut(strings.TrimLeft(word, "-"), "=")
		switch {
		case at.SkipFlagParsing || word == "--":
			return paths, append(rest, args[i:]...), nil
		case !strings.HasPrefix(word, "-"):
			for _, sub := range at.Subcommands {
				if sub.HasName(word) {
					at = sub
					break
				}
			}
			rest = append(rest, word)
		case name == envFileFlag:
			if !whole && i+1 < len(args) {
				i++
				value = args[i]
			}
			if value == "" {
				return nil, nil, fmt.Errorf("--%s needs a value: the path of a file of settings", envFileFlag)
			}
			paths = append(paths, value)
		default:
			rest = append(rest, word)
			if completion.FindValueFlag(at.Flags, strings.TrimLeft(word, "-")) != nil && i+1 < len(args) {
				i++
				rest = append(rest, args[i])
			}
		}
	}
	return paths, rest, nil
}

// readEnvFiles returns the streams with the settings of files added.
func (s streams) readEnvFiles(paths []string) (streams, error) {
	if len(paths) == 0 {
		return s, nil
	}
	read, err := config.ReadEnvFiles(s.environ, paths)
	if err != nil {
		return s, err
	}
	s.environ, s.files = read.Environ, read.Files
	return s, read.SetOthers(s.setenv)
}
