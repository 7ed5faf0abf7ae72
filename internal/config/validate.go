package config

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/saas"
)

// validateAll validates every group. A variable in failed could not be decoded
// and is not reported as missing in addition.
func (s Settings) validateAll(need Need, failed map[string]bool) problems {
	var found problems
	if need&NeedTenants != 0 {
		found.requireValue(failed, "DEFENDER_API_URL", s.Defender.URL == "", "the tenant's API URL is needed")
		found.requireValue(failed, "DEFENDER_API_KEY", !s.Defender.APIKey.IsSet(), "the tenant's API token is needed, here or in DEFENDER_API_KEY_FILE")
	}
	if need&(NeedTenants|NeedOomnitza) != 0 {
		found.requireValue(failed, "OOMNITZA_URL", s.Oomnitza.URL == "", "the tenant's URL is needed")
		found.requireValue(failed, "OOMNITZA_API_TOKEN", !s.Oomnitza.APIToken.IsSet(), "the integration user's API token is needed, here or in OOMNITZA_API_TOKEN_FILE")
	}
	if need&NeedIntegration != 0 {
		found.requireValue(failed, "INTEGRATION_DEFAULT_ROLE", s.Integration.DefaultRole == 0, "the id of the Oomnitza role for people that are created is needed")
	}
	groups := [...]interface{ Validate() error }{
		s.Defender, s.Oomnitza, s.Integration, s.SMTP, s.Notify, s.Payload, s.Log, s.Metrics, s.Health, s.Traces, s.Worker,
	}
	for _, group := range groups {
		found = append(found, splitErrors(group.Validate())...)
	}
	return found
}

func (ps *problems) requireValue(failed map[string]bool, name string, missing bool, message string) {
	if missing && !failed[name] {
		ps.addProblemf(name, "", "%s", message)
	}
}

