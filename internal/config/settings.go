// Package config reads the environment into typed, validated settings. It reports
// all problems at once, each with the variable's name and what is accepted, and
// never shows a secret.
//
// It does not read the connection to Temporal: the TEMPORAL_ variables belong to
// the SDK's own environment configuration, which package temporalx applies.
package config

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Settings holds all settings of the worker and the starter. The env tags give
// the variables and their defaults, the help tags explain them to the operator;
// ListVariables lists both.
type Settings struct {
	Defender    Defender
	Oomnitza    Oomnitza
	Integration Integration
	SMTP        SMTP
	Notify      Notify
	Reports     Reports
	Payload     Payload
	Log         Log
	Metrics     Metrics
	Health      Health
	Traces      Traces
	Worker      Worker
}

// Defender configures the Defender for Cloud Apps tenant, which is read.
type Defender struct {
	URL               string        `env:"DEFENDER_API_URL" help:"API URL of the Defender for Cloud Apps tenant, as its page Settings > Cloud Apps > About shows it: https://<tenant>.<region>.portal.cloudappsecurity.com"`
	APIKey            Secret        `env:"DEFENDER_API_KEY" help:"API token of that tenant (Settings > Cloud Apps > API tokens)"`
	AllowHost         string        `env:"DEFENDER_ALLOW_HOST" help:"a host outside Microsoft's portal domains to accept in DEFENDER_API_URL, such as a gateway's; the token is sent there"`
	Streams           List          `env:"DEFENDER_STREAMS" help:"names or ids of the streams to read, by commas (quotes around a name that has some); empty: all live streams that know users"`
	RequestsPerMinute int           `env:"DEFENDER_REQUESTS_PER_MINUTE,default=30" help:"our share of the tenant's 30 requests a minute; 0 lifts the limit, which is for tests only"`
	Timeout           time.Duration `env:"DEFENDER_TIMEOUT,default=2m" help:"longest silence of a request, before its answer begins and within it; a whole answer may take five times as long"`
	Concurrency       int           `env:"DEFENDER_CONCURRENCY,default=16" help:"upper bound of requests in flight, so that slow answers don't leave the budget unused"`
	CAFile            string        `env:"DEFENDER_CA_FILE" help:"PEM file of a certificate authority to trust besides the system's"`
	ProxyURL          string        `env:"DEFENDER_PROXY_URL" help:"proxy for this tenant; empty: HTTPS_PROXY and NO_PROXY apply"`
}

// Oomnitza configures the Oomnitza tenant, which is written.
type Oomnitza struct {
	URL         string        `env:"OOMNITZA_URL" help:"URL of the Oomnitza tenant: https://<tenant>.oomnitza.com"`
	APIToken    Secret        `env:"OOMNITZA_API_TOKEN" help:"API token of the integration user (Configuration > Security > API tokens)"`
	Concurrency int           `env:"OOMNITZA_CONCURRENCY,default=8" help:"upper bound of requests in flight"`
	Timeout     time.Duration `env:"OOMNITZA_TIMEOUT,default=1m" help:"longest silence of a request, before its answer begins and within it; a whole answer may take five times as long"`
	CAFile      string        `env:"OOMNITZA_CA_FILE" help:"PEM file of a certificate authority to trust besides the system's"`
	ProxyURL    string        `env:"OOMNITZA_PROXY_URL" help:"proxy for this tenant; empty: HTTPS_PROXY and NO_PROXY apply"`
	AppLink     string        `env:"OOMNITZA_APP_LINK" help:"address of a SaaS record's page, as the browser shows it, with {id} in place of the record's id; empty: reports link no records"`
	PersonLink  string        `env:"OOMNITZA_PERSON_LINK" help:"address of a person's page, likewise"`
}

