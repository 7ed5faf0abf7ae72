package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// described are the settings by name.
func described(t *testing.T, env Environment) (map[string]Described, error) {
	t.Helper()
	list, err := Describe(t.Context(), env)
	out := map[string]Described{}
	for _, d := range list {
		out[d.Name] = d
	}
	if len(out) != len(ListVariables()) {
		t.Errorf("%d settings", len(out))
	}
	return out, err
}

func TestASettingIsToldWithItsOrigin(t *testing.T) {
	folder := writeCredentials(t, map[string]string{"OOMNITZA_API_TOKEN": "from-systemd"})
	key := filepath.Join(writeCredentials(t, map[string]string{"key": "s3cret-of-a-file"}), "key")
	file := writeEnvFile(t, "app.env", "INTEGRATION_NAME=ours", "NOTIFY_PING_URL=https://ping.example.com/s3cret-1", "DEFENDER_API_KEY_FILE="+key, "DEFENDER_API_URL=")
	env, err := ReadEnvFiles(UseCredentials([]string{
		"CREDENTIALS_DIRECTORY=" + folder, "INTEGRATION_SCHEDULE= every 12h ", "SMTP_PASSWORD=s3cret-2", "SMTP_USERNAME=me", "INTEGRATION_JITTER=",
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=grpc", "TEMPORAL_API_KEY=s3cret-3", "DEFENDER_PROXY_URL=http://me:s3cret-4@proxy:3128",
		"OOMNITZA_PROXY_URL=http://proxy:3128", "TEMPORAL_TLS_CLIENT_CERT_DATA=-----BEGIN CERTIFICATE-----\nMIIB\n",
	}), []string{file})
	if err != nil {
		t.Fatal(err)
	}
	got, err := described(t, env)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"INTEGRATION_NAME":              {"ours", file + ":1"},
		"NOTIFY_PING_URL":               {redacted, file + ":2"},
		"DEFENDER_API_KEY":              {redacted, "DEFENDER_API_KEY_FILE " + key + ", " + file + ":3"},
		"DEFENDER_API_URL":              {"", ""},
		"OOMNITZA_API_TOKEN":            {redacted, "credential OOMNITZA_API_TOKEN"},
		"INTEGRATION_SCHEDULE":          {"every 12h", "environment"},
		"INTEGRATION_JITTER":            {"0s", "default"},
		"SMTP_PASSWORD":                 {redacted, "environment"},
		"SMTP_FROM":                     {"", ""},
		"OTEL_EXPORTER_OTLP_PROTOCOL":   {"grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL, environment"},
		"TEMPORAL_API_KEY":              {redacted, "environment"},
		"DEFENDER_PROXY_URL":            {"http://me:xxxxx@proxy:3128", "environment"},
		"OOMNITZA_PROXY_URL":            {"http://proxy:3128", "environment"},
		"TEMPORAL_TLS_CLIENT_CERT_DATA": {"-----BEGIN CERTIFICATE----- …", "environment"},
	} {
		d := got[name]
		if d.Value != want[0] || d.From != want[1] || d.Wrong {
			t.Errorf("%s is %q from %q (wrong: %v), not %q", name, d.Value, d.From, d.Wrong, want)
		}
		if strings.Contains(d.Value+d.From, "s3cret") {
			t.Errorf("%s shows a secret", name)
		}
	}
}

func TestEverySettingThatIsWrongIsMarked(t *testing.T) {
	got, err := described(t, Environment{Environ: []string{
		"INTEGRATION_DEFAULT_ROLE=many", "DEFENDER_API_KEY_FILE=/nowhere/key", "INTEGRATION_JITTER=5", "INTEGRATION_NAMES=x",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://collector:4318", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=smoke", "OOMNITZA_PROXY_URL=me:s3cret@proxy:3128",
	}})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, name := range []string{"INTEGRATION_DEFAULT_ROLE", "DEFENDER_API_KEY", "INTEGRATION_JITTER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OOMNITZA_PROXY_URL"} {
		if !got[name].Wrong || !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") {
			t.Errorf("%s is not marked: %+v, %v", name, got[name], err)
		}
	}
	if got["INTEGRATION_NAME"].Wrong || !strings.Contains(err.Error(), "INTEGRATION_NAMES") || got["OOMNITZA_PROXY_URL"].Value != redacted {
		t.Errorf("%+v, %v", got["INTEGRATION_NAME"], err)
	}
}

func TestWhoReadsASettingIsKnown(t *testing.T) {
	for name, want := range map[string]string{
		"LOG_LEVEL": "worker", "INTEGRATION_SCHEDULE": "commands", "INTEGRATION_NAME": "worker, commands", "REPORTS_FILE": "commands",
		"SMTP_HOST": "worker, commands", "DEFENDER_STREAMS": "commands", "DEFENDER_API_KEY": "worker, commands", "TEMPORAL_WORKER_BUILD_ID": "worker",
	} {
		for _, v := range ListVariables() {
			if got := strings.Join(v.ListPrograms(), ", "); v.Name == name && got != want {
				t.Errorf("%s is read by %s, not %s", name, got, want)
			}
		}
	}
	var needed []string
	for _, v := range ListVariables() {
		if v.NeededFor() != "" {
			needed = append(needed, v.Name)
		}
	}
	if got, want := strings.Join(needed, " "), strings.Join(required, " "); got != want {
		t.Errorf("needed are %s, but .env.example requires %s", got, want)
	}
}