// splitErrors splits a joined error, so that all problems end up in one list.
func splitErrors(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

// Validate checks the values that are set. Whether the host is one of Microsoft's
// is for the client to decide.
func (d Defender) Validate() error {
	var found problems
	found.checkURL("DEFENDER_API_URL", d.URL)
	found.checkToken("DEFENDER_API_KEY", d.APIKey)
	if strings.ContainsAny(d.AllowHost, "/ ") {
		found.addProblemf("DEFENDER_ALLOW_HOST", d.AllowHost, "give the host alone, such as gateway.contoso.com")
	}
	found.checkRange("DEFENDER_REQUESTS_PER_MINUTE", d.RequestsPerMinute, 0, 1_000_000)
	found.checkRange("DEFENDER_CONCURRENCY", d.Concurrency, 1, 256)
	found.checkDuration("DEFENDER_TIMEOUT", d.Timeout, time.Second, time.Hour)
	found.checkFile("DEFENDER_CA_FILE", d.CAFile)
	found.checkProxy("DEFENDER_PROXY_URL", d.ProxyURL)
	return errors.Join(found...)
}

// Validate checks the values that are set.
func (o Oomnitza) Validate() error {
	var found problems
	found.checkURL("OOMNITZA_URL", o.URL)
	found.checkToken("OOMNITZA_API_TOKEN", o.APIToken)
	found.checkRange("OOMNITZA_CONCURRENCY", o.Concurrency, 1, 256)
	found.checkDuration("OOMNITZA_TIMEOUT", o.Timeout, time.Second, time.Hour)
	found.checkFile("OOMNITZA_CA_FILE", o.CAFile)
	found.checkProxy("OOMNITZA_PROXY_URL", o.ProxyURL)
	found.checkLink("OOMNITZA_APP_LINK", o.AppLink)
	found.checkLink("OOMNITZA_PERSON_LINK", o.PersonLink)
	return errors.Join(found...)
}

// namePattern allows names that need no quoting as part of schedule ids, workflow
// ids, task queues and queries.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Validate checks the mapping rules and the durations.
func (i Integration) Validate() error {
	var found problems
	if !namePattern.MatchString(i.Name) {
		found.addProblemf("INTEGRATION_NAME", i.Name, "use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first")
	}
	if i.DefaultRole < 0 {
		found.addProblemf("INTEGRATION_DEFAULT_ROLE", strconv.Itoa(i.DefaultRole), "a role's id is a number above 0")
	}
	found.checkRules(i)
	found.checkDuration("INTEGRATION_LOOKBACK", i.Lookback, saas.Day, saas.Retention)
	found.checkDuration("INTEGRATION_OVERLAP", i.Overlap, 0, 30*saas.Day)
	found.checkDuration("INTEGRATION_FULL_EVERY", i.FullEvery, time.Hour, saas.Retention)
	found.checkDuration("INTEGRATION_ACTIVE_THRESHOLD", i.ActiveThreshold, time.Hour, 3650*saas.Day)
	found.checkDuration("INTEGRATION_STALL_AFTER", i.StallAfter, time.Second, 30*saas.Day)
	found.checkDuration("INTEGRATION_NO_PROGRESS", i.NoProgress, time.Second, 30*saas.Day)
	found.checkDuration("INTEGRATION_PAUSE_WARN_AFTER", i.PauseWarnAfter, time.Minute, 365*saas.Day)
	found.checkDuration("INTEGRATION_WATCH_EVERY", i.WatchEvery, time.Second, 24*time.Hour)
	found.checkDuration("INTEGRATION_JITTER", i.Jitter, 0, 24*time.Hour)
	found.checkDuration("INTEGRATION_CATCH_UP", i.CatchUp, 10*time.Second, 365*saas.Day)
	found.checkDuration("INTEGRATION_MISSED_GRACE", i.MissedGrace, time.Second, 30*saas.Day)
	found.checkDuration("INTEGRATION_HEARTBEAT", i.Heartbeat, time.Second, time.Hour)
	found.checkDuration("INTEGRATION_GIVE_UP", i.GiveUp, time.Minute, 30*saas.Day)
	found.checkRange("INTEGRATION_MAX_RETRY_APPS", i.MaxRetryApps, 0, 1000)
	return errors.Join(found...)
}

// checkRules checks the settings that have a syntax of their own.
func (ps *problems) checkRules(i Integration) {
	if _, err := saas.NewNamer(saas.Policy{UsernameFormat: i.UsernameFormat}); err != nil {
		ps.addProblem("INTEGRATION_USERNAME_FORMAT", i.UsernameFormat, errors.Unwrap(err))
	}
	if _, err := saas.NewNamer(saas.Policy{ExcludeUsers: i.ExcludeUsers}); err != nil {
		ps.addProblem("INTEGRATION_EXCLUDE_USERS", strings.Join(i.ExcludeUsers, ","), errors.Unwrap(err))
	}
	_, err := ParseSchedule(i.Schedule, i.Timezone)
	var known *Problem
	if errors.As(err, &known) {
		*ps = append(*ps, known)
		// The time zone is invalid; report the expression in the same run if it is, too.
		_, err = ParseSchedule(i.Schedule, "")
	}
	ps.addProblem("INTEGRATION_SCHEDULE", i.Schedule, err)
}

// Validate checks the mail server, if one is set.
func (s SMTP) Validate() error {
	var found problems
	found.checkHost("SMTP_HOST", s.Host)
	found.checkGreeting("SMTP_HELO", s.Helo)
	if s.Host != "" && s.From == "" {
		found.addProblemf("SMTP_FROM", "", "a mail server needs a sender address")
	}
	if s.From != "" {
		found.checkEmail("SMTP_FROM", s.From)
	}
	if s.Username != "" && !s.Password.IsSet() {
		found.addProblemf("SMTP_PASSWORD", "", "SMTP_USERNAME is set, so a password is needed, here or in SMTP_PASSWORD_FILE")
	}
	if s.Password.IsSet() && s.Username == "" {
		found.addProblemf("SMTP_USERNAME", "", "SMTP_PASSWORD is set, so a user is needed")
	}
	found.checkRange("SMTP_PORT", s.Port, 1, 65535)
	found.addProblem("SMTP_TLS", s.TLS, requireOneOf(s.TLS, "starttls", "tls", "none"))
	found.checkFile("SMTP_CA_FILE", s.CAFile)
	if s.TLS == "none" && s.Password.IsSet() {
		found.addProblemf("SMTP_TLS", s.TLS, "a password would cross the network in clear: use starttls or tls")
	}
	return errors.Join(found...)
}

// Validate checks the addresses. Problems never show them: such URLs contain their key.
func (n Notify) Validate() error {
	var found problems
	for name, secret := range map[string]Secret{"NOTIFY_WEBHOOK_URL": n.WebhookURL, "NOTIFY_PING_URL": n.PingURL} {
		if u, err := url.Parse(secret.Reveal()); secret.IsSet() && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
			found.addProblemf(name, "", "not a URL that begins with https://")
		}
	}
	found.checkWebhookFormat(n)
	return errors.Join(found...)
}

