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
)

// Need says which settings have to be complete. All that are set are checked,
// whatever the need.
type Need uint

// The needs of the commands.
const (
	NeedIntegration Need = 1 << iota // what a session does and when: schedule apply, run
	NeedTenants                      // both tenants with their tokens: the worker
	NeedOomnitza                     // Oomnitza with its token: reports
)

// ownPrefixes begin the variables that are ours alone, so that one of them
// that isn't known is a slip.
var ownPrefixes = [...]string{"INTEGRATION_", "DEFENDER_", "OOMNITZA_", "SMTP_"}

// Load reads the settings out of an environment, NAME=value each, as
// os.Environ gives it. A variable that is set but empty counts as not set. The
// error joins every Problem there is. The secrets among them are made known to
// package httpx, so that no text of a peer shows one.
func Load(ctx context.Context, environ []string, need Need) (Settings, error) {
	src := newSource(environ)
	httpx.KeepSecret(src.secrets()...)
	settings, err := src.decode(ctx)
	if err != nil {
		return Settings{}, err
	}
	src.findSlips()
	src.problems = append(src.problems, settings.validate(need, src.failed)...)
	return settings, errors.Join(src.problems...)
}

// source is the environment as go-envconfig looks things up in it: without the
// variables that failed, and with secrets out of files.
type source struct {
	environ  map[string]string
	known    map[string]Variable
	failed   map[string]bool
	problems problems
	last     string // looked up last: the one that a decoding error is about
}

func newSource(environ []string) *source {
	s := &source{environ: map[string]string{}, known: map[string]Variable{}, failed: map[string]bool{}}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value = Trim(value); value != "" {
			s.environ[name] = value
		}
	}
	for _, v := range Variables() {
		s.known[v.Name] = v
	}
	for _, v := range Variables() {
		if v.Secret && v.Group != "Temporal" {
			s.readFile(v)
		}
	}
	return s
}

// readFile puts a secret's file in the place of its value.
func (s *source) readFile(v Variable) {
	path, ok := s.environ[v.File()]
	if !ok {
		return
	}
	if _, both := s.environ[v.Name]; both {
		s.fail(v.Name, "", errors.New("set this or "+v.File()+", not both"))
		return
	}
	secret, err := ReadSecret(path)
	if err != nil {
		s.problems.add(v.File(), "", err)
		s.failed[v.Name] = true
		return
	}
	s.environ[v.Name] = secret.Reveal()
}

func (s *source) fail(name, value string, err error) {
	s.problems.add(name, value, err)
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

// decode fills the settings. go-envconfig stops at the first value that it
// can't decode; leaving that one out and decoding again finds them all.
func (s *source) decode(ctx context.Context) (Settings, error) {
	for {
		var settings Settings
		err := goenv.ProcessWith(ctx, &goenv.Config{Target: &settings, Lookuper: s, Mutators: []goenv.Mutator{goenv.MutatorFunc(s.plain)}})
		if err == nil {
			return settings, nil
		}
		v, known := s.known[s.last]
		if _, given := s.environ[s.last]; !known || !given || s.failed[s.last] {
			return Settings{}, err // a slip in our own tags
		}
		s.fail(v.Name, shown(v, s.environ[v.Name]), accepted(v, err))
	}
}

// plain puts numbers and durations into the form that go-envconfig reads as it
// is meant: it would take 025 for octal, and knows no days.
func (s *source) plain(_ context.Context, name, _, _, value string) (string, bool, error) {
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

func shown(v Variable, value string) string {
	if v.Secret {
		return ""
	}
	return value
}

// accepted says what a value of the variable's type looks like.
func accepted(v Variable, err error) error {
	if v.kind == reflect.Bool {
		return errors.New("use true or false")
	}
	var list listError
	if errors.As(err, &list) {
		return list.error
	}
	// go-envconfig puts the names of our fields before the cause.
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// findSlips reports variables with our prefixes that nothing reads.
func (s *source) findSlips() {
	var names []string
	for name, v := range s.known {
		names = append(names, name)
		if v.Secret {
			names = append(names, v.File())
		}
	}
	slices.Sort(names)
	var slips []string
	for name, value := range s.environ {
		if hasOwnPrefix(name) && !slices.Contains(names, name) && !serviceLink(name, value) {
			slips = append(slips, name)
		}
	}
	slices.Sort(slips)
	for _, name := range slips {
		if near := nearest(name, names); near != "" {
			s.problems.addf(name, "", "there is no such setting: did you mean %s?", near)
		} else {
			s.problems.addf(name, "", "there is no such setting: remove it")
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
