package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// tenantSettings are those of an integration's settings that name the tenants, and
// temporalSettings those that init does not write.
func (r *rig) tenantSettings() (values map[string]string, temporal []string) {
	values = map[string]string{}
	for _, pair := range r.environ() {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case strings.HasPrefix(name, "TEMPORAL_"), name == "INTEGRATION_NAME", name == "DEFENDER_REQUESTS_PER_MINUTE":
			temporal = append(temporal, pair)
		default:
			values[name] = value
		}
	}
	return values, temporal
}

// initWith runs init with answers, a line each; of none there is no terminal.
func initWith(t *testing.T, environ, answers []string, args ...string) ran {
	t.Helper()
	s := streams{environ: environ}
	if answers != nil {
		s.in, s.terminal.in = strings.NewReader(strings.Join(answers, "\n")+"\n"), true
	}
	return runIn(t, t.Context(), s, append([]string{"init"}, args...)...)
}

// wellWith asserts that a file of settings is private, holds what is wanted and makes
// check well.
func (r *rig) wellWith(path string, want ...string) {
	r.t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		r.t.Fatalf("%v, %v", info, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, line := range want {
		if !strings.Contains("\n"+string(text), "\n"+line+"\n") {
			r.t.Errorf("%q is not in\n%s", line, text)
		}
	}
	_, temporal := r.tenantSettings()
	runIn(r.t, r.t.Context(), streams{environ: temporal}, "check", "--env-file", path).ends(exitCompleted).prints(
		"✓ Oomnitza: token, role, integration user", "✓ Defender: token, streams", "✓ Defender: discovered apps and their users")
}

func TestInitAsksTestsAndWritesSettingsThatCheckFindsWell(t *testing.T) {
	r := newRig(t, simulator.Options{})
	values, temporal := r.tenantSettings()
	path := filepath.Join(t.TempDir(), ".env")
	got := initWith(t, append(temporal, "DEFENDER_ALLOW_HOST=127.0.0.1"), []string{
		values["DEFENDER_API_URL"], "wr0ng-token-of-defender", // refused
		"", values["DEFENDER_API_KEY"], "", // the URL is kept; all streams
		values["OOMNITZA_URL"], "wr0ng-token-of-oomnitza", // refused
		"", values["OOMNITZA_API_TOKEN"],
		"many", "99", "no", "25", // no number; nobody's; somebody's
		"nonsense", "as-is", "email", "", // no format; shown; shown; confirmed
		"ann", "ann@contoso.com, Bob <bob@contoso.com>",
		"", "", // no mail, no webhook
		"at dawn", "30 2 * * *",
		"Europe/Berlin",
	}, "--file", path).ends(exitCompleted)
	for _, secret := range []string{values["DEFENDER_API_KEY"], values["OOMNITZA_API_TOKEN"], "wr0ng"} {
		if strings.Contains(got.out+got.err, secret) {
			t.Errorf("it shows %s", secret)
		}
	}
	got.says("✗ ", "asking Defender, for at most ", "✓ Defender answers. streams: ", "(last data ", "✓ Oomnitza answers", "people, such as ", "give the number of a role", "Nobody was seen who has role 99",
		"With the username format as-is:", "With the username format email:", "INTEGRATION_CONTACTS", "INTEGRATION_SCHEDULE").prints("wrote "+path, "defendersync check --env-file "+path, "run --dry-run --plan plan.xlsx --env-file "+path, "run --limit-apps 5")
	if _, names, _ := strings.Cut(got.err, "With the username format email:\n"); strings.Count(strings.SplitN(names, "Format of", 2)[0], "\n") < 5 {
		t.Errorf("few names are shown:\n%s", got.err)
	}
	r.wellWith(path, "INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_CONTACTS='ann@contoso.com, Bob <bob@contoso.com>'", "INTEGRATION_SCHEDULE='30 2 * * *'", "INTEGRATION_TIMEZONE=Europe/Berlin")
}

func TestInitWorksWithoutATerminalAndKeepsWhatElseIsInTheFile(t *testing.T) {
	r := newRig(t, simulator.Options{})
	values, temporal := r.tenantSettings()
	path := envFile(t, "# ours", "LOG_LEVEL=debug", "INTEGRATION_DEFAULT_ROLE=1 # old", "#INTEGRATION_CONTACTS=", "TENANT_SEED=3", "OOMNITZA_URL="+values["OOMNITZA_URL"])
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(values["DEFENDER_API_KEY"]), 0o600); err != nil {
		t.Fatal(err)
	}
	environ := append(temporal, "DEFENDER_ALLOW_HOST=127.0.0.1", "DEFENDER_API_KEY_FILE="+key, "OOMNITZA_API_TOKEN="+values["OOMNITZA_API_TOKEN"])
	args := []string{"--yes", "--file", path, "--defender-url", values["DEFENDER_API_URL"], "--contacts", "ann@contoso.com"}
	got := initWith(t, environ, nil, append(args, "--role", "99")...).ends(exitUsage).says("nobody was seen who has role 99")
	if text, _ := os.ReadFile(path); !strings.Contains(string(text), "ROLE=1 # old") {
		t.Errorf("it wrote %s", text)
	}
	got = initWith(t, environ, nil, append(args, "--role", "25")...).ends(exitCompleted)
	if strings.Contains(got.out+got.err, values["OOMNITZA_API_TOKEN"]) {
		t.Error("it shows a token")
	}
	r.wellWith(path, "# ours\nLOG_LEVEL=debug\nINTEGRATION_DEFAULT_ROLE=25\nINTEGRATION_CONTACTS=ann@contoso.com\nTENANT_SEED=3", "DEFENDER_API_KEY_FILE="+key)
	if text, _ := os.ReadFile(path); strings.Contains(string(text), values["DEFENDER_API_KEY"]) {
		t.Error("the token of a file is in the file of settings")
	}
	initWith(t, append(environ, "OOMNITZA_API_TOKEN=revoked-token-4711"), nil, args...).ends(exitUsage).says("OOMNITZA_API_TOKEN")
}

