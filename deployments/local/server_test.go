package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// envMain makes the test binary be the program itself.
const envMain = "DEFENDERSYNC_LOCAL_TEST_MAIN"

// limit is far more than anything here takes.
const limit = 2 * time.Minute

func TestMain(m *testing.M) {
	if os.Getenv(envMain) != "" {
		os.Exit(runCommand(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// program is a command that is this program.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), envMain+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// running is a server in a process of its own.
type running struct {
	cmd          *exec.Cmd
	ready        string // its ready line
	address, web string
	stderr       *bytes.Buffer
	wait         func() error
}

// startServer starts a server and returns once it says that it is ready.
func startServer(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{cmd: program(append([]string{"server", "--port", "0", "--ui-port", "0"}, args...)...), stderr: &bytes.Buffer{}}
	r.cmd.Stderr = r.stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.wait = sync.OnceValue(r.cmd.Wait)
	t.Cleanup(r.kill)
	watchdog := time.AfterFunc(limit, r.kill)
	defer watchdog.Stop()
	r.ready, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = r.wait()
		t.Fatalf("the server ended before it was ready: %v\n%s", err, r.stderr)
	}
	r.address = match(t, r.ready, `at (127\.0\.0\.1:\d+)`)
	if strings.Contains(r.ready, "Web UI") {
		r.web = match(t, r.ready, `Web UI at (http://127\.0\.0\.1:\d+)`)
	}
	return r
}

func match(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("%q does not match %s", text, pattern)
	}
	return found[1]
}

// kill ends the server as a power failure would.
func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.wait()
}

func (r *running) dial(t *testing.T) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: r.address, Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// greet waits to be told a name and returns a greeting.
func greet(ctx workflow.Context) (string, error) {
	var name string
	workflow.GetSignalChannel(ctx, "name").Receive(ctx, &name)
	return "hello " + name, nil
}

// work serves workflows until the test ends or the returned function is called.
func work(t *testing.T, c client.Client) (stop func()) {
	t.Helper()
	w := worker.New(c, "greetings", worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflow(greet)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(w.Stop)
	t.Cleanup(stop)
	return stop
}

func begin(ctx context.Context, t *testing.T, c client.Client, id string) {
	t.Helper()
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "greetings"}, greet); err != nil {
		t.Fatal(err)
	}
}

func finish(ctx context.Context, t *testing.T, c client.Client, id, name string) {
	t.Helper()
	if err := c.SignalWorkflow(ctx, id, "", "name", name); err != nil {
		t.Fatal(err)
	}
	expectResult(ctx, t, c, id, "hello "+name)
}

func expectResult(ctx context.Context, t *testing.T, c client.Client, id, want string) {
	t.Helper()
	var got string
	if err := c.GetWorkflow(ctx, id, "").Get(ctx, &got); err != nil || got != want {
		t.Fatalf("workflow %s returned %q, %v; want %q", id, got, err, want)
	}
}

func TestServerGoesOnWithItsDataAfterAKill(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	db := filepath.Join(t.TempDir(), "a folder", "temporal.db")

	first := startServer(t, "--db", db, "--no-ui")
	c := first.dial(t)
	attribute := &operatorservice.AddSearchAttributesRequest{
		Namespace:        "default",
		SearchAttributes: map[string]enumspb.IndexedValueType{"Flavour": enumspb.INDEXED_VALUE_TYPE_KEYWORD},
	}
	if _, err := c.OperatorService().AddSearchAttributes(ctx, attribute); err != nil {
		t.Fatal(err)
	}
	stop := work(t, c)
	begin(ctx, t, c, "ended")
	finish(ctx, t, c, "ended", "first")
	begin(ctx, t, c, "open")
	first.kill()
	stop()

	again := startServer(t, "--db", db, "--no-ui")
	c = again.dial(t)
	work(t, c)
	expectResult(ctx, t, c, "ended", "hello first")
	finish(ctx, t, c, "open", "second")
	begin(ctx, t, c, "new")
	finish(ctx, t, c, "new", "third")
	if _, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "Flavour = 'sweet'"}); err != nil {
		t.Errorf("the search attribute is gone: %v", err)
	}
}

