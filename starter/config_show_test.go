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

func TestConfigShowTellsWhereAValueComesFrom(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("s3cret-token-of-oomnitza\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := envFile(t, "INTEGRATION_NAME=hr", "INTEGRATION_JITTER=5m", "LOG_LEVEL=debug")
	second := envFile(t, "INTEGRATION_JITTER=7m")
	got := command(t, []string{"LOG_LEVEL=warn", "OOMNITZA_API_TOKEN_FILE=" + secret}, nil,
		"config", "show", "--env-file", first, "--env-file", second, "--output", "csv", "--columns", "setting,value,state,from").ends(exitCompleted)
	rows := map[string]map[string]string{}
	for _, row := range table(t, got.out) {
		rows[row["setting"]] = row
	}
	for name, want := range map[string][3]string{
		"LOG_LEVEL":            {"warn", "set", "environment"},
		"INTEGRATION_NAME":     {"hr", "set", first + ":1"},
		"INTEGRATION_JITTER":   {"7m", "set", second + ":1"},
		"OOMNITZA_API_TOKEN":   {"[redacted]", "set", secret},
		"OOMNITZA_URL":         {"", "missing", ""},
		"INTEGRATION_CATCH_UP": {"12h", "default", "default"},
		"NOTIFY_WEBHOOK_URL":   {"", "unset", ""},
	} {
		row := rows[name]
		if row["value"] != want[0] || row["state"] != want[1] || !strings.Contains(row["from"], want[2]) {
			t.Errorf("%s is %v, not %v", name, row, want)
		}
	}
	if strings.Contains(got.out+got.err, "s3cret") {
		t.Error("a secret is shown")
	}
}

func TestConfigShowMarksWhatIsWrongAndWhatIsMissing(t *testing.T) {
	s := streams{environ: []string{"INTEGRATION_DEFAULT_ROLE=many"}, terminal: terminal{out: true, width: 200}}
	got := runIn(t, t.Context(), s, "config", "show", "--set").ends(exitUsage)
	for text, there := range map[string]bool{"\x1b[31mwrong": true, "\x1b[33mmissing": true, "INTEGRATION_DEFAULT_ROLE": true, "INTEGRATION_CATCH_UP": false} {
		if strings.Contains(got.out, text) != there {
			t.Errorf("%q is shown: %v\n%s", text, !there, got.out)
		}
	}
	file := filepath.Join(t.TempDir(), "settings.txt")
	command(t, nil, nil, "config", "show", "--file", file).ends(exitCompleted).says("wrote ", file)
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "INTEGRATION_CATCH_UP") {
		t.Errorf("%v: %.200s", err, text)
	}
	command(t, nil, nil, "config", "show", "now").ends(exitUsage).says(`"now"`)
}
