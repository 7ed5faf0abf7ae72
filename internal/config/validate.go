package config

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/mailaddr"
	"defendersync/internal/saas"
)

// validate checks every group. A variable that failed already is not reported
// as missing besides.
func (s Settings) validate(need Need, failed map[string]bool) problems {
	var found problems
	if need&NeedTenants != 0 {
		found.missing(failed, "DEFENDER_API_URL", s.Defender.URL == "", "the tenant's API URL is needed")
		found.missing(failed, "DEFENDER_API_KEY", !s.Defender.APIKey.IsSet(), "the tenant's API token is needed, here or in DEFENDER_API_KEY_FILE")
	}
	if need&(NeedTenants|NeedOomnitza) != 0 {
		found.missing(failed, "OOMNITZA_URL", s.Oomnitza.URL == "", "the tenant's URL is needed")
		found.missing(failed, "OOMNITZA_API_TOKEN", !s.Oomnitza.APIToken.IsSet(), "the integration user's API token is needed, here or in OOMNITZA_API_TOKEN_FILE")
	}
	if need&NeedIntegration != 0 {
		found.missing(failed, "INTEGRATION_DEFAULT_ROLE", s.Integration.DefaultRole == 0, "the id of the Oomnitza role for people that are created is needed")
	}
	groups := [...]interface{ Validate() error }{
		s.Defender, s.Oomnitza, s.Integration, s.SMTP, s.Notify, s.Log, s.Metrics, s.Health, s.Worker,
	}
	for _, group := range groups {
		found = append(found, unjoin(group.Validate())...)
	}
	return found
}

func (ps *problems) missing(failed map[string]bool, name string, missing bool, message string) {
	if missing && !failed[name] {
		ps.addf(name, "", "%s", message)
	}
}

// unjoin takes a joined error apart, so that all problems stand in one list.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

// Validate checks what is set; whether the host is one of Microsoft's is the
// client's to say.
func (d Defender) Validate() error {
	var found problems
	found.url("DEFENDER_API_URL", d.URL)
	found.token("DEFENDER_API_KEY", d.APIKey)
	if strings.ContainsAny(d.AllowHost, "/ ") {
		found.addf("DEFENDER_ALLOW_HOST", d.AllowHost, "give the host alone, such as gateway.contoso.com")
	}
	found.between("DEFENDER_REQUESTS_PER_MINUTE", d.RequestsPerMinute, 0, 1_000_000)
	found.between("DEFENDER_CONCURRENCY", d.Concurrency, 1, 256)
	found.duration("DEFENDER_TIMEOUT", d.Timeout, time.Second, time.Hour)
	found.file("DEFENDER_CA_FILE", d.CAFile)
	found.proxy("DEFENDER_PROXY_URL", d.ProxyURL)
	return errors.Join(found...)
}

// Validate checks what is set.
func (o Oomnitza) Validate() error {
	var found problems
	found.url("OOMNITZA_URL", o.URL)
	found.token("OOMNITZA_API_TOKEN", o.APIToken)
	found.between("OOMNITZA_CONCURRENCY", o.Concurrency, 1, 256)
	found.duration("OOMNITZA_TIMEOUT", o.Timeout, time.Second, time.Hour)
	found.file("OOMNITZA_CA_FILE", o.CAFile)
	found.proxy("OOMNITZA_PROXY_URL", o.ProxyURL)
	return errors.Join(found...)
}

