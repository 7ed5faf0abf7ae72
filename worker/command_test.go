package main

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/internal/buildinfo"
	"defendersync/internal/temporalx"
)

func TestTheWorkerTellsItsVersionWithoutAnySetting(t *testing.T) {
	for _, tt := range []struct {
		args      string
		code      int
		out, told string // how they begin
	}{
		{"version", 0, "defendersync-worker " + buildinfo.Version() + " (", ""},
		{"--version", 0, "defendersync-worker " + buildinfo.Version() + " (", ""},
		{"version --output json", 0, "{\n", ""},
		{"version --output=json", 0, "{\n", ""},
		{"version --output xml", 2, "", "defendersync-worker: version takes"},
		{"help", 0, "usage: ", ""},
		{"serve", 2, "", "defendersync-worker: there is no command \"serve\"\nusage: "},
		{"vresion", 2, "", `defendersync-worker: there is no command "vresion": did you mean version?`},
		{"--hlep", 2, "", `defendersync-worker: there is no command "--hlep": did you mean --help?`},
		{"--env-fiel x", 2, "", `defendersync-worker: there is no command "--env-fiel": did you mean --env-file?`},
	} {
		var out, told bytes.Buffer
		code := runCommand(t.Context(), &out, &told, strings.Fields(tt.args), nil)
		if code != tt.code || !strings.HasPrefix(out.String(), tt.out) || (tt.out == "") != (out.Len() == 0) || !strings.HasPrefix(told.String(), tt.told) {
			t.Errorf("%s ends with %d, prints %q and tells %q", tt.args, code, out.String(), told.String())
		}
		if strings.Contains(tt.args, "json") && code == 0 {
			var doc struct {
				Kind string
				Data buildinfo.Info
			}
			if err := json.Unmarshal(out.Bytes(), &doc); err != nil || doc.Kind != "version" || doc.Data.Version == "" || doc.Data.SDK == "" {
				t.Errorf("%s prints %s: %v", tt.args, out.String(), err)
			}
		}
	}
}

func TestWithoutArgumentsTheWorkerReadsItsSettings(t *testing.T) {
	var out, told bytes.Buffer
	if code := runCommand(t.Context(), &out, &told, nil, nil); code != 2 || !strings.Contains(told.String(), "DEFENDER_API_URL") {
		t.Errorf("it ends with %d and tells %q", code, told.String())
	}
}

func TestTheWorkerReadsFilesOfSettings(t *testing.T) {
	health := temporalx.NewHealth("")
	health.SetReady(true)
	server := httptest.NewServer(health)
	defer server.Close()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good.env", "HEALTH_ADDRESS="+server.Listener.Addr().String()+"\nDEFENDERSYNC_TEST_OTHER=from-the-file\n")
	later := write("later.env", "HEALTH_ADDRESS=127.0.0.1:1\n")
	bad := write("bad.env", "A=b\nDEFENDER_API_KEY='s3cret\n")
	t.Setenv("DEFENDERSYNC_TEST_OTHER", "") // and back afterwards
	for _, tt := range []struct {
		args, environ string
		code          int
		tells         string
	}{
		{"--env-file " + good + " healthcheck", "", 0, "healthy"},
		{"healthcheck --env-file=" + good, "", 0, "healthy"},
		{"healthcheck --env-file " + later + " --env-file " + good, "", 0, "healthy"},
		{"healthcheck --env-file " + good + " --env-file " + later, "", 1, "no worker answers"},
		{"healthcheck --env-file " + good, "HEALTH_ADDRESS=127.0.0.1:1", 1, "no worker answers"},
		{"healthcheck --env-file " + bad, "", 1, "unhealthy: --env-file: " + bad + ": line 2, DEFENDER_API_KEY: its quote is not closed"},
		{"--env-file " + bad, "", 2, "line 2, DEFENDER_API_KEY: its quote is not closed"},
		{"--env-file " + filepath.Join(folder, "none"), "", 2, "no such file"},
		{"version --env-file", "", 2, "--env-file needs a value"},
		{"--env-file " + good, "", 2, "OOMNITZA_API_TOKEN: "},
	} {
		var out bytes.Buffer
		code := runCommand(t.Context(), &out, &out, strings.Fields(tt.args), []string{tt.environ})
		if code != tt.code || !strings.Contains(out.String(), tt.tells) || strings.Contains(out.String(), "s3cret") {
			t.Errorf("%s ends with %d and tells %q", tt.args, code, out.String())
		}
	}
	if got := os.Getenv("DEFENDERSYNC_TEST_OTHER"); got != "from-the-file" {
		t.Errorf("what is no setting of ours is %q in the process's environment", got)
	}
}
