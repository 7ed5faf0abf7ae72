package config

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	goenv "github.com/sethvargo/go-envconfig"

	"defendersync/internal/httpx"
	"defendersync/internal/suggest"
)

// Need says which settings must be present. Settings that are present are
// validated regardless of the need.
type Need uint

// The needs of the commands, to be combined with |.
const (
	NeedIntegration Need = 1 << iota // for schedule apply and run: what a session does and when
	NeedTenants                      // for the worker: both tenants with their tokens
	NeedOomnitza                     // for reports: Oomnitza with its token
)

// ownPrefixes are prefixes that no other program uses, so an unknown variable
// with one of them is a misspelling.
var ownPrefixes = [...]string{"INTEGRATION_", "DEFENDER_", "OOMNITZA_", "SMTP_"}

// Load reads the settings from an environment in the form of os.Environ. An
// empty variable counts as unset. The error joins every *Problem found, so that
// an operator can fix all of them at once. Load also registers the secrets with
// package httpx, which removes them from whatever a peer answers.
func Load(ctx context.Context, environ []string, need Need) (Settings, error) {
	src := newSource(environ)
	httpx.KeepSecret(src.listSecrets()...)
	settings, err := src.decodeSettings(ctx)
	if err != nil {
		return Settings{}, err
	}
	src.findSlips()
	src.problems = append(src.problems, settings.validateAll(need, src.failed)...)
	if settings.Traces.IsOn() {
		src.checkTraceNumbers()
	}
	src.nameAliases()
	return settings, errors.Join(src.problems...)
}

// source is the environment as go-envconfig sees it: without the variables that
// could not be decoded, and with secrets replaced by the content of their files.
type source struct {
	environ  map[string]string
	known    map[string]Variable
	failed   map[string]bool
	aliases  map[string]string // variables whose value another one gave
	problems problems
	last     string // the variable looked up last, which a decoding error is about
}

func newSource(environ []string) *source {
	s := &source{environ: map[string]string{}, known: map[string]Variable{}, failed: map[string]bool{}, aliases: map[string]string{}}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value = TrimInvisible(value); value != "" {
			s.environ[name] = value
		}
	}
	s.preferTraceForms()
	for _, v := range ListVariables() {
		s.known[v.Name] = v
	}
	for _, v := range ListVariables() {
		if v.Secret && v.Group != "Temporal" {
			s.readFile(v)
		}
	}
	return s
}

// readFile replaces a secret's value by the content of its file, if one is set.
func (s *source) readFile(v Variable) {
	path, ok := s.environ[v.FileVariable()]
	if !ok {
		return
	}
	if _, both := s.environ[v.Name]; both {
		s.rejectValue(v.Name, "", errors.New("set this or "+v.FileVariable()+", not both"))
		return
	}
	secret, err := ReadSecret(path)
	if err != nil {
		s.problems.addProblem(v.FileVariable(), "", err)
		s.failed[v.Name] = true
		return
	}
	s.environ[v.Name] = secret.Reveal()
}

func (s *source) rejectValue(name, value string, err error) {
	s.problems.addProblem(name, value, err)
	s.failed[name] = true
}

// Lookup implements go-envconfig's Lookuper.
func (s *source) Lookup(name string) (string, bool) {
	s.last = name
	value, ok := s.environ[name]
	if !ok || s.failed[name] {
		return "", false
	}
	return value, true
}

// decodeSettings decodes the environment. go-envconfig stops at the first value
// that it cannot decode; to find them all, that value is left out and decoding
// starts over.
func (s *source) decodeSettings(ctx context.Context) (Settings, error) {
	for {
		var settings Settings
		err := goenv.ProcessWith(ctx, &goenv.Config{Target: &settings, Lookuper: s, Mutators: []goenv.Mutator{goenv.MutatorFunc(s.normalizeValue)}})
		if err == nil {
			return settings, nil
		}
		v, known := s.known[s.last]
		if _, given := s.environ[s.last]; !known || !given || s.failed[s.last] {
			return Settings{}, err // a mistake in our own struct tags
		}
		s.rejectValue(v.Name, showValue(v, s.environ[v.Name]), explainValue(v, err))
	}
}

// normalizeValue rewrites numbers and durations for go-envconfig, which would
// read 025 as octal and does not know days.
func (s *source) normalizeValue(_ context.Context, name, _, _, value string) (string, bool, error) {
	switch v := s.known[name]; {
	case v.duration:
		d, err := ParseDuration(value)
		return d.String(), false, err
	case v.kind == reflect.Int:
		n, err := parseNumber(value)
		return strconv.Itoa(n), false, err
	}
	return value, false, nil
}

func showValue(v Variable, value string) string {
	if v.Secret {
		return ""
	}
	return value
}

// explainValue turns a decoding error into what the variable accepts.
func explainValue(v Variable, err error) error {
	if v.kind == reflect.Bool {
		return errors.New("use true or false")
	}
	var list listError
	if errors.As(err, &list) {
		return list.error
	}
	// go-envconfig prefixes the cause with our field names; only the cause is of use.
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// findSlips reports variables that have one of our prefixes but are not settings.
func (s *source) findSlips() {
	var names []string
	for name, v := range s.known {
		names = append(names, name)
		if v.Secret {
			names = append(names, v.FileVariable())
		}
	}
	slices.Sort(names)
	var slips []string
	for name, value := range s.environ {
		if hasOwnPrefix(name) && !slices.Contains(names, name) && !isServiceLink(name, value) {
			slips = append(slips, name)
		}
	}
	slices.Sort(slips)
	for _, name := range slips {
		if near := suggest.FindNearest(name, slices.Values(names), 1); len(near) > 0 {
			s.problems.addProblemf(name, "", "there is no such setting: did you mean %s?", near[0])
		} else {
			s.problems.addProblemf(name, "", "there is no such setting: remove it")
		}
	}
}

func hasOwnPrefix(name string) bool {
	for _, prefix := range ownPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
