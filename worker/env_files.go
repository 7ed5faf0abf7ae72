package main

import (
	"errors"
	"os"
	"strings"

	"defendersync/internal/config"
)

// useEnvFiles takes --env-file out of the arguments, wherever it stands, and adds
// the settings of the files to the environment. What is no setting of ours, such as
// HTTPS_PROXY, is set in the process's own.
func useEnvFiles(args, environ []string) (rest, out []string, err error) {
	rest, paths, err := takeEnvFiles(args)
	if err != nil || len(paths) == 0 {
		return rest, environ, err
	}
	read, err := config.ReadEnvFiles(environ, paths)
	if err != nil {
		return rest, environ, err
	}
	return rest, read.Environ, read.SetOthers(os.Setenv)
}

// takeEnvFiles takes the values of --env-file out of the arguments.
func takeEnvFiles(args []string) (rest, paths []string, err error) {
	for i := 0; i < len(args); i++ {
		name, path, whole := strings.Cut(args[i], "=")
		if name != "--env-file" {
			rest = append(rest, args[i])
			continue
		}
		if i+1 < len(args) && !whole {
			i++
			path = args[i]
		}
		if path == "" {
			return rest, nil, errors.New("--env-file needs a value: the path of a file of settings")
		}
		paths = append(paths, path)
	}
	return rest, paths, nil
}
