package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones are there on every machine that runs the tests

	"defendersync/internal/saas"
)

// complete is an environment that satisfies every need.
func complete(more ...string) []string {
	return append([]string{
		"DEFENDER_API_URL=https://contoso.eu2.portal.cloudappsecurity.com", "DEFENDER_API_KEY=defender-token",
		"OOMNITZA_URL=https://contoso.oomnitza.com", "OOMNITZA_API_TOKEN=oomnitza-token", "INTEGRATION_DEFAULT_ROLE=25",
	}, more...)
}

func load(t *testing.T, environ []string, need Need) Settings {
	t.Helper()
	settings, err := Load(context.Background(), environ, need)
	if err != nil {
		t.Fatalf("unexpected problems:\n%v", err)
	}
	return settings
}

func TestLoadFillsInTheDefaults(t *testing.T) {
	s := load(t, complete(), NeedTenants|NeedIntegration)
	if s.Defender.APIKey.Reveal() != "defender-token" || s.Oomnitza.APIToken.Reveal() != "oomnitza-token" {
		t.Error("the tokens aren't there")
	}
	want := saas.Policy{
		DefaultRole: 25, UsernameFormat: "email", Lookback: 90 * saas.Day, Overlap: 72 * time.Hour, FullEvery: 7 * saas.Day,
		ActiveThreshold: 60 * saas.Day, Heartbeat: 15 * time.Second, GiveUp: 6 * time.Hour, MaxRetryApps: 100,
	}
	if got := s.SyncPolicy(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("policy\n got %+v\nwant %+v", got, want)
	}
	for what, ok := range map[string]bool{
		"requests a minute": s.Defender.RequestsPerMinute == 30,
		"concurrency":       s.Defender.Concurrency == 16 && s.Oomnitza.Concurrency == 8,
		"name":              s.Integration.Name == "microsoft-defender",
		"schedule":          s.Integration.Schedule == "every 24h" && s.Integration.Timezone == "UTC",
		"watch":             s.Integration.StallAfter == 24*time.Hour && s.Integration.MissedGrace == 15*time.Minute,
		"stop timeout":      s.Worker.StopTimeout == 30*time.Second,
		"mail":              s.SMTP.Host == "" && s.SMTP.Port == 587 && s.SMTP.TLS == "starttls",
		"log":               s.Log == Log{"info", "auto"},
	} {
		if !ok {
			t.Errorf("default of %s: %+v", what, s)
		}
	}
}

