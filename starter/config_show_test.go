package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigShowTellsEverySettingAndNoSecret(t *testing.T) {
	file := envFile(t, "DEFENDER_API_URL=https://contoso.eu2.portal.cloudappsecurity.com", "DEFENDER_API_KEY=s3cret-key-of-defender", "SMTP_HOST=mail.contoso.com", "SMTP_FROM=sync@contoso.com")
	profile := filepath.Join(t.TempDir(), "temporal.toml")
	if err := os.WriteFile(profile, []byte("[profile.default]\nnamespace = \"apps\"\napi_key = \"s3cret-of-temporal\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := []string{"INTEGRATION_CONTACTS=ann@contoso.com", "OOMNITZA_API_TOKEN=s3cret-token-of-oomnitza", "TEMPORAL_CONFIG_FILE=" + profile}
	for args, name := range map[string]string{"config show": "config_show", "config show --set": "config_show_set", "config show --output json --set": "config_show_json"} {
		got := command(t, environ, nil, append(strings.Fields(args), "--env-file", file)...).ends(exitCompleted)
		if strings.Contains(got.out+got.err, "s3cret") {
			t.Errorf("%s shows a secret", args)
		}
		got.golden(name, profile, "PROFILE", file, "FILE", ` +FILE`, "  FILE")
	}
}

func TestConfigShowNamesAllThatIsWrongAtOnce(t *testing.T) {
	got := command(t, []string{"INTEGRATION_DEFAULT_ROLE=many", "INTEGRATION_JITTER=5", "TEMPORAL_TLS=maybe", "TEMPORAL_API_KEY_FILE=/nowhere/key", "SMTP_HOTS=x"}, nil, "config", "show", "--set", "--output", "csv")
	got.ends(exitUsage).says("INTEGRATION_DEFAULT_ROLE", "INTEGRATION_JITTER", "TEMPORAL_TLS=", "TEMPORAL_API_KEY_FILE: ", "did you mean SMTP_HOST?")
	for _, name := range []string{"INTEGRATION_DEFAULT_ROLE,many,wrong,", "INTEGRATION_JITTER,5,wrong,", "TEMPORAL_TLS,maybe,wrong,", "TEMPORAL_API_KEY,[redacted],wrong,", "OOMNITZA_URL,,missing,"} {
		if !strings.Contains(got.out, name) {
			t.Errorf("%s is not among\n%s", name, got.out)
		}
	}
}
