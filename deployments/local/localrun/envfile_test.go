package localrun

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAShellReadsTheSettingsOfTheRun(t *testing.T) {
	dir := t.TempDir()
	s, err := loadSettings([]string{"HOME=/root", "DATA_DIR=" + dir, "INTEGRATION_SCHEDULE=30 2 * * *", "INTEGRATION_EXCLUDE_USERS=o'neil*"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &local{Options: Options{Stdout: io.Discard}, settings: s}
	if err := l.writeEnv(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", "set -a; . "+filepath.Join(dir, envFile)+"; env").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"INTEGRATION_SCHEDULE=30 2 * * *", "INTEGRATION_EXCLUDE_USERS=o'neil*", "TEMPORAL_ADDRESS=127.0.0.1:7233", "SMTP_HOST=127.0.0.1"} {
		if !strings.Contains(string(out), want+"\n") {
			t.Errorf("the shell lacks %s:\n%s", want, out)
		}
	}
}

func TestTheTokensOfRealTenantsAreNotWrittenDown(t *testing.T) {
	dir := t.TempDir()
	s, err := loadSettings([]string{
		"DATA_DIR=" + dir, "DEFENDER_API_URL=https://x.eu2.portal.cloudappsecurity.com", "DEFENDER_API_KEY=secret",
		"OOMNITZA_URL=https://x.oomnitza.com", "OOMNITZA_API_TOKEN=secret", "INTEGRATION_DEFAULT_ROLE=25",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &local{Options: Options{Stdout: io.Discard}, settings: s}
	if err := l.writeEnv(); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v were written, %v", files, err)
	}
}

func TestTheKeysOfTheOperatorsTemporalAreNotWrittenDown(t *testing.T) {
	dir := t.TempDir()
	s, err := loadSettings([]string{
		"DATA_DIR=" + dir, "TEMPORAL_ADDRESS=cloud:7233", "TEMPORAL_TLS_CLIENT_KEY_PATH=/key",
		"TEMPORAL_API_KEY=secret", "TEMPORAL_TLS_CLIENT_KEY_DATA=secret", "TEMPORAL_GRPC_META_AUTHORIZATION=secret",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &local{Options: Options{Stdout: io.Discard}, settings: s}
	if err := l.writeEnv(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, envFile))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, "secret") || !strings.Contains(text, "TEMPORAL_ADDRESS='cloud:7233'\n") || !strings.Contains(text, "TEMPORAL_TLS_CLIENT_KEY_PATH='/key'\n") {
		t.Errorf("the file has:\n%s", text)
	}
}
