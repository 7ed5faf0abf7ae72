package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"defendersync/activities"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/notify"
	"defendersync/internal/reporting/mailing"
	"defendersync/internal/reporting/query"
	"defendersync/internal/temporalx"
	"defendersync/internal/tenants"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
	"defendersync/workflows"
)

// Commands are tested in process: run is called with streams, environment and
// clock of the test's own. Those that need Temporal share one real server,
// which the first of them starts; each test has an integration of its own on it.

var update = flag.Bool("update", false, "write what commands print into testdata, in place of comparing it")

// waiting is how many tests a processor can take: they spend most of their time
// waiting for Temporal.
const waiting = 4

func TestMain(m *testing.M) {
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		_ = p.Value.Set(strconv.Itoa(waiting * runtime.GOMAXPROCS(0))) // a number it takes
	}
	code := m.Run()
	if all := flag.Lookup("test.run").Value.String() == "" && shared.server != nil; all && code == 0 && !printsEveryKind() {
		code = 1
	}
	shared.stop()
	os.Exit(code)
}

// shared is the Temporal server of all tests.
var shared lazyServer

type lazyServer struct {
	once   sync.Once
	server *harness.Server
	client client.Client
	err    error
	closes []func() // what lasts as long as the server
}

// start starts the server, or gives the one that runs.
func (l *lazyServer) start() (*harness.Server, error) {
	l.once.Do(func() {
		binaries, err := harness.FindServer()
		if err != nil {
			l.err = err
			return
		}
		if l.server, l.err = harness.StartServer(context.Background(), binaries); l.err == nil {
			l.client, l.err = l.server.DialClient()
		}
	})
	return l.server, l.err
}

func (l *lazyServer) stop() {
	for _, close := range l.closes {
		close()
	}
	if l.client != nil {
		l.client.Close()
	}
	if l.server != nil {
		l.server.StopServer()
	}
}

// rig is one test's integration: its settings, its simulated tenants and its
// part of the Temporal server.
type rig struct {
	*harness.Integration
	t        *testing.T
	temporal client.Client
}

// newRig makes an integration for one test, which runs beside others.
func newRig(t *testing.T, o simulator.Options, settings ...string) *rig {
	t.Helper()
	needServer(t)
	t.Parallel()
	r := openRig(t, o, settings...)
	t.Cleanup(r.Close)
	return r
}