// namePattern is what may name a schedule, a task queue and workflows without
// quoting anywhere.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Validate checks the rules and the times of a session.
func (i Integration) Validate() error {
	var found problems
	if !namePattern.MatchString(i.Name) {
		found.addf("INTEGRATION_NAME", i.Name, "use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first")
	}
	if i.DefaultRole < 0 {
		found.addf("INTEGRATION_DEFAULT_ROLE", strconv.Itoa(i.DefaultRole), "a role's id is a number above 0")
	}
	found.rules(i)
	found.duration("INTEGRATION_LOOKBACK", i.Lookback, saas.Day, saas.Retention)
	found.duration("INTEGRATION_OVERLAP", i.Overlap, 0, 30*saas.Day)
	found.duration("INTEGRATION_FULL_EVERY", i.FullEvery, time.Hour, saas.Retention)
	found.duration("INTEGRATION_ACTIVE_THRESHOLD", i.ActiveThreshold, time.Hour, 3650*saas.Day)
	found.duration("INTEGRATION_STALL_AFTER", i.StallAfter, time.Second, 30*saas.Day)
	found.duration("INTEGRATION_NO_PROGRESS", i.NoProgress, time.Second, 30*saas.Day)
	found.duration("INTEGRATION_PAUSE_WARN_AFTER", i.PauseWarnAfter, time.Minute, 365*saas.Day)
	found.duration("INTEGRATION_WATCH_EVERY", i.WatchEvery, time.Second, 24*time.Hour)
	found.duration("INTEGRATION_JITTER", i.Jitter, 0, 24*time.Hour)
	found.duration("INTEGRATION_CATCH_UP", i.CatchUp, 10*time.Second, 365*saas.Day)
	found.duration("INTEGRATION_MISSED_GRACE", i.MissedGrace, time.Second, 30*saas.Day)
	found.duration("INTEGRATION_HEARTBEAT", i.Heartbeat, time.Second, time.Hour)
	found.duration("INTEGRATION_GIVE_UP", i.GiveUp, time.Minute, 30*saas.Day)
	found.between("INTEGRATION_MAX_RETRY_APPS", i.MaxRetryApps, 0, 1000)
	return errors.Join(found...)
}

// rules checks the settings that have a language of their own.
func (ps *problems) rules(i Integration) {
	if _, err := saas.NewNamer(saas.Policy{UsernameFormat: i.UsernameFormat}); err != nil {
		ps.add("INTEGRATION_USERNAME_FORMAT", i.UsernameFormat, errors.Unwrap(err))
	}
	if _, err := saas.NewNamer(saas.Policy{ExcludeUsers: i.ExcludeUsers}); err != nil {
		ps.add("INTEGRATION_EXCLUDE_USERS", strings.Join(i.ExcludeUsers, ","), errors.Unwrap(err))
	}
	_, err := ParseSchedule(i.Schedule, i.Timezone)
	var known *Problem
	if errors.As(err, &known) {
		*ps = append(*ps, known)
		// The zone is wrong; the expression is to be told of at once too.
		_, err = ParseSchedule(i.Schedule, "")
	}
	ps.add("INTEGRATION_SCHEDULE", i.Schedule, err)
}

// Validate checks the mail server, where there is one.
func (s SMTP) Validate() error {
	var found problems
	found.host("SMTP_HOST", s.Host)
	found.greeting("SMTP_HELO", s.Helo)
	if s.Host != "" && s.From == "" {
		found.addf("SMTP_FROM", "", "a mail server needs a sender address")
	}
	if s.From != "" {
		found.email("SMTP_FROM", s.From)
	}
	if s.Username != "" && !s.Password.IsSet() {
		found.addf("SMTP_PASSWORD", "", "SMTP_USERNAME is set, so a password is needed, here or in SMTP_PASSWORD_FILE")
	}
	if s.Password.IsSet() && s.Username == "" {
		found.addf("SMTP_USERNAME", "", "SMTP_PASSWORD is set, so a user is needed")
	}
	found.between("SMTP_PORT", s.Port, 1, 65535)
	found.add("SMTP_TLS", s.TLS, among(s.TLS, "starttls", "tls", "none"))
	found.file("SMTP_CA_FILE", s.CAFile)
	if s.TLS == "none" && s.Password.IsSet() {
		found.addf("SMTP_TLS", s.TLS, "a password would cross the network in clear: use starttls or tls")
	}
	return errors.Join(found...)
}

// Validate checks the addresses without showing them: such URLs carry their key.
func (n Notify) Validate() error {
	var found problems
	for name, secret := range map[string]Secret{"NOTIFY_WEBHOOK_URL": n.WebhookURL, "NOTIFY_PING_URL": n.PingURL} {
		if u, err := url.Parse(secret.Reveal()); secret.IsSet() && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			found.addf(name, "", "not a URL that begins with https://")
		}
	}
	return errors.Join(found...)
}

