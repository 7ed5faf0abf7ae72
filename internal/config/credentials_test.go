package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeCredentials makes a folder of credentials, as systemd does.
func writeCredentials(t *testing.T, named map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range named {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestCredentialsOfTheServiceManagerAreSecretFiles(t *testing.T) {
	folder := writeCredentials(t, map[string]string{
		"DEFENDER_API_KEY": "from-systemd\n", "TEMPORAL_API_KEY": "temporal", "INTEGRATION_NAME": "no-secret", "OTHER": "x",
		"defendersync-encrypted.contoso.SMTP_PASSWORD": "mail", "OLD_NOTIFY_PING_URL": "x",
	})
	environ := UseCredentials([]string{
		"CREDENTIALS_DIRECTORY=" + folder, "DEFENDER_API_URL=https://contoso.eu2.portal.cloudappsecurity.com",
		"OOMNITZA_URL=https://contoso.oomnitza.com", "OOMNITZA_API_TOKEN=from-the-environment", "SMTP_USERNAME=me",
	})
	s := load(t, environ, NeedTenants)
	if s.Defender.APIKey.Reveal() != "from-systemd" || s.Oomnitza.APIToken.Reveal() != "from-the-environment" || s.Integration.Name != "microsoft-defender" ||
		s.SMTP.Password.Reveal() != "mail" || s.Notify.PingURL.IsSet() {
		t.Errorf("the settings are %+v", s)
	}
	if !slices.Contains(environ, "TEMPORAL_API_KEY_FILE="+filepath.Join(folder, "TEMPORAL_API_KEY")) {
		t.Errorf("Temporal's key is left out: %q", environ)
	}
	if slices.ContainsFunc(environ, func(pair string) bool { return strings.Contains(pair, "OTHER") || strings.Contains(pair, "NAME_FILE") }) {
		t.Errorf("what is no secret is taken for one: %q", environ)
	}
}

func TestASecretIsGivenInOneWay(t *testing.T) {
	folder := writeCredentials(t, map[string]string{"DEFENDER_API_KEY": "from-systemd"})
	_, err := Load(t.Context(), UseCredentials(complete("CREDENTIALS_DIRECTORY="+folder)), NeedTenants)
	if err == nil || !strings.HasPrefix(err.Error(), "DEFENDER_API_KEY: ") || !strings.Contains(err.Error(), "not both") {
		t.Errorf("beside the setting itself: %v", err)
	}
	own := filepath.Join(writeCredentials(t, map[string]string{"token": "from-a-file"}), "token")
	environ := UseCredentials([]string{"CREDENTIALS_DIRECTORY=" + folder, "DEFENDER_API_KEY_FILE=" + own})
	if s := load(t, environ, 0); s.Defender.APIKey.Reveal() != "from-a-file" {
		t.Errorf("NAME_FILE does not go first: %q", environ)
	}
}

func TestWithoutCredentialsTheEnvironmentStaysAsItIs(t *testing.T) {
	for _, environ := range [][]string{complete(), complete("CREDENTIALS_DIRECTORY="), complete("CREDENTIALS_DIRECTORY=/nowhere")} {
		if got := UseCredentials(environ); !slices.Equal(got, environ) {
			t.Errorf("%q becomes %q", environ, got)
		}
	}
}