// needServer starts the server, or skips the test for want of one.
func needServer(t *testing.T) {
	t.Helper()
	_, err := shared.start()
	if errors.Is(err, harness.ErrNoServer) {
		t.Skip("needs a Temporal server: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// openRig makes an integration, with few apps unless the options say how many.
func openRig(t *testing.T, o simulator.Options, settings ...string) *rig {
	if o.Apps == 0 {
		o.Seed, o.Apps, o.People, o.Pairs = 7, 12, 20, 60
	}
	i := shared.server.NewIntegration(o, append([]string{"INTEGRATION_TIMEZONE=Europe/Berlin"}, settings...)...)
	return &rig{Integration: i, t: t, temporal: shared.client}
}

// run runs a command with the integration's settings.
func (r *rig) run(args ...string) ran {
	r.t.Helper()
	return r.runWith(nil, args...)
}

// runWith runs a command with further settings, NAME=value each.
func (r *rig) runWith(settings []string, args ...string) ran {
	r.t.Helper()
	return runIn(r.t, r.t.Context(), streams{environ: r.environ(settings...), user: "ann@desk"}, args...)
}

// environ are the integration's settings with others in their place, of which
// there is one of a name as in a process's environment.
func (r *rig) environ(settings ...string) []string {
	var names []string
	values := map[string]string{}
	for _, setting := range append(slices.Clone(r.Env), settings...) {
		name, _, _ := strings.Cut(setting, "=")
		if _, there := values[name]; !there {
			names = append(names, name)
		}
		values[name] = setting
	}
	var out []string
	for _, name := range names {
		out = append(out, values[name])
	}
	return out
}

// work starts a worker of the integration that lasts as long as the test, or
// until the function that it gives is called.
func (r *rig) work(settings ...string) (stop func()) {
	r.t.Helper()
	environ := r.environ(settings...)
	s, err := config.Load(r.t.Context(), environ, config.NeedTenants)
	if err != nil {
		r.t.Fatal(err)
	}
	both, err := tenants.Open(s, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	channels, err := notify.OpenChannels(s.SMTP, s.Notify)
	if err != nil {
		r.t.Fatal(err)
	}
	conn, err := temporalx.Dial(r.t.Context(), temporalx.Options{
		Environ: environ, Logger: zerolog.Nop(), EncryptionKeys: s.Payload.EncryptionKeys.Reveal(), Identity: "worker of " + r.t.Name(),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	w := worker.New(conn.Client, contract.TaskQueue(r.Name), worker.Options{
		DisableRegistrationAliasing: true, MaxHeartbeatThrottleInterval: time.Millisecond, DefaultHeartbeatThrottleInterval: time.Millisecond,
		WorkerStopTimeout: 5 * time.Second,
		DeploymentOptions: worker.DeploymentOptions{
			UseVersioning: s.Worker.BuildID != "",
			Version:       worker.WorkerDeploymentVersion{DeploymentName: s.Worker.DeploymentName, BuildID: s.Worker.BuildID},
		},
	})
	workflows.Register(w)
	activities.New(both.Defender, both.Limiter, both.Oomnitza, conn.Client, activities.Options{
		RetryBase: 10 * time.Millisecond, Namespace: conn.Namespace, Converter: conn.Converter, Channels: channels,
	}).Register(w)
	activities.Reports{
		Mailer:   mailing.Mailer{Source: query.Source{Oomnitza: both.Oomnitza, Defender: both.Defender}, Mail: channels, From: s.SMTP.From},
		Temporal: conn.Client, Busy: activities.LaneBusy(conn.Client),
	}.Register(w)
	if err := w.Start(); err != nil {
		r.t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { w.Stop(); conn.Close() })
	r.t.Cleanup(stop)
	return stop
}

// ran is what a command printed and how it ended.
type ran struct {
	t        *testing.T
	args     string
	out, err string
	code     int
}

// command runs a command with nothing of this machine's environment, at
// instants.Noon. Nobody listens on Temporal's port.
func command(t *testing.T, environ []string, in io.Reader, args ...string) ran {
	t.Helper()
	return commandAt(t, instants.Noon, environ, in, args...)
}

// commandAt is command at another instant.
func commandAt(t *testing.T, at time.Time, environ []string, in io.Reader, args ...string) ran {
	t.Helper()
	s := streams{in: in, environ: append([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, environ...), clock: instants.Still(at)}
	return runIn(t, t.Context(), s, args...)
}

// runIn runs a command with these streams, but for output and errors.
func runIn(t *testing.T, ctx context.Context, s streams, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	s.out, s.err = &out, &errs
	code := run(ctx, s, append([]string{"defendersync"}, args...))
	r := ran{t, strings.Join(args, " "), out.String(), errs.String(), code}
	r.checkPrinted()
	return r
}

// ends asserts the exit code.
func (r ran) ends(code int) ran {
	r.t.Helper()
	if r.code != code {
		r.t.Fatalf("%s ended with %d, not %d:\n%s%s", r.args, r.code, code, r.out, r.err)
	}
	return r
}

// prints asserts that standard output has each of the texts.
func (r ran) prints(texts ...string) ran {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.out, text) {
			r.t.Errorf("%s does not print %q:\n%s", r.args, text, r.out)
		}
	}
	return r
}

// says asserts that standard error has each of the texts.
func (r ran) says(texts ...string) ran {
	r.t.Helper()
	for _, text := range texts {
		if !strings.Contains(r.err, text) {
			r.t.Errorf("%s does not say %q:\n%s", r.args, text, r.err)
		}
	}
	return r
}

// quiet asserts that nothing is on standard error.
func (r ran) quiet() ran {
	r.t.Helper()
	if r.err != "" {
		r.t.Errorf("%s says %s", r.args, r.err)
	}
	return r
}

// decode reads the data of the JSON document on standard output; of several, the last.
func (r ran) decode(into any) ran {
	r.t.Helper()
	if err := harness.DecodeData(r.out, into); err != nil {
		r.t.Fatalf("%s prints no JSON: %v\n%s%s", r.args, err, r.out, r.err)
	}
	return r
}

// decodeWhole reads standard output as one JSON document with its head.
func (r ran) decodeWhole(into any) ran {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.out), into); err != nil {
		r.t.Fatalf("%s prints no JSON: %v\n%s%s", r.args, err, r.out, r.err)
	}
	return r
}

// golden asserts that standard output is the file's, where what differs from
// run to run is masked.
func (r ran) golden(name string, masks ...string) ran {
	r.t.Helper()
	golden(r.t, name, masked(r.out, masks...))
	return r
}

// golden compares a text with a file of testdata, or writes it with -update.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("not as %s has it (go test -update ./starter writes it):\n%s\nbut\n%s", path, want, text)
	}
}

// volatile is what differs from run to run, with the word that stands for it.
var volatile = []struct {
	pattern *regexp.Regexp
	word    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "RUN"},
	{regexp.MustCompile(`test-\d+-\d+`), "hr"},
	{regexp.MustCompile(`\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?`), "TIME"},
	{regexp.MustCompile(`\bCES?T\b`), "CET"},
	{regexp.MustCompile(`\d+ to (Defender|Oomnitza)`), "N to $1"},
	{regexp.MustCompile(regexp.QuoteMeta(harness.Schedule)), "0 3 1 1 *"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HOST"},
	{regexp.MustCompile(`\b(\d+(\.\d+)?(h|m|s|ms|µs))+\b`), "DURATION"},
	{regexp.MustCompile(`("\w*Seconds": )\d+(\.\d+)?`), "${1}0"},
	{regexp.MustCompile(` {2,}(\S)`), "  $1"},
	{regexp.MustCompile(`(?m) +$`), ""},
}

// masked puts a word in the place of what differs from run to run; further
// masks are pairs of a pattern and its word.
func masked(text string, masks ...string) string {
	for i := 0; i < len(masks); i += 2 {
		text = regexp.MustCompile(masks[i]).ReplaceAllString(text, masks[i+1])
	}
	for _, v := range volatile {
		text = v.pattern.ReplaceAllString(text, v.word)
	}
	return text
}

// eventually asks until it is so: what Temporal lists lags behind by a moment.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