func TestLoadReadsEveryKindOfValue(t *testing.T) {
	s := load(t, complete(
		"DEFENDER_STREAMS= Global View , ,Defender-managed endpoints", "DEFENDER_REQUESTS_PER_MINUTE=0",
		`INTEGRATION_EXCLUDE_USERS=*-test@contoso.com, /^x{1,2},?$/ ,ADM\*`, "INTEGRATION_RESTRICT_ACCESS=true", "INTEGRATION_FILL_WEBSITES=true",
		"INTEGRATION_APP_THRESHOLDS=Dropbox=30d, a=b = 1d12h", "INTEGRATION_LOOKBACK=30d", "INTEGRATION_OVERLAP=0s",
		"INTEGRATION_USERNAME_FORMAT={{.Account | lower}}@contoso.com", "INTEGRATION_CONTACTS=",
	), NeedTenants|NeedIntegration)
	p := s.SyncPolicy()
	for what, pair := range map[string][2]any{
		"streams":    {p.Streams, []string{"Global View", "Defender-managed endpoints"}},
		"patterns":   {p.ExcludeUsers, []string{"*-test@contoso.com", "/^x{1,2},?$/", `ADM\*`}},
		"thresholds": {fmt.Sprint(p.AppThresholds), fmt.Sprint(map[string]time.Duration{"Dropbox": 30 * saas.Day, "a=b": 36 * time.Hour})},
		"lookback":   {p.Lookback, 30 * saas.Day},
		"overlap":    {p.Overlap, time.Duration(0)},
		"restricted": {p.RestrictAccess, true},
		"websites":   {p.FillWebsites, true},
		"unlimited":  {s.Defender.RequestsPerMinute, 0},
		"contacts":   {len(s.Integration.Contacts), 0},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: got %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestNeedsDiffer(t *testing.T) {
	tests := []struct {
		name    string
		need    Need
		missing []string
	}{
		{"nothing", 0, nil},
		{"the schedule needs no tenant", NeedIntegration, []string{"INTEGRATION_DEFAULT_ROLE"}},
		{"the worker needs both", NeedTenants, []string{"DEFENDER_API_URL", "DEFENDER_API_KEY", "OOMNITZA_URL", "OOMNITZA_API_TOKEN"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(context.Background(), nil, tt.need)
			if got := len(splitErrors(err)); got != len(tt.missing) {
				t.Fatalf("%d problems:\n%v", got, err)
			}
			for _, name := range tt.missing {
				if !strings.Contains(err.Error(), name+": ") {
					t.Errorf("%s isn't named:\n%v", name, err)
				}
			}
		})
	}
}

func TestEachBadValueIsToldWithItsNameAndWhatIsAccepted(t *testing.T) {
	tests := []struct{ setting, want string }{
		{"DEFENDER_API_URL=https://a b.example", "not a URL"},
		{"DEFENDER_ALLOW_HOST=https://gw.example", "host alone"},
		{"DEFENDER_REQUESTS_PER_MINUTE=many", "whole number"},
		{"DEFENDER_REQUESTS_PER_MINUTE=-1", "from 0"},
		{"DEFENDER_CONCURRENCY=0", "from 1 to 256"},
		{"DEFENDER_TIMEOUT=2 minutes", "use 90d, 72h, 15m or 30s"},
		{"DEFENDER_TIMEOUT=2h", "from 1s to 1h"},
		{"DEFENDER_CA_FILE=/nowhere/ca.pem", "no such file"},
		{"DEFENDER_PROXY_URL=proxy.example:3128", "http://host:port"},
		{"OOMNITZA_CONCURRENCY=1000", "from 1 to 256"},
		{"OOMNITZA_APP_LINK=https://contoso.oomnitza.com/software/7", "no {id}"},
		{"OOMNITZA_APP_LINK=javascript:alert({id})", "not the address of a web page"},
		{"OOMNITZA_PERSON_LINK=contoso.oomnitza.com/{id}", "not the address of a web page"},
		{"OOMNITZA_PERSON_LINK=https://me:s3cret@contoso.oomnitza.com/{id}", "no user and password"},
		{"INTEGRATION_NAME=my integration", "letters, digits"},
		{"INTEGRATION_CONTACTS=ops@contoso.com,ops", "not an email address"},
		{"INTEGRATION_DEFAULT_ROLE=employee", "whole number"},
		{"INTEGRATION_DEFAULT_ROLE=-3", "above 0"},
		{"INTEGRATION_USERNAME_FORMAT=upn", "local-part"},
		{"INTEGRATION_USERNAME_FORMAT={{.Upn}}", ".Email"},
		{"INTEGRATION_EXCLUDE_USERS=/(/", "missing closing )"},
		{"INTEGRATION_RESTRICT_ACCESS=maybe", "true or false"},
		{"INTEGRATION_LOOKBACK=91d", "from 1d to 90d"},
		{"INTEGRATION_OVERLAP=-1h", "not a duration"},
		{"INTEGRATION_FULL_EVERY=0s", "from 1h to 90d"},
		{"INTEGRATION_SCHEDULE=daily", "every 24h"},
		{"INTEGRATION_TIMEZONE=Mars/Base", "IANA"},
		{"INTEGRATION_APP_THRESHOLDS=Dropbox:30d", "Dropbox=30d"},
		{"INTEGRATION_APP_THRESHOLDS=Dropbox=30d,dropbox=3d", "twice"},
		{"INTEGRATION_APP_THRESHOLDS=Dropbox=soon", "not a duration"},
		{"INTEGRATION_APP_THRESHOLDS=Dropbox=0d", "above 0"},
		{"INTEGRATION_MAX_RETRY_APPS=-1", "from 0 to 1000"},
		{"SMTP_PORT=tcp://10.0.0.1:25", "whole number"},
		{"SMTP_TLS=ssl", "starttls, tls or none"},
		{"SMTP_FROM=Ops <ops@contoso.com>", "not an email address"},
		{"LOG_LEVEL=verbose", "trace, debug"},
		{"LOG_FORMAT=xml", "json, console or auto"},
		{"METRICS_ADDRESS=9090", "host:port"},
		{"HEALTH_ADDRESS=:http", "host:port"},
		{"WORKER_STOP_TIMEOUT=0s", "from 1s"},
		{"INTEGRATION_DEFAULT_ROLE='25'", "remove them"},
		{`OOMNITZA_URL="https://example.oomnitza.com"`, "remove them"},
		{`INTEGRATION_CONTACTS='it@contoso.com'`, "remove them"},
		{`INTEGRATION_CONTACTS="it@contoso.com"`, "remove them"},
		{`DEFENDER_API_KEY="0a1b2c"`, "remove them"},
		{"OOMNITZA_API_TOKEN='0a1b2c'", "remove them"},
	}
	for _, tt := range tests {
		t.Run(tt.setting, func(t *testing.T) {
			_, err := Load(context.Background(), complete(tt.setting), NeedTenants|NeedIntegration)
			if err == nil {
				t.Fatal("no problem found")
			}
			name, _, _ := strings.Cut(tt.setting, "=")
			if text := err.Error(); !strings.HasPrefix(text, name) || !strings.Contains(text, tt.want) || strings.Contains(text, "\n") {
				t.Errorf("%v\nwants the name and %q", err, tt.want)
			}
		})
	}
}

func TestSettingsThatBelongTogetherAreNamed(t *testing.T) {
	for setting, want := range map[string]string{
		"SMTP_HOST=mail.example":              "SMTP_FROM",
		"SMTP_USERNAME=me":                    "SMTP_PASSWORD",
		"SMTP_PASSWORD=x":                     "SMTP_USERNAME",
		"NOTIFY_WEBHOOK_URL=chat.example/abc": "NOTIFY_WEBHOOK_URL",
		"TEMPORAL_DEPLOYMENT_NAME=hr":         "TEMPORAL_WORKER_BUILD_ID",
		"TEMPORAL_WORKER_BUILD_ID=0.2.0":      "TEMPORAL_DEPLOYMENT_NAME",
	} {
		_, err := Load(context.Background(), complete(setting), 0)
		if err == nil || !strings.Contains(err.Error(), want+": ") {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func TestEveryProblemIsToldAtOnce(t *testing.T) {
	_, err := Load(context.Background(), []string{
		"DEFENDER_CONCURRENCY=x", "DEFENDER_TIMEOUT=x", "OOMNITZA_TIMEOUT=x", "INTEGRATION_RESTRICT_ACCESS=x", "INTEGRATION_DEFAULT_ROLE=x",
		"INTEGRATION_TIMEZONE=x", "INTEGRATION_SCHEDULE=x", "SMTP_TLS=x", "INTEGRATION_LOOKBAK=30d",
	}, NeedTenants|NeedIntegration)
	if got := len(splitErrors(err)); got != 9+4 {
		t.Errorf("%d problems:\n%v", got, err)
	}
	for _, one := range splitErrors(err) {
		if p, ok := one.(*Problem); !ok || p.Name == "" {
			t.Errorf("%v names no variable", one)
		}
	}
}

func TestSlipsAreReportedWithTheNearestName(t *testing.T) {
	tests := []struct{ setting, want string }{
		{"DEFENDER_API_TOKEN=t", "did you mean DEFENDER_API_KEY?"},
		{"OOMNITZA_API_KEY=t", "did you mean OOMNITZA_API_TOKEN?"},
		{"INTEGRATION_LOOKBAK=30d", "did you mean INTEGRATION_LOOKBACK?"},
		{"SMTP_PASSWORD_FLIE=/x", "did you mean SMTP_PASSWORD_FILE?"},
		{"INTEGRATION_ZZZZZZZZZZZZZZZZZZZZ=1", "remove it"},
	}
	for _, tt := range tests {
		_, err := Load(context.Background(), complete(tt.setting), 0)
		name, value, _ := strings.Cut(tt.setting, "=")
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.setting, err, tt.want)
		} else if strings.Contains(err.Error(), "\""+value) {
			t.Errorf("%s: a misspelt secret is shown: %v", tt.setting, err)
		}
	}
	load(t, complete("SMTP_SERVICE_HOST=10.0.0.1", "SMTP_SERVICE_PORT_MAIL=25", "DEFENDER_GW_PORT=tcp://10.0.0.1:80",
		"DEFENDER_GW_PORT_80_TCP_ADDR=10.0.0.1", "PATH=/bin", "OTHER_LOOKBAK=1"), NeedTenants)
}

func TestSecretsComeFromFilesToo(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, empty := write("good", " from-file\n"), write("empty", "\n")
	s := load(t, []string{"DEFENDER_API_URL=https://x.example", "DEFENDER_API_KEY_FILE=" + good, "OOMNITZA_URL=https://y.example", "OOMNITZA_API_TOKEN_FILE=" + good}, NeedTenants)
	if got := s.Defender.APIKey.Reveal(); got != "from-file" {
		t.Errorf("read %q", got)
	}
	for name, tt := range map[string]struct {
		environ []string
		want    string
	}{
		"no such file": {[]string{"DEFENDER_API_KEY_FILE=" + dir + "/none"}, "DEFENDER_API_KEY_FILE: "},
		"a folder":     {[]string{"DEFENDER_API_KEY_FILE=" + dir}, "not a file"},
		"empty":        {[]string{"DEFENDER_API_KEY_FILE=" + empty}, "is empty"},
		"too large":    {[]string{"DEFENDER_API_KEY_FILE=" + write("large", strings.Repeat("x", maxSecretFile+1))}, "at most"},
		"both":         {[]string{"DEFENDER_API_KEY_FILE=" + good, "DEFENDER_API_KEY=defender-token"}, "not both"},
		"two lines":    {[]string{"DEFENDER_API_KEY_FILE=" + write("two", "se\ncret")}, "white space"},
	} {
		t.Run(name, func(t *testing.T) {
			environ := append([]string{"DEFENDER_API_URL=https://x.example", "OOMNITZA_URL=https://y.example", "OOMNITZA_API_TOKEN=t"}, tt.environ...)
			_, err := Load(context.Background(), environ, NeedTenants)
			if len(splitErrors(err)) != 1 || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("problems:\n%v\nwant one with %q", err, tt.want)
			}
		})
	}
}

func TestTheWebhooksFormatAndItsKeyBelongTogether(t *testing.T) {
	const url, key = "NOTIFY_WEBHOOK_URL=https://events.pagerduty.com/v2/enqueue", "NOTIFY_PAGERDUTY_ROUTING_KEY="
	for name, tt := range map[string]struct {
		environ []string
		want    string // "": no problem
	}{
		"an unknown format":         {[]string{"NOTIFY_WEBHOOK_FORMAT=discord"}, "use json, teams, slack or pagerduty"},
		"events without a key":      {[]string{url, "NOTIFY_WEBHOOK_FORMAT=pagerduty"}, "an integration key is needed"},
		"a key without its format":  {[]string{url, key + strings.Repeat("a1", 16)}, "so pagerduty is needed"},
		"a key of another kind":     {[]string{url, "NOTIFY_WEBHOOK_FORMAT=pagerduty", key + "u+dL-6Q"}, "32 letters and digits"},
		"a key and its format":      {[]string{url, "NOTIFY_WEBHOOK_FORMAT=pagerduty", key + strings.Repeat("a1", 16)}, ""},
		"a command without secrets": {[]string{"NOTIFY_WEBHOOK_FORMAT=pagerduty"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(context.Background(), complete(tt.environ...), 0)
			if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestProblemsNeverShowASecret(t *testing.T) {
	_, err := Load(context.Background(), []string{
		"NOTIFY_WEBHOOK_FORMAT=pagerduty", "NOTIFY_PAGERDUTY_ROUTING_KEY=s3cret-and-too-short",
		"DEFENDER_API_KEY=s3cret token", "OOMNITZA_API_TOKEN=s3cret\ttoken", "NOTIFY_WEBHOOK_URL=s3cret", "SMTP_PASSWORD=s3cret",
		"DEFENDER_API_URL=https://me:s3cret@x.example", "OOMNITZA_URL=https://me:s3cret %zz@x.example", "OOMNITZA_PROXY_URL=ftp://me:s3cret@x.example",
		"OOMNITZA_APP_LINK=https://me:s3cret@x.example/{id}", "OOMNITZA_PERSON_LINK=https://me:s3cret %zz@x.example/{id}",
	}, NeedTenants)
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("problems:\n%v", err)
	}
}

func TestVariablesAreDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range ListVariables() {
		if v.Name == "" || v.Help == "" || v.Group == "" {
			t.Errorf("%+v lacks a name, a group or an explanation", v)
		}
		if seen[v.Name] {
			t.Errorf("%s is there twice", v.Name)
		}
		seen[v.Name] = true
		if v.Secret && v.Default != "" {
			t.Errorf("%s: a secret has no default", v.Name)
		}
	}
	for _, name := range []string{"DEFENDER_API_KEY", "INTEGRATION_SCHEDULE", "TEMPORAL_ADDRESS", "PAYLOAD_ENCRYPTION_KEY", "WORKER_STOP_TIMEOUT"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestDefaultsAreAcceptedWhenSpeltOut(t *testing.T) {
	var environ []string
	for _, v := range ListVariables() {
		environ = append(environ, v.Name+"="+v.Default)
	}
	if got, want := load(t, environ, 0), load(t, nil, 0); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAWorkersVersionIsReadAsTemporalsControllerSetsIt(t *testing.T) {
	if s := load(t, complete(), 0); s.Worker.DeploymentName != "" || s.Worker.BuildID != "" {
		t.Errorf("without settings the version is %+v", s.Worker)
	}
	for _, build := range []string{"defendersync-0-2-0-7c9d8f6b5", "0.2.0+1b1d90c", "sha256:0a1b", "v1_2/3@x~y"} {
		s := load(t, complete("TEMPORAL_DEPLOYMENT_NAME=apps/hr-worker_1", "TEMPORAL_WORKER_BUILD_ID="+build), 0)
		if s.Worker.DeploymentName != "apps/hr-worker_1" || s.Worker.BuildID != build {
			t.Errorf("the version is %+v", s.Worker)
		}
	}
}

func TestAWorkersVersionThatTemporalWouldRefuseIsNamed(t *testing.T) {
	for _, tc := range []struct{ name, build, want string }{
		{"hr.eu", "1", "TEMPORAL_DEPLOYMENT_NAME=\"hr.eu\": use up to 200 letters, digits, dashes, underscores and slashes"},
		{"hr:eu", "1", "TEMPORAL_DEPLOYMENT_NAME=\"hr:eu\": use up to 200 letters"},
		{"__hr", "1", "TEMPORAL_DEPLOYMENT_NAME=\"__hr\": use up to 200 letters"},
		{strings.Repeat("x", 201), "1", ": use up to 200 letters"},
		{"hr", "'1'", "TEMPORAL_WORKER_BUILD_ID=\"'1'\": use up to 200 letters, digits and any of"},
		{"hr", "a b", "TEMPORAL_WORKER_BUILD_ID=\"a b\": use up to 200 letters, digits and any of"},
		{"hr", "-1", "a letter or digit first"},
		{"hr", strings.Repeat("x", 201), "use up to 200 letters"},
	} {
		_, err := Load(context.Background(), complete("TEMPORAL_DEPLOYMENT_NAME="+tc.name, "TEMPORAL_WORKER_BUILD_ID="+tc.build), 0)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s, %s: %v", tc.name, tc.build, err)
		}
	}
	long := strings.Repeat("x", 200)
	load(t, complete("TEMPORAL_DEPLOYMENT_NAME="+long, "TEMPORAL_WORKER_BUILD_ID="+long), 0)
}
