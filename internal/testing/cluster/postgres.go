package cluster

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"defendersync/internal/testing/harness"
)

const (
	// dbUser owns the databases.
	dbUser = "temporal"
	// startLimit bounds how long a part of the cluster may take to answer.
	startLimit = 2 * time.Minute
	// lookEvery is how often a part that starts is asked whether it answers.
	lookEvery = 50 * time.Millisecond
)

// Postgres is a PostgreSQL server with a data folder of its own. It answers this
// machine alone, by password.
type Postgres struct {
	Port     int
	Password string
	tools    Tools
	dir      string // private to the user it runs as
	process  *harness.Process
}

// newPostgres makes the data folder below dir.
func newPostgres(t Tools, dir string, port int) (*Postgres, error) {
	p := &Postgres{Port: port, Password: rand.Text(), tools: t, dir: filepath.Join(dir, "postgres")}
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder of PostgreSQL: %w", err)
	}
	secret := filepath.Join(p.dir, "password")
	if err := os.WriteFile(secret, []byte(p.Password+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the password of PostgreSQL: %w", err)
	}
	if u := t.User; u != nil {
		for _, path := range []string{p.dir, secret} {
			if err := os.Chown(path, int(u.UID), int(u.GID)); err != nil {
				return nil, fmt.Errorf("hand the data folder to PostgreSQL's user: %w", err)
			}
		}
	}
	init, err := p.runTool("initdb", "--pgdata", p.data(), "--username", dbUser, "--pwfile", secret,
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return nil, err
	}
	if code := init.WaitExit(startLimit); code != 0 {
		init.KillAndWait()
		return nil, fmt.Errorf("initdb ended with %d: %s", code, init.ReadLog())
	}
	return p, nil
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// runTool starts one of PostgreSQL's programs.
func (p *Postgres) runTool(name string, args ...string) (*harness.Process, error) {
	return harness.StartProgram(harness.Program{
		Path: filepath.Join(p.tools.Postgres, name), Args: args, Env: []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, User: p.tools.User,
	})
}

// Start starts the server on its data, and waits until it answers. What is left of
// one that was killed may take a moment to go.
func (p *Postgres) Start(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		p.process, err = p.runTool("postgres", "-D", p.data(), "-p", strconv.Itoa(p.Port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=100")
		if err != nil {
			return err
		}
		if err = p.awaitAnswer(ctx); err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// awaitAnswer waits until the server takes connections, or has ended.
func (p *Postgres) awaitAnswer(ctx context.Context) error {
	for p.process.IsRunning() {
		ready := exec.CommandContext(ctx, filepath.Join(p.tools.Postgres, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(p.Port))
		if ready.Run() == nil {
			return nil
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("PostgreSQL does not answer: %s", p.process.ReadLog())
		}
	}
	if err := pause(ctx); err != nil {
		return err
	}
	return fmt.Errorf("PostgreSQL ended: %s", p.process.ReadLog())
}

// pause waits a little, unless ctx ends.
func pause(ctx context.Context) error {
	select {
	case <-time.After(lookEvery):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// StopFast ends the server in good order: clients are disconnected, nothing is lost.
func (p *Postgres) StopFast() { p.endBy(syscall.SIGINT) }

// Crash ends the server at once, as when its machine fails: it recovers from its log
// when it is started again.
func (p *Postgres) Crash() { p.endBy(syscall.SIGQUIT) }

func (p *Postgres) endBy(s syscall.Signal) {
	if p.process == nil {
		return
	}
	_ = p.process.Signal(s) // it may have ended
	if p.process.WaitExit(time.Minute) < 0 {
		p.process.KillAndWait()
	}
}
