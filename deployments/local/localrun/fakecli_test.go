package localrun

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// playCLI is the Temporal CLI, as far as the local run needs it. It takes the flags that
// the CLI's source has (1.5.1 and 1.8.2, commands.gen.go), and refuses others.
func playCLI(ctx context.Context, args []string) int {
	var err error
	switch {
	case slices.Equal(args, []string{"--version"}):
		fmt.Println(os.Getenv(fakeCLI))
	case len(args) > 2 && slices.Equal(args[:2], []string{"server", "start-dev"}):
		err = playStartDev(ctx, args[2:])
	case len(args) > 3 && slices.Equal(args[:3], []string{"operator", "namespace", "update"}):
		err = playNamespaceUpdate(args[3:])
	default:
		err = fmt.Errorf("unknown command %q", args)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	return 0
}

// values is a flag that can be given several times.
type values []string

func (v *values) String() string     { return "" }
func (v *values) Set(s string) error { *v = append(*v, s); return nil }

// newCLIFlags has the flags of all of the CLI's commands.
func newCLIFlags() *flag.FlagSet {
	set := flag.NewFlagSet(cliName, flag.ContinueOnError)
	for _, name := range []string{"env", "env-file", "config-file", "profile", "log-level", "log-format", "output", "color"} {
		set.String(name, "", "")
	}
	set.Bool("disable-config-file", false, "")
	set.Bool("disable-config-env", false, "")
	set.Duration("command-timeout", 0, "")
	set.Duration("client-connect-timeout", 0, "")
	return set
}

// playStartDev serves what answers on the server's ports, and keeps a file.
func playStartDev(ctx context.Context, args []string) error {
	var pragmas, tuning, namespaces, attributes values
	set := newCLIFlags()
	db, ip := set.String("db-filename", "", ""), set.String("ip", "localhost", "")
	port, ui := set.Int("port", 7233, ""), set.Int("ui-port", 0, "")
	set.Int("http-port", 0, "")
	set.Int("metrics-port", 0, "")
	set.Bool("headless", false, "")
	set.Bool("log-config", false, "")
	for _, name := range []string{"ui-ip", "ui-public-path", "ui-asset-path", "ui-codec-endpoint"} {
		set.String(name, "", "")
	}
	set.Var(&pragmas, "sqlite-pragma", "")
	set.Var(&tuning, "dynamic-config-value", "")
	set.Var(&namespaces, "namespace", "")
	set.Var(&attributes, "search-attribute", "")
	if err := errors.Join(set.Parse(args), checkPairs(pragmas, false), checkPairs(tuning, true)); err != nil {
		return err
	}
	if set.NArg() > 0 || *ip != Loopback {
		return fmt.Errorf("started with %q", args)
	}
	if os.Getenv("TEMPORAL_ADDRESS") != "" || os.Getenv("DEFENDER_API_KEY") != "" {
		return errors.New("settings that are not the server's have come through")
	}
	if err := keepFile(*db); err != nil {
		return err
	}
	return serveStartDev(ctx, *port, *ui)
}

// checkPairs checks that all are KEY=VALUE, with values in JSON where that is so.
func checkPairs(pairs []string, asJSON bool) error {
	if len(pairs) == 0 {
		return errors.New("no values")
	}
	for _, pair := range pairs {
		_, value, ok := strings.Cut(pair, "=")
		if !ok || asJSON && !json.Valid([]byte(value)) {
			return fmt.Errorf("invalid value %q", pair)
		}
	}
	return nil
}

// keepFile makes the server's file, or goes on with it, in a folder that is there.
func keepFile(path string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		trace("temporal goes on with %s", filepath.Base(path))
	}
	return os.WriteFile(path, []byte("data"), 0o666)
}

// serveStartDev takes the ports, the server's a moment later than a client may ask.
func serveStartDev(ctx context.Context, port, ui int) error {
	page, err := net.Listen("tcp", HostPort(ui))
	if err != nil {
		return err
	}
	go func() {
		_ = http.Serve(page, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "the CLI's Web UI") }))
	}()
	time.Sleep(200 * time.Millisecond)
	listener, err := net.Listen("tcp", HostPort(port))
	if err != nil {
		return err
	}
	<-ctx.Done()
	return errors.Join(listener.Close(), page.Close())
}

// playNamespaceUpdate asks the server to keep workflows for long. The first answer is
// that it is not ready.
func playNamespaceUpdate(args []string) error {
	set := newCLIFlags()
	address, name, kept := set.String("address", "", ""), set.String("namespace", "", ""), set.Duration("retention", 0, "")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 || *name != "default" || *kept != 720*time.Hour {
		return fmt.Errorf("called with %q", args)
	}
	connection, err := net.Dial("tcp", *address)
	if err != nil {
		return err
	}
	_ = connection.Close()
	asked := filepath.Join(os.Getenv(fakeFolder), "asked")
	if _, err := os.Stat(asked); err != nil {
		return errors.Join(errors.New("not ready yet"), os.WriteFile(asked, nil, 0o600))
	}
	return nil
}
