package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
	"go.temporal.io/server/common/headers"

	"defendersync/deployments/local/localrun"
)

const (
	// startLimit is how long the server may take until it answers.
	startLimit = 60 * time.Second
	// stopLimit is how long it may take to stop. Its file is safe at any moment.
	stopLimit = 10 * time.Second
)

// serverFlags are the flags of the server command.
type serverFlags struct {
	temporalOptions
	UIPort    int
	NoUI      bool
	Retention time.Duration
}

// serverCommand runs a Temporal server until ctx is done. Once the server
// answers it prints one line that starts with "ready:".
func serverCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f, err := parseServerFlags(args, stderr)
	if err != nil {
		return err
	}
	ports := []localrun.Port{{Number: f.Port, Variable: localrun.EnvTemporalPort, Purpose: "the Temporal server"}}
	if !f.NoUI {
		ports = append(ports, localrun.Port{Number: f.UIPort, Variable: localrun.EnvUIPort, Purpose: "the Web UI"})
	}
	if err := localrun.CheckPorts(ports...); err != nil {
		return err
	}
	if err := f.choosePorts(); err != nil {
		return err
	}
	db, err := openDatabase(f.Database, f.Namespace, f.Retention)
	if err != nil {
		return err
	}
	defer db.Close()
	f.Database = db.Path
	return serveTemporal(ctx, f, stdout)
}

func parseServerFlags(args []string, stderr io.Writer) (serverFlags, error) {
	var f serverFlags
	temporalPort, portErr := portFromEnv(localrun.EnvTemporalPort, localrun.DefaultTemporalPort)
	uiPort, uiPortErr := portFromEnv(localrun.EnvUIPort, localrun.DefaultUIPort)
	if err := errors.Join(portErr, uiPortErr); err != nil {
		return f, localrun.Usagef("%w", err)
	}
	set := flag.NewFlagSet("server", flag.ContinueOnError)
	set.StringVar(&f.Database, "db", "", "SQLite `file`; the server's version is added to its name (required)")
	f.Port, f.UIPort = temporalPort, uiPort
	set.Var(portValue{&f.Port}, "port", "`port` of the Temporal server; 0 takes a free one")
	set.Var(portValue{&f.UIPort}, "ui-port", "`port` of the Web UI; 0 takes a free one")
	set.BoolVar(&f.NoUI, "no-ui", false, "run without the Web UI")
	set.StringVar(&f.Namespace, "namespace", "default", "`name` of the namespace, made if it doesn't exist")
	set.DurationVar(&f.Retention, "retention", 720*time.Hour, "how long a new namespace keeps closed workflows")
	set.StringVar(&f.LogLevel, "log-level", "error", "`level` of the server's log on stderr: debug, info, warn, error")
	if err := localrun.ParseFlags(set, args, stderr); err != nil {
		return f, err
	}
	if f.Database == "" {
		return f, localrun.Usagef("--db is needed: the file that keeps the server's data")
	}
	if f.Retention < time.Hour {
		return f, localrun.Usagef("--retention is %s, an hour is the least", f.Retention)
	}
	return f, nil
}

// portFromEnv lets "set TEMPORAL_PORT=…" work for this command alone too.
func portFromEnv(variable string, otherwise int) (int, error) {
	text := os.Getenv(variable)
	if text == "" {
		return otherwise, nil
	}
	number, err := parsePort(text)
	if err != nil {
		return 0, fmt.Errorf("%s is %q, %w", variable, text, err)
	}
	return number, nil
}

// parsePort reads a port, which is decimal: 010 is ten.
func parsePort(text string) (int, error) {
	number, err := strconv.Atoi(text)
	if err != nil || number < 0 || number > 65535 {
		return 0, errors.New("a port is a number up to 65535")
	}
	return number, nil
}

// portValue is a flag with a port. The flag package's own numbers would read 010
// as eight.
type portValue struct{ port *int }

// Set implements flag.Value.
func (v portValue) Set(text string) (err error) {
	*v.port, err = parsePort(text)
	return err
}

// String implements flag.Value. The flag package asks the zero value as well.
func (v portValue) String() string {
	if v.port == nil {
		return ""
	}
	return strconv.Itoa(*v.port)
}

// choosePorts replaces 0 by free ports.
func (f *serverFlags) choosePorts() error {
	free, err := localrun.FreePorts(2)
	if err != nil {
		return err
	}
	if f.Port == 0 {
		f.Port = free[0]
	}
	if f.UIPort == 0 {
		f.UIPort = free[1]
	}
	return nil
}

// serveTemporal runs the server and the Web UI between start and stop.
func serveTemporal(ctx context.Context, f serverFlags, stdout io.Writer) error {
	temporal, err := startTemporal(f.temporalOptions)
	if err != nil {
		return err
	}
	ready := fmt.Sprintf("ready: Temporal %s at %s, namespace %s, data in %s",
		headers.ServerVersion, localrun.HostPort(f.Port), f.Namespace, f.Database)
	if !f.NoUI {
		stop, err := startWebUI(f)
		if err != nil {
			return errors.Join(err, stopWithin(stopLimit, temporal.Stop))
		}
		defer stop()
		ready += ", Web UI at http://" + localrun.HostPort(f.UIPort)
	}
	starting, cancel := context.WithTimeout(ctx, startLimit)
	err = awaitTemporal(starting, localrun.HostPort(f.Port), f.Namespace)
	cancel()
	if err == nil {
		fmt.Fprintln(stdout, ready)
		<-ctx.Done()
	} else if ctx.Err() != nil {
		err = nil // interrupted while starting
	}
	if stopErr := stopWithin(stopLimit, temporal.Stop); err == nil {
		err = stopErr
	}
	return err
}

// startWebUI starts the Web UI on a free port, and the front before it.
func startWebUI(f serverFlags) (stop func(), err error) {
	behind, err := localrun.FreePorts(1)
	if err != nil {
		return nil, err
	}
	front, err := localrun.StartFront(f.UIPort, behind[0], f.Namespace)
	if err != nil {
		return nil, err
	}
	f.UIPort = behind[0]
	ui := webUI(f)
	go func() { _ = ui.Start() }() // it ends the process itself if it can't listen
	return func() {
		front.Stop()
		ui.Stop()
	}, nil
}

// webUI is Temporal's own Web UI, looking at our server and nowhere else.
func webUI(f serverFlags) *server.Server {
	return server.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
		Host:                localrun.Loopback,
		Port:                f.UIPort,
		TemporalGRPCAddress: localrun.HostPort(f.Port),
		DefaultNamespace:    f.Namespace,
		EnableUI:            true,
		DisableNewsFetch:    true,
		HideLogs:            true,
		CORS:                uiconfig.CORS{CookieInsecure: true}, // plain HTTP
	}))
}

// stopWithin runs stop and gives up waiting for it after limit.
func stopWithin(limit time.Duration, stop func() error) error {
	done := make(chan error, 1)
	go func() { done <- stop() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("stopping the Temporal server: %w", err)
		}
		return nil
	case <-time.After(limit):
		return fmt.Errorf("the Temporal server did not stop within %s; its data is safe", limit)
	}
}