// routingKeyPattern is the form of an integration key: "Length of 'routing_key' is
// incorrect (should be 32 characters)" (PagerDuty's page "Send an event").
var routingKeyPattern = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// checkWebhookFormat checks the format and what belongs to it.
func (ps *problems) checkWebhookFormat(n Notify) {
	if err := requireOneOf(n.WebhookFormat, WebhookJSON, WebhookTeams, WebhookSlack, WebhookPagerDuty); err != nil {
		ps.addProblem("NOTIFY_WEBHOOK_FORMAT", n.WebhookFormat, err)
		return
	}
	pagerDuty, key := n.WebhookFormat == WebhookPagerDuty, n.RoutingKey
	switch {
	case pagerDuty && n.WebhookURL.IsSet() && !key.IsSet():
		ps.addProblemf("NOTIFY_PAGERDUTY_ROUTING_KEY", "", "NOTIFY_WEBHOOK_FORMAT is pagerduty, so an integration key is needed, here or in NOTIFY_PAGERDUTY_ROUTING_KEY_FILE")
	case pagerDuty && key.IsSet() && !routingKeyPattern.MatchString(key.Reveal()):
		ps.addProblemf("NOTIFY_PAGERDUTY_ROUTING_KEY", "", "not an integration key, which has 32 letters and digits")
	case !pagerDuty && key.IsSet():
		ps.addProblemf("NOTIFY_WEBHOOK_FORMAT", n.WebhookFormat, "NOTIFY_PAGERDUTY_ROUTING_KEY is set, so pagerduty is needed; or remove the key")
	}
}

// Validate checks that each key is one. Problems never show them.
func (p Payload) Validate() error {
	if !p.EncryptionKeys.IsSet() {
		return nil
	}
	var found problems
	_, err := ParsePayloadKeys(p.EncryptionKeys.Reveal())
	found.addProblem("PAYLOAD_ENCRYPTION_KEY", "", err)
	return errors.Join(found...)
}

// Validate checks level and format.
func (l Log) Validate() error {
	var found problems
	found.addProblem("LOG_LEVEL", l.Level, requireOneOf(l.Level, zerolog.LevelTraceValue, zerolog.LevelDebugValue, zerolog.LevelInfoValue, zerolog.LevelWarnValue, zerolog.LevelErrorValue))
	found.addProblem("LOG_FORMAT", l.Format, requireOneOf(l.Format, "json", "console", "auto"))
	return errors.Join(found...)
}

// Validate checks the address.
func (m Metrics) Validate() error { return checkListenAddress("METRICS_ADDRESS", m.Address) }

// Validate checks the address.
func (h Health) Validate() error { return checkListenAddress("HEALTH_ADDRESS", h.Address) }

// The names of worker versions are part of workflow ids and of queries. Temporal
// divides a deployment's name from a build id by a colon, and did so by a dot.
var (
	deploymentPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_/-]{0,199}$`)
	buildPattern      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+/:@~-]{0,199}$`)
)

// Validate checks the time limit for stopping and the version.
func (w Worker) Validate() error {
	var found problems
	if w.DeploymentName != "" && !deploymentPattern.MatchString(w.DeploymentName) {
		found.addProblemf("TEMPORAL_DEPLOYMENT_NAME", w.DeploymentName, "use up to 200 letters, digits, dashes, underscores and slashes, a letter or digit first")
	}
	if w.BuildID != "" && !buildPattern.MatchString(w.BuildID) {
		found.addProblemf("TEMPORAL_WORKER_BUILD_ID", w.BuildID, "use up to 200 letters, digits and any of . _ + / : @ ~ -, a letter or digit first")
	}
	switch {
	case w.DeploymentName != "" && w.BuildID == "":
		found.addProblemf("TEMPORAL_WORKER_BUILD_ID", "", "TEMPORAL_DEPLOYMENT_NAME is set, so a build id is needed, another one for each release; or set neither")
	case w.BuildID != "" && w.DeploymentName == "":
		found.addProblemf("TEMPORAL_DEPLOYMENT_NAME", "", "TEMPORAL_WORKER_BUILD_ID is set, so the worker deployment's name is needed; or set neither")
	}
	found.checkDuration("WORKER_STOP_TIMEOUT", w.StopTimeout, time.Second, time.Hour)
	return errors.Join(found...)
}
