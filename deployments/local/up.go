package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"go.temporal.io/server/common/headers"
)

// local is one local run: what it is to be, and what it has started so far.
type local struct {
	settings
	bin            string // folder with the product's binaries
	once           bool
	stdout, stderr io.Writer
	children       []*child
	ended          chan *child // a child that ended, by itself or not
}

// upCommand brings everything up on this machine, runs a session, and stays up
// until ctx is done, or not, with --once.
func upCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var once bool
	var dotenv string
	set := flag.NewFlagSet("up", flag.ContinueOnError)
	set.BoolVar(&once, "once", false, "end with the first session, with its exit code")
	set.StringVar(&dotenv, "env-file", ".env", "`file` with settings, which need not exist; the environment goes first")
	if err := parseFlags(set, args, stderr); err != nil {
		return err
	}
	vars, err := readDotenv(dotenv)
	if err != nil {
		return err
	}
	settings, err := loadSettings(os.Environ(), vars)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the binaries: %w", err)
	}
	l := &local{settings: settings, bin: filepath.Dir(self), once: once, stdout: stdout, stderr: stderr, ended: make(chan *child, 8)}
	if err := checkPorts(l.ports()...); err != nil {
		return err
	}
	defer l.stop()
	return l.run(ctx)
}

// run is the whole story, in order.
func (l *local) run(ctx context.Context) error {
	if err := l.startServices(ctx); err != nil {
		return l.interrupted(ctx, err)
	}
	code, err := l.firstSession(ctx)
	if err != nil {
		return l.interrupted(ctx, err)
	}
	l.sayTopApps(ctx)
	l.sayWhere()
	if l.once {
		return &exitError{code: code}
	}
	if code != exitOK {
		l.say("The session ended with exit code %d; all stays up for a look around.", code)
	}
	l.say("Press Ctrl-C to stop.")
	select {
	case <-ctx.Done():
		return nil
	case c := <-l.ended:
		return c.died()
	}
}

// interrupted is err, unless the operator stopped the run, which needs no words.
func (l *local) interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exitError{code: 128 + 2} // as shells have it for an interrupt
	}
	return err
}

// startServices starts what sessions need, each when what it needs answers.
func (l *local) startServices(ctx context.Context) error {
	if err := l.startTemporal(ctx); err != nil {
		return err
	}
	if l.Simulated {
		if err := l.startTenants(ctx); err != nil {
			return err
		}
	} else {
		l.say("Tenants          %s and %s", l.vars[envDefenderURL], l.vars[envOomnitzaURL])
	}
	if err := l.command(ctx, "setup"); err != nil {
		return err
	}
	if _, err := l.start("worker", l.childEnv(), "defendersync-worker"); err != nil {
		return err
	}
	return l.command(ctx, "schedule", "apply")
}

func (l *local) startTemporal(ctx context.Context) error {
	server, err := l.start("temporal", os.Environ(), "defendersync-local", "server",
		"--db", l.path("temporal-"+l.label()+".db"),
		"--port", strconv.Itoa(l.Temporal.Number),
		"--ui-port", strconv.Itoa(l.UI.Number),
		"--namespace", namespace)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	err = server.await(ctx, func(ctx context.Context) error {
		return probeTemporal(ctx, l.Temporal.addr(), namespace)
	})
	if err == nil {
		l.say("Temporal %s  %s", headers.ServerVersion, l.Temporal.addr())
	}
	return err
}