func TestInitWritesNothingUnlessItMay(t *testing.T) {
	r := newRig(t, simulator.Options{})
	values, environ := r.tenantSettings()
	path := envFile(t, "LOG_LEVEL=debug")
	for _, name := range []string{"DEFENDER_API_URL", "DEFENDER_API_KEY", "DEFENDER_ALLOW_HOST", "OOMNITZA_URL", "OOMNITZA_API_TOKEN", "INTEGRATION_DEFAULT_ROLE"} {
		environ = append(environ, name+"="+values[name])
	}
	all := strings.Split(strings.Repeat(",", 12), ",")
	initWith(t, environ, all, "--file", path).ends(exitFailed).says("Change the ones above in it", "nothing was written")
	initWith(t, environ, all[:4], "--file", path).ends(exitFailed).says("the input has ended: nothing was written")
	initWith(t, environ, nil, "--file", path).ends(exitUsage).says("use --yes")
	initWith(t, nil, nil, "--yes", "--file", path).ends(exitUsage).says("DEFENDER_API_URL and DEFENDER_API_KEY are needed")
	initWith(t, []string{"INTEGRATION_JITTER=5", "SMTP_HOTS=x"}, nil, "--yes", "--file", path).ends(exitUsage).says("INTEGRATION_JITTER", "SMTP_HOTS")
	if text, err := os.ReadFile(path); err != nil || string(text) != "LOG_LEVEL=debug\n" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), ".env")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something else was written: %v", err)
	}
}

func TestInitMakesAFileThatOthersCouldReadItsOwnersAlone(t *testing.T) {
	r := newInitRig(t, "LOG_LEVEL=debug")
	if err := os.Chmod(r.path, 0o644); err != nil {
		t.Fatal(err)
	}
	r.silent(nil).ends(exitCompleted)
	r.wrote("LOG_LEVEL=debug", "INTEGRATION_DEFAULT_ROLE=25")
}

func TestInitStopsWhenItIsInterruptedWhileItAsks(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".env")
	silent, end := io.Pipe()
	defer end.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	s := streams{in: silent, terminal: terminal{in: true}}
	done := make(chan ran, 1)
	go func() { done <- runIn(t, ctx, s, "init", "--file", path) }()
	if _, err := end.Write([]byte("https://contoso.eu2.portal.cloudappsecurity.com\n")); err != nil { // it asks for the token
		t.Fatal(err)
	}
	interrupt()
	(<-done).ends(exitInterrupted).says("interrupted: nothing was written")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it wrote: %v", err)
	}
}

func TestAFileIsChangedLineByLine(t *testing.T) {
	got, err := changeSettings("# head\r\nA='x\ny'\n#B=default\n# B=an example\nC=c # why\nexport D=d\n", []setting{{"A", "one"}, {"B", "t w o"}, {"C", ""}, {"D", "$"}, {"E", "new"}, {"F", ""}})
	if want := "# head\nA=one\n\nB='t w o'\n# B=an example\n#C=\nD='$'\nE=new\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := changeSettings("A='s3cret", []setting{{"B", "b"}}); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Error(err)
	}
}
