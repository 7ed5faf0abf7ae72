package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"defendersync/internal/dotenv"
)

// Environment is the environment that settings are read from: that of the
// process, with what files of settings add.
type Environment struct {
	Environ []string          // in the form of os.Environ; of each name once
	Files   map[string]string // the file and line that gave a variable, as "app.env:12"
}

// ReadEnvFiles adds to an environment the settings of files in the form of
// .env.example. A variable that the environment has already, and not empty,
// stays as it is; a later file wins over an earlier one. A secret and its
// NAME_FILE count as one. The error has all that is wrong with the files, each
// with file, line and setting, never with a value.
func ReadEnvFiles(environ, paths []string) (Environment, error) {
	out := Environment{Files: map[string]string{}}
	merged := newLayers(environ)
	var problems []error
	for i := len(paths) - 1; i >= 0; i-- {
		settings, err := dotenv.ReadFile(paths[i])
		if err != nil {
			problems = append([]error{fmt.Errorf("--env-file: %w", err)}, problems...)
			continue
		}
		layer := newLayers(nil)
		for _, s := range settings {
			if s.Value != "" && !merged.holds(s.Name) {
				layer.put(s.Name, s.Value)
				out.Files[s.Name] = paths[i] + ":" + strconv.Itoa(s.Line)
			}
		}
		merged.addLayer(layer)
	}
	out.Environ = merged.list()
	return out, errors.Join(problems...)
}

// SetOthers hands to set what files gave that is no setting of ours, such as
// HTTPS_PROXY or SSL_CERT_FILE: libraries look for these in the process's own
// environment. A set of nil is handed nothing.
func (e Environment) SetOthers(set func(name, value string) error) error {
	if set == nil {
		return nil
	}
	known := map[string]bool{}
	for _, v := range ListVariables() {
		known[v.Name], known[v.FileVariable()] = true, true
	}
	for _, pair := range e.Environ {
		name, value, _ := strings.Cut(pair, "=")
		if e.Files[name] == "" || known[name] {
			continue
		}
		if err := set(name, value); err != nil {
			return fmt.Errorf("%s: %s: %w", e.Files[name], name, err)
		}
	}
	return nil
}

// layers is an environment that is put together of several.
type layers struct {
	names  []string
	values map[string]string
	twin   map[string]string // the other form of a secret: NAME_FILE of NAME, and NAME of NAME_FILE
}

func newLayers(environ []string) *layers {
	l := &layers{values: map[string]string{}, twin: map[string]string{}}
	for _, v := range ListVariables() {
		if v.Secret {
			l.twin[v.Name], l.twin[v.FileVariable()] = v.FileVariable(), v.Name
		}
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		l.put(name, value)
	}
	return l
}

// put sets a variable.
func (l *layers) put(name, value string) {
	if _, there := l.values[name]; !there {
		l.names = append(l.names, name)
	}
	l.values[name] = value
}

// holds reports whether a variable or its other form has a value.
func (l *layers) holds(name string) bool {
	return l.values[name] != "" || l.values[l.twin[name]] != ""
}

// addLayer sets the variables of another environment.
func (l *layers) addLayer(other *layers) {
	for _, name := range other.names {
		l.put(name, other.values[name])
	}
}

func (l *layers) list() []string {
	out := make([]string, len(l.names))
	for i, name := range l.names {
		out[i] = name + "=" + l.values[name]
	}
	return out
}
