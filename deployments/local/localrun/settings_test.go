package localrun

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDotenvIsReadIfThereIsOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	if vars, err := readDotenv(path); err != nil || len(vars) != 0 {
		t.Errorf("without a file: %v, %v", vars, err)
	}
	text := "# ours\nUI_PORT=9000\nexport OOMNITZA_URL=\"https://a.example\"\nINTEGRATION_USER='x # y'\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	vars, err := readDotenv(path)
	if err != nil || vars["UI_PORT"] != "9000" || vars["OOMNITZA_URL"] != "https://a.example" || vars["INTEGRATION_USER"] != "x # y" {
		t.Errorf("got %v, %v", vars, err)
	}
	if err := os.WriteFile(path, []byte("this is no setting\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readDotenv(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a file that can't be read should be named, got %v", err)
	}
}

func TestSettingsComeFromTheEnvironmentFirst(t *testing.T) {
	s, err := loadSettings(
		[]string{"UI_PORT=9001", "TEMPORAL_PORT=", "DATA_DIR=/data"},
		map[string]string{"UI_PORT": "9002", "TEMPORAL_PORT": "9003", "TENANT_APPS": "7"})
	if err != nil {
		t.Fatal(err)
	}
	if s.UI.Number != 9001 || s.Temporal.Number != 9003 || s.Tenants.Apps != 7 || s.DataDir != "/data" || s.Defender.Number != 7311 {
		t.Errorf("got %+v", s)
	}
}

func TestSettingsTellAllProblemsAtOnce(t *testing.T) {
	_, err := loadSettings([]string{"UI_PORT=none", "TEMPORAL_PORT=70000", "TENANT_APPS=0", "DEFENDER_API_URL=https://a.example"}, nil)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`UI_PORT is "none"`, "TEMPORAL_PORT is 70000", `TENANT_APPS is "0"`, "DEFENDER_API_URL and OOMNITZA_URL go together"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
}