// Integration configures what a session does, when it starts and who is notified.
type Integration struct {
	Name            string        `env:"INTEGRATION_NAME,default=microsoft-defender" help:"name of the integration; also names its schedule and task queue"`
	User            string        `env:"INTEGRATION_USER" help:"Oomnitza username that Created by shows; checked against the token"`
	Contacts        Contacts      `env:"INTEGRATION_CONTACTS" help:"email addresses to notify, by commas: ops@contoso.com, IT Desk <it@contoso.com>"`
	DefaultRole     int           `env:"INTEGRATION_DEFAULT_ROLE" help:"id of the Oomnitza role for people that we create"`
	AllowUnusedRole bool          `env:"INTEGRATION_ALLOW_UNUSED_ROLE,default=false" help:"accept a default role that nobody has yet, which otherwise is taken for a mistake"`
	UsernameFormat  string        `env:"INTEGRATION_USERNAME_FORMAT,default=email" help:"username of people that we create: email, local-part, domain-backslash, as-is, or a Go template of .Email .Local .Domain .Account .Raw"`
	RestrictAccess  bool          `env:"INTEGRATION_RESTRICT_ACCESS,default=false" help:"people that we create may not log in to Oomnitza"`
	FillWebsites    bool          `env:"INTEGRATION_FILL_WEBSITES,default=false" help:"write the website of records that another integration made, where it is empty; nothing else of them is ever changed"`
	ExcludeUsers    Patterns      `env:"INTEGRATION_EXCLUDE_USERS" help:"users to leave out, by commas: *-test@contoso.com, ADM\\*, or a regular expression between slashes"`
	Lookback        time.Duration `env:"INTEGRATION_LOOKBACK,default=90d" help:"window of the first and of full sessions; Defender keeps 90d"`
	Overlap         time.Duration `env:"INTEGRATION_OVERLAP,default=72h" help:"how far before the last session's begin an increment reads, for logs that arrive late"`
	FullEvery       time.Duration `env:"INTEGRATION_FULL_EVERY,default=7d" help:"a full session at least this often"`
	Schedule        string        `env:"INTEGRATION_SCHEDULE,default=every 24h" help:"when sessions start: every 24h, a cron expression of five fields, or @daily and its like"`
	Timezone        string        `env:"INTEGRATION_TIMEZONE,default=UTC" help:"IANA time zone of the cron expression and of all times that people read, such as Europe/Berlin"`
	Jitter          time.Duration `env:"INTEGRATION_JITTER,default=0s" help:"delay each start by a random time of up to this long, so that several integrations do not start at once"`
	CatchUp         time.Duration `env:"INTEGRATION_CATCH_UP,default=12h" help:"make up for a start that was missed while Temporal was down, if it is no older than this"`
	ActiveThreshold time.Duration `env:"INTEGRATION_ACTIVE_THRESHOLD,default=60d" help:"a user is active whose last activity is no older"`
	AppThresholds   Thresholds    `env:"INTEGRATION_APP_THRESHOLDS" help:"thresholds of single apps: Dropbox=30d,Slack=14d; quotes around a name that has commas: \"Yahoo!, Inc.\"=30d"`
	StallAfter      time.Duration `env:"INTEGRATION_STALL_AFTER,default=24h" help:"report a session as stalled that runs longer than this; the session continues"`
	NoProgress      time.Duration `env:"INTEGRATION_NO_PROGRESS,default=1h" help:"report a session that makes no progress for this long"`
	MissedGrace     time.Duration `env:"INTEGRATION_MISSED_GRACE,default=15m" help:"report a scheduled session as missed if it starts later than this"`
	PauseWarnAfter  time.Duration `env:"INTEGRATION_PAUSE_WARN_AFTER,default=7d" help:"the watch command warns of a planned pause that lasts longer; it may have been forgotten"`
	WatchEvery      time.Duration `env:"INTEGRATION_WATCH_EVERY,default=5m" help:"how often the watch checks a running session for an end that the session cannot report itself"`
	Heartbeat       time.Duration `env:"INTEGRATION_HEARTBEAT,default=15s" help:"a worker that is silent for longer is considered lost, and another one resumes its work"`
	GiveUp          time.Duration `env:"INTEGRATION_GIVE_UP,default=6h" help:"fail a session that makes no progress for this long because a tenant does not answer"`
	MaxRetryApps    int           `env:"INTEGRATION_MAX_RETRY_APPS,default=100" help:"beyond this many apps with rejects the next session is full"`
}

// SMTP configures the mail server for notices. Without a host, none are mailed.
type SMTP struct {
	Host     string `env:"SMTP_HOST" help:"mail server; empty: no email"`
	Port     int    `env:"SMTP_PORT,default=587" help:"its port"`
	Username string `env:"SMTP_USERNAME" help:"user to log in as; empty: no login"`
	Password Secret `env:"SMTP_PASSWORD" help:"password of that user"`
	From     string `env:"SMTP_FROM" help:"sender address of the notices"`
	Helo     string `env:"SMTP_HELO" help:"name of this machine for the mail server's greeting (EHLO); empty: its full name, or where it has none its address: [192.0.2.1]"`
	TLS      string `env:"SMTP_TLS,default=starttls" help:"starttls, tls (from the first byte, usually port 465) or none"`
	CAFile   string `env:"SMTP_CA_FILE" help:"PEM file of a certificate authority to trust besides the system's"`
}