func TestServerServesTheWebUIAndStopsWhenAsked(t *testing.T) {
	r := startServer(t, "--db", filepath.Join(t.TempDir(), "temporal.db"))
	for _, path := range []string{"/namespaces/default/workflows", "/api/v1/namespaces/default/workflows"} {
		response, err := http.Get(r.web + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", path, response.Status)
		}
	}
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(limit, r.kill)
	defer watchdog.Stop()
	if err := r.wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, r.stderr)
	}
}

func TestServerKeepsItsVersionInTheFileName(t *testing.T) {
	for path, want := range map[string]string{
		"/data/temporal.db":        "/data/temporal-1.32.1.db",
		"/data/temporal":           "/data/temporal-1.32.1",
		"/data/temporal-1.32.1.db": "/data/temporal-1.32.1.db",
		"/1.32.1/temporal.db":      "/1.32.1/temporal-1.32.1.db",
	} {
		if got := versionedPath(path); got != want {
			t.Errorf("versioned(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestServerReplacesAFileThatWasNeverFinished(t *testing.T) {
	db := filepath.Join(t.TempDir(), "temporal.db")
	if err := os.WriteFile(versionedPath(db)+".new", []byte("half a database"), 0o600); err != nil {
		t.Fatal(err)
	}
	startServer(t, "--db", db, "--no-ui")
}

func TestServerRefusesASecondServerOnItsFile(t *testing.T) {
	db := filepath.Join(t.TempDir(), "temporal.db")
	startServer(t, "--db", db, "--no-ui")
	expectExit(t, 2, "in use by another Temporal server", "server", "--db", db, "--port", "0", "--no-ui")
}

func TestServerSaysWhichPortIsTaken(t *testing.T) {
	db := filepath.Join(t.TempDir(), "temporal.db")
	taken := listen(t)
	expectExit(t, 2, "port "+taken+" is taken, the Temporal server needs one: set TEMPORAL_PORT=",
		"server", "--db", db, "--port", taken, "--no-ui")
	expectExit(t, 2, "port "+taken+" is taken, the Web UI needs one: set UI_PORT=",
		"server", "--db", db, "--port", "0", "--ui-port", taken)
	if _, err := os.Stat(versionedPath(db)); err == nil {
		t.Error("a server that can't start should make no file")
	}
}

func TestPortsAreDecimal(t *testing.T) {
	f, err := parseServerFlags([]string{"--db", "x", "--port", "010", "--ui-port", "08233"}, io.Discard)
	if err != nil || f.Port != 10 || f.UIPort != 8233 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestProgramSaysWhatItDoesNotUnderstand(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want string
	}{
		{"no command", nil, "no command given"},
		{"unknown command", []string{"fly"}, `no such command: "fly"`},
		{"unknown flag", []string{"server", "--fly"}, "flag provided but not defined: -fly"},
		{"argument", []string{"server", "x"}, `server takes no arguments, got "x"`},
		{"port", []string{"server", "--port", "0x1f"}, `invalid value "0x1f" for flag -port: a port is a number up to 65535`},
		{"no file", []string{"server"}, "--db is needed"},
		{"retention", []string{"server", "--db", "x", "--retention", "1m"}, "an hour is the least"},
	} {
		t.Run(test.name, func(t *testing.T) { expectExit(t, 2, test.want, test.args...) })
	}
}

// listen takes a port and returns its number.
func listen(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// expectExit runs the program to its end.
func expectExit(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	cmd := program(args...)
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), says) {
		t.Errorf("%q ended with %d (%v) and said:\n%s\nwant %d and %q", args, got, err, out, code, says)
	}
}
