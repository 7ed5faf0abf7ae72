package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// envFile writes a file of settings.
func envFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.env")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEnvFileMayStandAnywhere(t *testing.T) {
	app := newApp(streams{})
	for line, want := range map[string]string{
		"--env-file x check":                     "check | x",
		"check --env-file x":                     "check | x",
		"check --env-file=x -o json":             "check -o json | x",
		"sessions --env-file x show latest":      "sessions show latest | x",
		"sessions show latest --env-file x":      "sessions show latest | x",
		"--env-file x check --env-file y":        "check | x y",
		"report run NAME --file --env-file":      "report run NAME --file --env-file |",
		"report run NAME -- --env-file x":        "report run NAME -- --env-file x |",
		"__complete --env-file x sess":           "__complete --env-file x sess |",
		"schedule pause --reason --env-file":     "schedule pause --reason --env-file |",
		"schedule pause --reason x --env-file y": "schedule pause --reason x | y",
	} {
		paths, rest, err := takeEnvFiles(app, strings.Fields(line))
		if got := strings.TrimSpace(strings.Join(rest, " ") + " | " + strings.Join(paths, " ")); err != nil || got != want {
			t.Errorf("%s: %s, %v", line, got, err)
		}
	}
}

func TestSettingsAreReadFromFiles(t *testing.T) {
	first := envFile(t, "INTEGRATION_DEFAULT_ROLE=none", "TEMPORAL_ADDRESS=nowhere")
	second := envFile(t, "export INTEGRATION_DEFAULT_ROLE='0x19' # quoted")
	got := command(t, nil, nil, "run", "--env-file", first, "--env-file", second).ends(exitUsage)
	got.says(`INTEGRATION_DEFAULT_ROLE="0x19"`)
	command(t, []string{"INTEGRATION_DEFAULT_ROLE=many"}, nil, "--env-file", second, "run").ends(exitUsage).says(`INTEGRATION_DEFAULT_ROLE="many"`)
}

func TestAFileThatIsWrongEndsACommandBeforeItBegins(t *testing.T) {
	bad := envFile(t, "A=b", "OOMNITZA_API_TOKEN='s3cret")
	got := command(t, nil, nil, "check", "--env-file", bad).ends(exitUsage).says("--env-file: " + bad + ": line 2, OOMNITZA_API_TOKEN: its quote is not closed")
	if strings.Contains(got.err+got.out, "s3cret") {
		t.Errorf("it shows the token: %s", got.err)
	}
	command(t, nil, nil, "check", "--env-file", bad+".none").ends(exitUsage).says("no such file", bad+".none")
	command(t, nil, nil, "watch", "--env-file", bad).ends(plugUnknown).says("line 2")
	command(t, nil, nil, "check", "--env-file").ends(exitUsage).says("--env-file needs a value")
	if got := completed(t, "--env-file", bad, "sche"); got != "schedule" {
		t.Errorf("completed by %q", got)
	}
}

// TestCheckWorksWithAFileInPlaceOfTheEnvironment holds a file against a whole command.
func TestCheckWorksWithAFileInPlaceOfTheEnvironment(t *testing.T) {
	r := newRig(t, simulator.Options{})
	path := envFile(t, r.environ()...)
	runIn(t, t.Context(), streams{user: "ann@desk"}, "check", "--env-file", path).ends(exitCompleted).prints("✓ Temporal: address and namespace", "✓ Defender: token, streams")
	runIn(t, t.Context(), streams{environ: []string{"DEFENDER_API_KEY=revoked-token-4711"}}, "check", "--env-file", path).ends(exitUsage).prints("✗ Defender: token, streams")
}
