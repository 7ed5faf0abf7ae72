package temporalx

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTemporalsConfigurationFileIsReadByTheNamesOfVariables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.toml")
	text := "[profile.default]\naddress = \"a:1\"\n[profile.prod]\naddress = \"b:2\"\nnamespace = \"apps\"\napi_key = \"key\"\n[profile.prod.tls]\nserver_name = \"c\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := ReadFileSettings([]string{"TEMPORAL_CONFIG_FILE=" + path, "TEMPORAL_PROFILE=prod", "TEMPORAL_NAMESPACE=other"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"TEMPORAL_ADDRESS": "b:2", "TEMPORAL_NAMESPACE": "apps", "TEMPORAL_API_KEY": "key", "TEMPORAL_TLS": "true", "TEMPORAL_TLS_SERVER_NAME": "c", "TEMPORAL_TLS_CLIENT_KEY_PATH": "",
	} {
		if got[name] != want {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	if _, err := ReadFileSettings([]string{"TEMPORAL_CONFIG_FILE=" + path, "TEMPORAL_PROFILE=none"}); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a profile that is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte("[profile"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFileSettings([]string{"TEMPORAL_CONFIG_FILE=" + path}); err == nil || !strings.Contains(err.Error(), "read Temporal's configuration file: ") {
		t.Errorf("a file that can't be read: %v", err)
	}
}
