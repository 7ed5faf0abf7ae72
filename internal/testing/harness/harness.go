// Package harness runs the product as its users do, in real processes on this
// machine: a real Temporal server, the worker and the command line, against
// simulated tenants. The end-to-end tests and the benchmarks share it.
package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/temporalx"
	"defendersync/internal/testing/simulator"
	"defendersync/workflows"
)

// The environment variables by which make hands in what it has built.
const (
	EnvBinaries = "DEFENDERSYNC_BIN"   // folder of defendersync and defendersync-worker
	EnvServer   = "DEFENDERSYNC_LOCAL" // the binary with the Temporal server
)

// Binaries are the product's programs.
type Binaries struct{ Server, Worker, Starter string }

// FindBinaries takes the binaries from the environment.
func FindBinaries() (Binaries, error) {
	dir, server := os.Getenv(EnvBinaries), os.Getenv(EnvServer)
	if dir == "" || server == "" {
		return Binaries{}, fmt.Errorf("%s and %s are not set: run make test", EnvBinaries, EnvServer)
	}
	b := Binaries{Server: server, Worker: filepath.Join(dir, "defendersync-worker"), Starter: filepath.Join(dir, "defendersync")}
	for _, path := range []string{b.Server, b.Worker, b.Starter} {
		if _, err := os.Stat(path); err != nil {
			return b, fmt.Errorf("run make build first: %w", err)
		}
	}
	return b, nil
}

// ErrNoServer is that no Temporal server was handed in.
var ErrNoServer = errors.New(EnvServer + " is not set: run make test")

// FindPrograms takes the product's programs alone from the environment.
func FindPrograms() (Binaries, error) {
	dir := os.Getenv(EnvBinaries)
	if dir == "" {
		return Binaries{}, fmt.Errorf("%s is not set: run it by make", EnvBinaries)
	}
	b := Binaries{Worker: filepath.Join(dir, "defendersync-worker"), Starter: filepath.Join(dir, "defendersync")}
	for _, path := range []string{b.Worker, b.Starter} {
		if _, err := os.Stat(path); err != nil {
			return b, fmt.Errorf("run make binaries first: %w", err)
		}
	}
	return b, nil
}

// FindServer takes the Temporal server alone from the environment, for tests
// that run the product in process.
func FindServer() (Binaries, error) {
	path := os.Getenv(EnvServer)
	if path == "" {
		return Binaries{}, ErrNoServer
	}
	if _, err := os.Stat(path); err != nil {
		return Binaries{}, fmt.Errorf("run make build first: %w", err)
	}
	return Binaries{Server: path}, nil
}

// Server is a real Temporal server in a process of its own.
type Server struct {
	Binaries
	Address string
	process *Process
	dir     string
	port    int
	n       atomic.Int64
}

// AttachServer makes a Server of one that runs already, elsewhere. The binary with
// the Temporal server is not needed.
func AttachServer(b Binaries, address string) *Server { return &Server{Binaries: b, Address: address} }