// startTenants starts the simulated tenants, and lets a day pass in those that
// an earlier run has left, so that the next session has something to find.
func (l *local) startTenants(ctx context.Context) error {
	state := l.path("tenants-" + l.label() + ".json")
	_, err := os.Stat(state)
	again := err == nil
	tenants, err := l.start("tenants", l.childEnv(), "defendersync-tenants",
		"--defender-addr", l.Defender.addr(),
		"--oomnitza-addr", l.Oomnitza.addr(),
		"--control-addr", l.Control.addr(),
		"--state", state,
		"--apps", strconv.Itoa(l.Tenants.Apps),
		"--people", strconv.Itoa(l.Tenants.People),
		"--pairs", strconv.Itoa(l.Tenants.Pairs),
		"--seed", strconv.Itoa(l.Tenants.Seed),
		"--budget", strconv.Itoa(l.Rate))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := tenants.await(ctx, func(ctx context.Context) error { return l.control(ctx, http.MethodGet, "/status") }); err != nil {
		return err
	}
	l.say("Tenants          simulated: %d apps, %d people, %d app-user pairs", l.Tenants.Apps, l.Tenants.People, l.Tenants.Pairs)
	l.say("                 Defender allows %d requests a minute here; %s=30 is the vendor's pace", l.Rate, envDefenderRate)
	if again {
		if err := l.control(ctx, http.MethodPost, "/advance?days=1"); err != nil {
			return err
		}
		l.say("                 a day has passed there since the last run")
	}
	return nil
}

// control asks the simulated tenants for something.
func (l *local) control(ctx context.Context, method, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, l.Control.url()+path, nil)
	if err != nil {
		return fmt.Errorf("asking the simulated tenants: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking the simulated tenants: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 300 {
		return fmt.Errorf("asking the simulated tenants: %s %s answers %s", method, path, response.Status)
	}
	return nil
}

// start starts a binary that lasts, and watches it.
func (l *local) start(name string, env []string, binary string, args ...string) (*child, error) {
	c, err := startChild(name, l.path("log", name+".log"), env, filepath.Join(l.bin, binary), args...)
	if err != nil {
		return nil, err
	}
	l.children = append(l.children, c)
	go func() {
		<-c.done
		l.ended <- c
	}()
	return c, nil
}

// command runs one of the operator's commands, which must succeed.
func (l *local) command(ctx context.Context, args ...string) error {
	code, err := l.defendersync(ctx, args...)
	if err == nil && code != exitOK {
		err = &exitError{code: code} // the command has said why
	}
	return err
}

// firstSession runs a session, unless one runs already, and follows it. A child
// that dies meanwhile ends it: nothing would come of it.
func (l *local) firstSession(ctx context.Context) (code int, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	settled := make(chan struct{})
	defer close(settled)
	go func() {
		select {
		case c := <-l.ended:
			cancel(c.died())
		case <-settled:
		}
	}()
	code, err = l.defendersync(ctx, "run", "--follow")
	if cause := context.Cause(ctx); cause != nil {
		return code, cause
	}
	return code, err
}

// defendersync runs one of the operator's commands on our terminal.
func (l *local) defendersync(ctx context.Context, args ...string) (int, error) {
	return runChild(ctx, l.childEnv(), l.stdout, l.stderr, filepath.Join(l.bin, "defendersync"), args...)
}

// sayTopApps prints what Oomnitza now shows as most used.
func (l *local) sayTopApps(ctx context.Context) {
	base, token := l.Oomnitza.url(), l.simulatedTenants()[envOomnitzaToken]
	var err error
	if !l.Simulated {
		base = l.vars[envOomnitzaURL]
		token, err = l.secret(envOomnitzaToken)
	}
	var apps []usedApp
	if err == nil {
		apps, err = fetchTopApps(ctx, base, token, 10)
	}
	if err != nil {
		l.say("The most used apps can't be shown: %v", err)
		return
	}
	printTopApps(l.stdout, apps)
}

func (l *local) sayWhere() {
	if !l.once {
		l.say("Web UI           %s/namespaces/%s/workflows", l.UI.url(), namespace)
	}
	l.say("Logs             %s", l.path("log"))
}

func (l *local) say(format string, args ...any) { fmt.Fprintf(l.stdout, format+"\n", args...) }

// stop stops what was started, the last first.
func (l *local) stop() {
	for i := len(l.children) - 1; i >= 0; i-- {
		l.children[i].stop(childStopLimit)
	}
}