// Validate checks level and format.
func (l Log) Validate() error {
	var found problems
	found.add("LOG_LEVEL", l.Level, among(l.Level, zerolog.LevelTraceValue, zerolog.LevelDebugValue, zerolog.LevelInfoValue, zerolog.LevelWarnValue, zerolog.LevelErrorValue))
	found.add("LOG_FORMAT", l.Format, among(l.Format, "json", "console", "auto"))
	return errors.Join(found...)
}

// Validate checks the address.
func (m Metrics) Validate() error { return listenAddress("METRICS_ADDRESS", m.Address) }

// Validate checks the address.
func (h Health) Validate() error { return listenAddress("HEALTH_ADDRESS", h.Address) }

// Validate checks the time to stop in.
func (w Worker) Validate() error {
	var found problems
	found.duration("WORKER_STOP_TIMEOUT", w.StopTimeout, time.Second, time.Hour)
	return errors.Join(found...)
}

func listenAddress(name, address string) error {
	var found problems
	if address != "" {
		_, port, err := net.SplitHostPort(address)
		if n, numErr := strconv.ParseUint(port, 10, 16); err != nil || numErr != nil || n > 65535 {
			found.addf(name, address, "use host:port, such as 127.0.0.1:9090 or [::1]:9090")
		}
	}
	return errors.Join(found...)
}

func (ps *problems) between(name string, value, least, most int) {
	if value < least || value > most {
		ps.addf(name, strconv.Itoa(value), "use a number from %d to %d", least, most)
	}
}

func (ps *problems) duration(name string, value, least, most time.Duration) {
	if value < least || value > most {
		ps.addf(name, short(value), "use a duration from %s to %s", short(least), short(most))
	}
}

// short is a duration as an operator would write it: 90d, 1h, 30s.
func short(d time.Duration) string {
	if d >= saas.Day && d%saas.Day == 0 {
		return strconv.Itoa(int(d/saas.Day)) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func (ps *problems) email(name, address string) {
	if parsed, err := mailaddr.Parse(address); err != nil || parsed != address {
		ps.addf(name, address, "not an email address alone, such as ops@contoso.com")
	}
}

// host checks a server's name: neither a URL nor a port belongs there. An IPv6
// address may stand between brackets, as in URLs, and have a zone.
func (ps *problems) host(name, host string) {
	if host == "" {
		return
	}
	if _, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil {
		return
	}
	if _, err := mailaddr.Host(host); err != nil || strings.ContainsAny(host, ":/@[] \t") {
		ps.addf(name, host, "give the host alone, such as mail.contoso.com or ::1; the port has a setting of its own")
	}
}

// greetingPattern is a name or an address literal, as RFC 5321, 4.1.1.1, has
// the greeting.
var greetingPattern = regexp.MustCompile(`^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Za-z:.]+\])$`)

func (ps *problems) greeting(name, text string) {
	if ascii, err := mailaddr.Host(text); text != "" && (err != nil || !greetingPattern.MatchString(ascii)) {
		ps.addf(name, text, "give a full name such as sync.contoso.com, or an address such as [192.0.2.1]")
	}
}

func (ps *problems) token(name string, token Secret) {
	if quoted(token.Reveal()) {
		ps.addf(name, "", quotesHint)
		return
	}
	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		ps.addf(name, "", "a token is letters, digits and signs alone, without white space or anything that nobody sees: copy it again")
	}
}

// url refuses what would never be a tenant's address, and addresses that carry
// a password, without showing those.
func (ps *problems) url(name, raw string) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
	case err == nil && u.User != nil, err != nil && strings.Contains(raw, "@"):
		ps.addf(name, "", "a user and password in the URL are not used: remove them")
	case err != nil || strings.ContainsAny(raw, " \t"):
		ps.addf(name, raw, "not a URL")
	}
}

func (ps *problems) proxy(name, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || among(u.Scheme, "http", "https", "socks5") != nil {
		ps.addf(name, "", "not a proxy's URL: use http://host:port, https://host:port or socks5://host:port")
	}
}

func (ps *problems) file(name, path string) {
	if path == "" {
		return
	}
	if info, err := os.Stat(path); err != nil {
		ps.add(name, "", err)
	} else if !info.Mode().IsRegular() {
		ps.addf(name, path, "not a file")
	}
}