// StartServer starts a Temporal server on a fresh SQLite file and registers
// the search attributes.
func StartServer(ctx context.Context, b Binaries) (*Server, error) {
	dir, err := os.MkdirTemp("", "defendersync-server-")
	if err != nil {
		return nil, err
	}
	s := &Server{Binaries: b, dir: dir}
	for range 5 { // a free port may be taken before it is used
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		s.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		s.port = port
		if err = s.StartAgain(ctx); err == nil {
			return s, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
	}
	s.StopServer()
	return nil, fmt.Errorf("the Temporal server did not start: %s", s.process.ReadLog())
}

// StartAgain starts the server on its file and port, as after a reboot.
func (s *Server) StartAgain(ctx context.Context) (err error) {
	s.process, err = startProcess(s.Server, os.Environ(), "server", "--db", filepath.Join(s.dir, "temporal.db"), "--port", strconv.Itoa(s.port), "--no-ui")
	if err != nil {
		return err
	}
	if err = s.awaitReady(ctx); err != nil {
		s.process.KillAndWait()
	}
	return err
}

// KillNow ends the server without warning. Its file stays.
func (s *Server) KillNow() { s.process.KillAndWait() }

// ReadCPUTime is the processor time that the server has used since it started.
func (s *Server) ReadCPUTime() (time.Duration, error) { return s.process.ReadCPUTime() }

// CountBytes is the size of the server's files.
func (s *Server) CountBytes() (n int64, err error) {
	err = filepath.WalkDir(s.dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// SaveData copies the server's files into a new folder, as a backup does. The server
// must not run.
func (s *Server) SaveData(dir string) error { return os.CopyFS(dir, os.DirFS(s.dir)) }

// LoadData puts the files that SaveData copied in the place of the server's; with ""
// the server has none. It must not run.
func (s *Server) LoadData(dir string) error {
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	if dir == "" {
		return os.Mkdir(s.dir, 0o700)
	}
	return os.CopyFS(s.dir, os.DirFS(dir))
}

// awaitReady waits until the namespace has the search attributes.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var last error
	for ctx.Err() == nil && s.process.IsRunning() {
		if last = s.registerNamespace(ctx); last == nil {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return last
}

// registerNamespace adds the search attributes to the namespace.
func (s *Server) registerNamespace(ctx context.Context) error {
	c, err := s.DialClient()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = temporalx.EnsureSearchAttributes(ctx, c, client.DefaultNamespace, workflows.SearchAttributes())
	return err
}

// StopServer ends the server and removes its file.
func (s *Server) StopServer() {
	if s.process != nil {
		s.process.KillAndWait()
	}
	_ = os.RemoveAll(s.dir)
}

// DialClient connects to the server.
func (s *Server) DialClient() (client.Client, error) {
	return client.Dial(client.Options{HostPort: s.Address, Logger: silent{}})
}

// Output is what a command printed and how it ended.
type Output struct {
	Out, Err string
	Code     int
	Peak     int64 // most resident memory, in bytes; 0 where the system doesn't tell
}

// RunWith runs the command line to its end.
func (s *Server) RunWith(ctx context.Context, env []string, args ...string) Output {
	cmd := exec.CommandContext(ctx, s.Starter, args...)
	cmd.Env = append(dropSettings(os.Environ()), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Start()
	var peak int64
	if err == nil {
		watched := watchPeak(cmd.Process.Pid)
		err = cmd.Wait()
		peak = watched()
	}
	o := Output{Out: out.String(), Err: errs.String(), Peak: peak}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		o.Code = exit.ExitCode()
	case err != nil:
		o.Code, o.Err = -1, err.Error()
	}
	return o
}

// Integration is one integration on the server: its own simulated tenants, its
// own settings, its own task queue.
type Integration struct {
	*Server
	Name     string
	Sim      *simulator.Simulator
	Env      []string
	defender *httptest.Server
	oomnitza *httptest.Server
}

// NewIntegration makes simulated tenants and the settings that lead to them.
// Their clock shows the present unless the options say otherwise, as that of
// the processes does.
// Further settings, NAME=value each, go before those.
func (s *Server) NewIntegration(o simulator.Options, settings ...string) *Integration {
	return s.NewNamedIntegration(fmt.Sprintf("test-%d-%d", os.Getpid(), s.n.Add(1)), o, settings...)
}

// NewNamedIntegration makes an integration of a name.
func (s *Server) NewNamedIntegration(name string, o simulator.Options, settings ...string) *Integration {
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	sim := simulator.New(o)
	opts := sim.Options()
	i := &Integration{
		Server: s, Sim: sim, Name: name,
		defender: httptest.NewServer(sim.Defender()), oomnitza: httptest.NewServer(sim.Oomnitza()),
	}
	i.Env = append([]string{
		"TEMPORAL_ADDRESS=" + s.Address,
		"INTEGRATION_NAME=" + i.Name,
		"INTEGRATION_USER=" + opts.TokenUser,
		"INTEGRATION_DEFAULT_ROLE=25",
		"INTEGRATION_SCHEDULE=" + Schedule,
		"INTEGRATION_HEARTBEAT=5s",
		"DEFENDER_API_URL=" + i.defender.URL,
		"DEFENDER_ALLOW_HOST=127.0.0.1",
		"DEFENDER_API_KEY=" + opts.DefenderToken,
		"DEFENDER_REQUESTS_PER_MINUTE=0",
		"OOMNITZA_URL=" + i.oomnitza.URL,
		"OOMNITZA_API_TOKEN=" + opts.OomnitzaToken,
		"LOG_FORMAT=json",
	}, settings...)
	return i
}

// Close ends the tenants.
func (i *Integration) Close() {
	i.defender.CloseClientConnections()
	i.oomnitza.CloseClientConnections()
	i.defender.Close()
	i.oomnitza.Close()
}

// StartWorker starts a worker process with the integration's settings.
func (i *Integration) StartWorker(settings ...string) (*Process, error) {
	return startProcess(i.Server.Worker, i.MakeEnviron(settings...))
}

// StartWorkerOf starts a worker process of another build, see BuildVariant.
func (i *Integration) StartWorkerOf(file string, settings ...string) (*Process, error) {
	return startProcess(file, append(append(dropSettings(os.Environ()), i.Env...), settings...))
}

// StartCommand starts a command beside the test with the integration's settings.
func (i *Integration) StartCommand(args ...string) (*Process, error) {
	return startProcess(i.Starter, append(dropSettings(os.Environ()), i.Env...), args...)
}

// RunCommand runs a command with the integration's settings.
func (i *Integration) RunCommand(ctx context.Context, args ...string) Output {
	return i.RunWith(ctx, i.Env, args...)
}

// RunSession runs a session to its end and reads its result.
func (i *Integration) RunSession(ctx context.Context, flags ...string) (contract.SessionResult, Output, error) {
	out := i.RunCommand(ctx, append([]string{"run", "--follow", "--output", "json"}, flags...)...)
	r, err := DecodeResult(out.Out)
	if err != nil || r.Outcome == "" {
		return r, out, fmt.Errorf("run ended with %d and no result: %s%s", out.Code, out.Out, out.Err)
	}
	return r, out, nil
}

// MakeEnviron is the environment of a program of ours: this process's without
// the settings of whoever runs it, and the integration's own.
func (i *Integration) MakeEnviron(settings ...string) []string {
	return append(append(dropSettings(os.Environ()), i.Env...), settings...)
}

// FreePorts finds ports that are free at this moment.
func FreePorts(n int) ([]int, error) {
	listeners, ports := make([]net.Listener, 0, n), make([]int, 0, n)
	defer func() {
		for _, l := range listeners {
			_ = l.Close() // it was only to be had
		}
	}()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		listeners, ports = append(listeners, l), append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// freePort finds a port that is free at this moment.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// silent is a log that keeps quiet: tests read results.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
