package config

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// The programs that read settings.
const (
	ProgramWorker   = "worker"
	ProgramCommands = "commands"
)

// Described is a setting as a program would have it.
type Described struct {
	Variable
	Value string // of a secret only that there is one; empty if there is none
	From  string // environment, NAME_FILE with its path, credential, file and line, or default; empty if there is no value
	Wrong bool
}

// Describe tells what every setting is and where it comes from, in the order of
// ListVariables. The error has all that is wrong with those that are set, and none
// that are missing: which are needed depends on the program.
func Describe(ctx context.Context, env Environment) ([]Described, error) {
	_, err := Load(ctx, env.Environ, 0)
	wrong := map[string]bool{}
	for _, problem := range splitErrors(err) {
		var p *Problem
		if errors.As(problem, &p) {
			wrong[p.Name] = true
		}
	}
	src := newSource(env.Environ)
	var out []Described
	for _, v := range ListVariables() {
		d := Described{Variable: v, Wrong: wrong[v.Name] || v.Secret && wrong[v.FileVariable()]}
		if alias := src.aliases[v.Name]; alias != "" {
			d.Wrong = d.Wrong || wrong[alias]
		}
		d.Value, d.From = src.describe(v, env)
		out = append(out, d)
	}
	return out, err
}

// describe returns a setting's value as it may be shown, and its origin.
func (s *source) describe(v Variable, env Environment) (value, from string) {
	name := cmp.Or(s.aliases[v.Name], v.Name)
	if path := s.environ[v.FileVariable()]; v.Secret && path != "" {
		if folder := s.environ[credentialsVariable]; folder != "" && filepath.Dir(path) == filepath.Clean(folder) {
			return redacted, "credential " + filepath.Base(path)
		}
		return redacted, joinOrigin(v.FileVariable()+" "+path, env.Files[v.FileVariable()])
	}
	value, given := s.environ[name]
	switch {
	case !given && v.Default == "":
		return "", ""
	case !given:
		return v.Default, "default"
	}
	from = cmp.Or(env.Files[name], "environment")
	if name != v.Name {
		from = name + ", " + from
	}
	return v.MaskValue(value), from
}

// joinOrigin adds the file that named another one.
func joinOrigin(what, file string) string {
	if file == "" {
		return what
	}
	return what + ", " + file
}

// MaskValue returns a value as it may be shown: a secret is there or not, a
// password in a URL is left out, and of several lines there is the first.
func (v Variable) MaskValue(value string) string {
	if value == "" {
		return ""
	}
	if v.Secret {
		return redacted
	}
	if u, err := url.Parse(value); err == nil && u.User != nil {
		value = u.Redacted()
	} else if strings.HasSuffix(v.Name, "_URL") && strings.Contains(value, "@") {
		return redacted // a password may be somewhere in it
	}
	if line, rest, more := strings.Cut(value, "\n"); more && strings.TrimSpace(rest) != "" {
		value = line + " …"
	}
	return value
}

// ListPrograms names the programs that read a setting.
func (v Variable) ListPrograms() []string {
	switch {
	case v.Group == "Log", v.Group == "Metrics", v.Name == "WORKER_STOP_TIMEOUT", v.Name == "TEMPORAL_WORKER_BUILD_ID":
		return []string{ProgramWorker}
	case v.Group == "Reports", v.Name == "DEFENDER_STREAMS", v.Group == "Integration" && v.Name != "INTEGRATION_NAME":
		return []string{ProgramCommands}
	}
	return []string{ProgramWorker, ProgramCommands}
}

// NeededFor says who cannot do without a setting; "" if it may be left out.
func (v Variable) NeededFor() string {
	switch v.Name {
	case "DEFENDER_API_URL", "DEFENDER_API_KEY":
		return "worker, check"
	case "OOMNITZA_URL", "OOMNITZA_API_TOKEN":
		return "worker, check, report, roles"
	case "INTEGRATION_DEFAULT_ROLE":
		return "check, schedule apply, run"
	}
	return ""
}
