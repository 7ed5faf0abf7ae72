package localrun

import (
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Environment variables that the local run reads, beside those that it hands
// on to the product's binaries.
const (
	EnvTemporalPort = "TEMPORAL_PORT"
	EnvUIPort       = "UI_PORT"

	envDefenderPort = "TENANT_DEFENDER_PORT"
	envOomnitzaPort = "TENANT_OOMNITZA_PORT"
	envControlPort  = "TENANT_CONTROL_PORT"
	envDataDir      = "DATA_DIR"
	envTenantApps   = "TENANT_APPS"
	envTenantPeople = "TENANT_PEOPLE"
	envTenantPairs  = "TENANT_PAIRS"
	envTenantSeed   = "TENANT_SEED"
	envMailPort     = "MAIL_SMTP_PORT"
	envMailUIPort   = "MAIL_UI_PORT"

	envTemporalAddress   = "TEMPORAL_ADDRESS"
	envTemporalNamespace = "TEMPORAL_NAMESPACE"
	envTemporalUI        = "TEMPORAL_UI_URL"
	envIntegration       = "INTEGRATION_NAME"

	envDefenderURL   = "DEFENDER_API_URL"
	envDefenderKey   = "DEFENDER_API_KEY"
	envDefenderRate  = "DEFENDER_REQUESTS_PER_MINUTE"
	envOomnitzaURL   = "OOMNITZA_URL"
	envOomnitzaToken = "OOMNITZA_API_TOKEN"
	envSMTPHost      = "SMTP_HOST"
	envSMTPFrom      = "SMTP_FROM"
	envContacts      = "INTEGRATION_CONTACTS"
)

const (
	DefaultTemporalPort = 7233
	DefaultUIPort       = 8233

	namespace      = "default"
	defaultDataDir = "var"

	// localRate makes a first session of the default size take about half a
	// minute; at the vendor's 30 requests a minute it would take a quarter of an hour.
	localRate = 900

	// defaultContact is who is told where nobody is named, in a domain that is
	// nobody's (RFC 2606).
	defaultContact = "it-assets@example.com"
	// mailboxSender is who writes to the mailbox.
	mailboxSender = "defendersync@example.com"

	// The tokens of the simulated tenants tell their settings from anybody else's.
	simulatedDefender = "simulated-defender-token"
	simulatedOomnitza = "simulated-oomnitza-token"

	defaultTenantApps   = 250
	defaultTenantPeople = 800
	defaultTenantPairs  = 9000
)

// settings are what the local run is to be, from the environment.
type settings struct {
	Address                     string // of a Temporal that the operator names; "": the local run has its own
	Temporal, UI                Port   // of the local run's own
	Defender, Oomnitza, Control Port   // of the simulated tenants
	Mail, MailUI                Port   // of the local mailbox
	Mailbox                     bool   // no mail server is named, so notices go to the mailbox
	DataDir                     string
	Simulated                   bool   // no real tenants are named
	Sourced                     bool   // the shell has the settings of an earlier run
	Tenants                     scale  // of the simulated tenants
	First                       string // what the first session with real tenants may do
	Rate                        int    // requests a minute: the simulated Defender's budget and ours
	vars                        map[string]string
}

// scale is the size of the simulated tenants.
type scale struct{ Apps, People, Pairs, Seed int }

// loadSettings takes settings from the process's environment and, for what is
// not set there, from .env. It tells all problems at once; the settings are good for
// looking for more.
func loadSettings(environ []string, dotenv map[string]string) (settings, error) {
	environ, sourced := forgetSourced(environ, dotenv)
	vars := mergeSettings(environ, dotenv)
	r := reader{vars: vars}
	s := settings{
		Address:  vars[envTemporalAddress],
		Temporal: r.readPort(EnvTemporalPort, DefaultTemporalPort, "the Temporal server"),
		UI:       r.readPort(EnvUIPort, DefaultUIPort, "the Web UI"),
		Defender: r.readPort(envDefenderPort, 7311, "the simulated Defender"),
		Oomnitza: r.readPort(envOomnitzaPort, 7312, "the simulated Oomnitza"),
		Control:  r.readPort(envControlPort, 7313, "the simulated tenants' control"),
		Mail:     r.readPort(envMailPort, 7325, "the mailbox"),
		MailUI:   r.readPort(envMailUIPort, 8325, "the mailbox's page"),
		Mailbox:  vars[envSMTPHost] == "",
		DataDir:  vars[envDataDir],
		Tenants: scale{
			Apps:   r.readNumber(envTenantApps, defaultTenantApps, 1),
			People: r.readNumber(envTenantPeople, defaultTenantPeople, 1),
			Pairs:  r.readNumber(envTenantPairs, defaultTenantPairs, 1),
			Seed:   r.readNumber(envTenantSeed, 1, 0),
		},
		First:   r.readFirst(),
		Rate:    r.readNumber(envDefenderRate, localRate, 1),
		Sourced: sourced,
		vars:    vars,
	}
	if s.DataDir == "" {
		s.DataDir = defaultDataDir
	}
	defender, oomnitza := vars[envDefenderURL] != "", vars[envOomnitzaURL] != ""
	s.Simulated = !defender && !oomnitza
	if defender != oomnitza {
		r.addProblem("%s and %s go together: set both for real tenants, neither for simulated ones", envDefenderURL, envOomnitzaURL)
	}
	if len(r.problems) > 0 {
		return s, Usagef("%s", strings.Join(r.problems, "\n"))
	}
	return s, nil
}

// mergeSettings is the environment as a map, with what .env adds to it. A variable that
// is set but empty counts as not set.
func mergeSettings(environ []string, dotenv map[string]string) map[string]string {
	vars := maps.Clone(dotenv)
	if vars == nil {
		vars = map[string]string{}
	}
	for _, entry := range environ {
		if key, value, ok := strings.Cut(entry, "="); ok && value != "" {
			vars[key] = value
		}
	}
	return vars
}

// listPorts are all ports that the local run will listen on.
func (s settings) listPorts() []Port {
	var ports []Port
	if s.Address == "" {
		ports = append(ports, s.Temporal, s.UI)
	}
	if s.Simulated {
		ports = append(ports, s.Defender, s.Oomnitza, s.Control)
	}
	if s.Mailbox {
		ports = append(ports, s.Mail, s.MailUI)
	}
	return ports
}

// childEnv is the environment of the product's binaries: all that the operator
// set, and our Temporal server, the simulated tenants and the mailbox where they
// name none of their own.
func (s settings) childEnv() []string {
	env := maps.Clone(s.vars)
	maps.DeleteFunc(env, func(key, _ string) bool { return slices.Contains(ownVariables(), key) })
	s.setTemporal(env)
	if s.Simulated {
		maps.DeleteFunc(env, func(key, _ string) bool { return strings.HasSuffix(key, "_FILE") && isTenant(key) })
		maps.Copy(env, s.simulatedTenants())
		if env["INTEGRATION_DEFAULT_ROLE"] == "" {
			env["INTEGRATION_DEFAULT_ROLE"] = "25" // one of the roles there
		}
	}
	if s.Mailbox {
		maps.DeleteFunc(env, func(key, _ string) bool { return strings.HasPrefix(key, "SMTP_") })
		maps.Copy(env, s.mailboxServer())
		env[envContacts] = s.joinContacts()
	}
	var entries []string
	for _, key := range slices.Sorted(maps.Keys(env)) {
		entries = append(entries, key+"="+env[key])
	}
	return entries
}

// setTemporal puts into env where Temporal is.
func (s settings) setTemporal(env map[string]string) {
	if s.Address == "" {
		maps.DeleteFunc(env, func(key, _ string) bool { return strings.HasPrefix(key, "TEMPORAL_") })
		env[envTemporalAddress] = s.Temporal.addr()
		env[envTemporalNamespace] = namespace
		env[envTemporalUI] = s.UI.url()
		env["TEMPORAL_CONFIG_FILE"] = "/dev/null" // nor a profile of the user's
		return
	}
	// The operator's Temporal may hold the real integration: its schedule and its
	// queue must never be those of simulated tenants.
	if s.Simulated && env[envIntegration] == "" {
		env[envIntegration] = s.label()
	}
}

// ownVariables are those that concern the local run alone. The product refuses
// settings that it doesn't know.
func ownVariables() []string {
	return []string{
		EnvTemporalPort, EnvUIPort, envDefenderPort, envOomnitzaPort, envControlPort,
		envDataDir, EnvFirstSession, envTenantApps, envTenantPeople, envTenantPairs, envTenantSeed, envMailPort, envMailUIPort,
	}
}

// mailboxServer is what the product needs to know of the mailbox.
func (s settings) mailboxServer() map[string]string {
	return map[string]string{
		envSMTPHost: Loopback, "SMTP_PORT": strconv.Itoa(s.Mail.Number), "SMTP_TLS": "none", envSMTPFrom: mailboxSender,
	}
}

// joinContacts are those whose mail goes to the mailbox.
func (s settings) joinContacts() string {
	if given := s.vars[envContacts]; given != "" {
		return given
	}
	return defaultContact
}

// simulatedTenants is what the worker needs to know of the simulated tenants.
// Their tokens are open secrets, good for nothing else.
func (s settings) simulatedTenants() map[string]string {
	return map[string]string{
		envDefenderURL:        s.Defender.url(),
		"DEFENDER_ALLOW_HOST": Loopback,
		envDefenderKey:        simulatedDefender,
		envDefenderRate:       strconv.Itoa(s.Rate),
		envOomnitzaURL:        s.Oomnitza.url(),
		envOomnitzaToken:      simulatedOomnitza,
	}
}

// isTenant tells a setting of one of the two tenants.
func isTenant(key string) bool {
	return strings.HasPrefix(key, "DEFENDER_") || strings.HasPrefix(key, "OOMNITZA_")
}

// label names the tenants in file names. Data of one pair of tenants must never
// meet another's: the schedule's watermark, above all, is of one tenant.
func (s settings) label() string {
	if s.Simulated {
		return fmt.Sprintf("simulated-%d-%d-%d-%d", s.Tenants.Apps, s.Tenants.People, s.Tenants.Pairs, s.Tenants.Seed)
	}
	return hostLabel(s.vars[envDefenderURL]) + "-" + hostLabel(s.vars[envOomnitzaURL])
}

// hostLabel is a URL's host, fit for a file name.
func hostLabel(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		raw = u.Host
	}
	return regexp.MustCompile(`[^A-Za-z0-9.]+`).ReplaceAllString(raw, "_")
}

// dataPath is a file or folder in the data folder.
func (s settings) dataPath(elem ...string) string {
	return filepath.Join(append([]string{s.DataDir}, elem...)...)
}

// reader collects the problems of several settings.
type reader struct {
	vars     map[string]string
	problems []string
}

func (r *reader) addProblem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// readNumber reads a whole number of at least low.
func (r *reader) readNumber(variable string, otherwise, low int) int {
	text := r.vars[variable]
	if text == "" {
		return otherwise
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < low {
		r.addProblem("%s is %q, a whole number from %d on is needed", variable, text, low)
	}
	return number
}

func (r *reader) readPort(variable string, otherwise int, purpose string) Port {
	number := r.readNumber(variable, otherwise, 1)
	if number > 65535 {
		r.addProblem("%s is %d, ports end at 65535", variable, number)
		number = 0
	}
	return Port{Number: number, Variable: variable, Purpose: purpose}
}
