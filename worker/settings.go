package main

import (
	"strings"

	"github.com/rs/zerolog"

	"defendersync/internal/config"
	"defendersync/internal/mask"
)

// logSettings says once which settings the worker goes by: those that are set, without
// a secret and without what tells of people.
func logSettings(log zerolog.Logger, environ []string) {
	given := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		given[name] = strings.TrimSpace(value)
	}
	set := zerolog.Dict()
	for _, v := range config.ListVariables() {
		if given[v.Name] != "" {
			set.Str(v.Name, showSetting(v, given[v.Name]))
		}
		if file := v.FileVariable(); file != "" && given[file] != "" {
			set.Str(file, given[file])
		}
	}
	log.Info().Dict("set", set).Msg("settings; all others have their defaults")
}

// showSetting returns a setting's value for the log.
func showSetting(v config.Variable, value string) string {
	if v.Secret {
		return config.NewSecret(value).String()
	}
	return mask.Text(value)
}