// The formats of the webhook's body.
const (
	WebhookJSON      = "json"
	WebhookTeams     = "teams"
	WebhookSlack     = "slack"
	WebhookPagerDuty = "pagerduty"
)

// Notify configures the other channels for notices.
type Notify struct {
	WebhookURL    Secret `env:"NOTIFY_WEBHOOK_URL" help:"URL that notices are posted to, for chat and paging"`
	WebhookFormat string `env:"NOTIFY_WEBHOOK_FORMAT,default=json" help:"what is posted there: json, teams (an adaptive card), slack (blocks) or pagerduty (events)"`
	RoutingKey    Secret `env:"NOTIFY_PAGERDUTY_ROUTING_KEY" help:"integration key of the PagerDuty service that gets the events; with NOTIFY_WEBHOOK_FORMAT=pagerduty"`
	PingURL       Secret `env:"NOTIFY_PING_URL" help:"URL that is asked for after every good session, of a service that raises the alarm when it is not"`
}

// Reports configures the saved reports.
type Reports struct {
	File string `env:"REPORTS_FILE,default=reports.toml" help:"file of the named reports of report run, list and subscribe; deployments/reports.example.toml is an example"`
}

// Payload configures the encryption of workflow histories.
type Payload struct {
	EncryptionKeys Secret `env:"PAYLOAD_ENCRYPTION_KEY" help:"AES-256 keys, each the base64 of 32 bytes or id:base64, by commas; the first encrypts, all decrypt; empty: no encryption"`
}

// Log configures the log.
type Log struct {
	Level  string `env:"LOG_LEVEL,default=info" help:"trace, debug, info, warn or error"`
	Format string `env:"LOG_FORMAT,default=auto" help:"json, console, or auto: console on a terminal"`
}

// Metrics configures the worker's Prometheus endpoint.
type Metrics struct {
	Address string `env:"METRICS_ADDRESS" help:"host:port to serve /metrics on; empty: none"`
}

// Health configures the worker's health endpoint.
type Health struct {
	Address string `env:"HEALTH_ADDRESS" help:"host:port to serve /healthz and /readyz on; empty: none"`
}

// Worker configures the worker process. With a deployment name and a build id it
// takes part in Temporal's worker versioning; both have the names that Temporal's
// worker controller gives them in pods.
type Worker struct {
	StopTimeout    time.Duration `env:"WORKER_STOP_TIMEOUT,default=30s" help:"time to write checkpoints after SIGTERM; keep it below the grace period of whatever stops the worker"`
	DeploymentName string        `env:"TEMPORAL_DEPLOYMENT_NAME" help:"worker deployment that the worker belongs to; with it, sessions stay with the build that began them; empty: no worker versioning"`
	BuildID        string        `env:"TEMPORAL_WORKER_BUILD_ID" help:"build that the worker is of, another one for each release; needed with TEMPORAL_DEPLOYMENT_NAME"`
}

// SyncPolicy returns the settings that decide what a session does. They travel
// with the session and hold no secret.
func (s Settings) SyncPolicy() saas.Policy {
	i := s.Integration
	return saas.Policy{
		Streams:         s.Defender.Streams,
		DefaultRole:     i.DefaultRole,
		AllowUnusedRole: i.AllowUnusedRole,
		IntegrationUser: i.User,
		UsernameFormat:  i.UsernameFormat,
		RestrictAccess:  i.RestrictAccess,
		FillWebsites:    i.FillWebsites,
		ExcludeUsers:    i.ExcludeUsers,
		Lookback:        i.Lookback,
		Overlap:         i.Overlap,
		FullEvery:       i.FullEvery,
		ActiveThreshold: i.ActiveThreshold,
		AppThresholds:   i.AppThresholds,
		Heartbeat:       i.Heartbeat,
		GiveUp:          i.GiveUp,
		MaxRetryApps:    i.MaxRetryApps,
		Timezone:        i.zoneName(),
	}
}

// WatchSettings returns the settings of the watch. They travel with sessions and
// hold no secret.
func (s Settings) WatchSettings() contract.WatchSettings {
	i := s.Integration
	return contract.WatchSettings{
		Integration: i.Name,
		StallAfter:  i.StallAfter,
		NoProgress:  i.NoProgress,
		Grace:       i.MissedGrace,
		Every:       i.WatchEvery,
		Contacts:    i.Contacts,
		Timezone:    i.zoneName(),
	}
}

// zoneName is the name of the zone of times that operators read; "" is UTC, so that it
// does not stand in what needs no zone.
func (i Integration) zoneName() string {
	if i.Timezone == "UTC" {
		return ""
	}
	return i.Timezone
}