func TestChildrenGetTheirSettings(t *testing.T) {
	real := []string{"DEFENDER_API_URL=https://a.example", "OOMNITZA_URL=https://b.example", "DEFENDER_API_KEY_FILE=/key"}
	for _, test := range []struct {
		name      string
		environ   []string
		has, lack []string
	}{
		{
			name:    "the local server, where no other is named",
			environ: []string{"TEMPORAL_NAMESPACE=x", "TEMPORAL_API_KEY=x", "TEMPORAL_PORT=9000", "UI_PORT=9001"},
			has:     []string{"TEMPORAL_ADDRESS=127.0.0.1:9000", "TEMPORAL_NAMESPACE=default", "TEMPORAL_UI_URL=http://127.0.0.1:9001", "TEMPORAL_CONFIG_FILE=/dev/null"},
			lack:    []string{"TEMPORAL_API_KEY", "TEMPORAL_PORT", "UI_PORT", "INTEGRATION_NAME"},
		},
		{
			name:    "the operator's Temporal as it is named, and an integration of its own for simulated tenants there",
			environ: []string{"TEMPORAL_ADDRESS=cloud:7233", "TEMPORAL_NAMESPACE=ours", "TEMPORAL_API_KEY=x", "TEMPORAL_PORT=9000", "UI_PORT=9001"},
			has:     []string{"TEMPORAL_ADDRESS=cloud:7233", "TEMPORAL_NAMESPACE=ours", "TEMPORAL_API_KEY=x", "INTEGRATION_NAME=simulated-250-800-9000-1"},
			lack:    []string{"TEMPORAL_PORT", "UI_PORT", "TEMPORAL_UI_URL", "TEMPORAL_CONFIG_FILE"},
		},
		{
			name:    "the operator's own name for simulated tenants on their Temporal",
			environ: []string{"TEMPORAL_ADDRESS=cloud:7233", "INTEGRATION_NAME=trial"},
			has:     []string{"INTEGRATION_NAME=trial"},
		},
		{
			name:    "the operator's Temporal with real tenants, under the product's own name",
			environ: append([]string{"TEMPORAL_ADDRESS=cloud:7233"}, real...),
			has:     append([]string{"TEMPORAL_ADDRESS=cloud:7233"}, real...),
			lack:    []string{"INTEGRATION_NAME", "TEMPORAL_NAMESPACE"},
		},
		{
			name:    "simulated tenants, and nothing of real ones",
			environ: []string{"DEFENDER_API_KEY_FILE=/key", "TENANT_DEFENDER_PORT=9002"},
			has:     []string{"DEFENDER_API_URL=http://127.0.0.1:9002", "OOMNITZA_URL=http://127.0.0.1:7312", "DEFENDER_REQUESTS_PER_MINUTE=900", "INTEGRATION_DEFAULT_ROLE=25"},
			lack:    []string{"DEFENDER_API_KEY_FILE", "TENANT_DEFENDER_PORT"},
		},
		{
			name:    "the mailbox, and nothing of a mail server that isn't named",
			environ: []string{"MAIL_SMTP_PORT=9003", "SMTP_PORT=25", "SMTP_USERNAME=x", "SMTP_PASSWORD_FILE=/x", "SMTP_TLS=tls"},
			has:     []string{"SMTP_HOST=127.0.0.1", "SMTP_PORT=9003", "SMTP_TLS=none", "SMTP_FROM=defendersync@example.com", "INTEGRATION_CONTACTS=it-assets@example.com"},
			lack:    []string{"MAIL_SMTP_PORT", "SMTP_USERNAME", "SMTP_PASSWORD_FILE"},
		},
		{
			name:    "the operator's own contacts for the mailbox",
			environ: []string{"INTEGRATION_CONTACTS=ann@contoso.com"},
			has:     []string{"SMTP_HOST=127.0.0.1", "INTEGRATION_CONTACTS=ann@contoso.com"},
		},
		{
			name:    "the operator's own mail server, and nobody to write to but whom they name",
			environ: []string{"SMTP_HOST=mail.contoso.com", "SMTP_FROM=a@contoso.com", "SMTP_PASSWORD_FILE=/x"},
			has:     []string{"SMTP_HOST=mail.contoso.com", "SMTP_FROM=a@contoso.com", "SMTP_PASSWORD_FILE=/x"},
			lack:    []string{"SMTP_PORT", "SMTP_TLS", "INTEGRATION_CONTACTS"},
		},
		{
			name:    "the operator's own rate and role for simulated tenants",
			environ: []string{"DEFENDER_REQUESTS_PER_MINUTE=30", "INTEGRATION_DEFAULT_ROLE=26"},
			has:     []string{"DEFENDER_REQUESTS_PER_MINUTE=30", "INTEGRATION_DEFAULT_ROLE=26"},
		},
		{
			name:    "real tenants as they are named, at the product's own rate",
			environ: real,
			has:     real,
			lack:    []string{"DEFENDER_API_KEY", "DEFENDER_ALLOW_HOST", "DEFENDER_REQUESTS_PER_MINUTE", "INTEGRATION_DEFAULT_ROLE"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := loadSettings(test.environ, nil)
			if err != nil {
				t.Fatal(err)
			}
			env := s.childEnv()
			for _, want := range test.has {
				if !slices.Contains(env, want) {
					t.Errorf("%s is missing in %q", want, env)
				}
			}
			for _, name := range test.lack {
				if slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, name+"=") }) {
					t.Errorf("%s should not be in %q", name, env)
				}
			}
		})
	}
}

func TestDataOfDifferentTenantsIsKeptApart(t *testing.T) {
	labels := map[string]bool{}
	for _, environ := range [][]string{
		nil,
		{"TENANT_APPS=9"},
		{"TENANT_SEED=9"},
		{"DEFENDER_API_URL=https://a.portal.example", "OOMNITZA_URL=https://a.example"},
		{"DEFENDER_API_URL=https://b.portal.example", "OOMNITZA_URL=https://a.example"},
		{"DEFENDER_API_URL=https://a.portal.example", "OOMNITZA_URL=https://b.example:8443/x"},
	} {
		s, err := loadSettings(environ, nil)
		if err != nil {
			t.Fatal(err)
		}
		label := s.label()
		if labels[label] || strings.ContainsAny(label, "/:") {
			t.Errorf("%q gets the label %q", environ, label)
		}
		labels[label] = true
	}
}
