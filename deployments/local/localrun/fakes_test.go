package localrun

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The test binary plays the product's programs and the one under test: each is
// a link to it, and it acts by the name that it was called by. What the fakes
// do differently is in their environment:
const (
	fakeFolder   = "FAKE_FOLDER"   // where they leave their traces
	fakeFails    = "FAKE_FAILS"    // the fake (and first arguments) that ends with code 2 at once, saying why
	fakeHangs    = "FAKE_HANGS"    // the session doesn't end
	fakeCode     = "FAKE_CODE"     // the session's exit code
	fakeCLI      = "FAKE_CLI"      // what the Temporal CLI says of its version
	fakeTerminal = "FAKE_TERMINAL" // somebody answers at the terminal
	fakeMails    = "FAKE_MAILS"    // the session mails this subject to the contacts
)

func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "up":
		runtime.LockOSThread() // see Up
		os.Exit(playUp())
	case "defendersync-local", "defendersync-tenants", "defendersync-worker", "defendersync", cliName:
		os.Exit(play(name, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// playUp is a main that calls Up as the real one does.
func playUp() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o := Options{Once: slices.Contains(os.Args, "--once"), EnvFile: ".env", Bin: filepath.Dir(os.Args[0]), Stdin: os.Stdin, Terminal: os.Getenv(fakeTerminal) != "", Stdout: os.Stdout, Stderr: os.Stderr}
	err := error(nil)
	if slices.Contains(os.Args, "--which") {
		var server Server
		var note string
		if server, note, err = FindServer(ctx, o); err == nil {
			fmt.Println(server, note)
		}
	} else {
		err = Up(ctx, o)
	}
	switch exit, ok := err.(*ExitError); {
	case err == nil:
		return ExitOK
	case !ok:
		fmt.Fprintln(os.Stderr, err)
		return ExitFailed
	case exit.Err != nil:
		fmt.Fprintln(os.Stderr, err)
		return exit.Code
	default:
		return exit.Code
	}
}

// play is one of the product's programs.
func play(name string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer holdLock(name)()
	trace("%s %s", name, strings.Join(args, " "))
	defer trace("%s ends", name)
	if fails := os.Getenv(fakeFails); fails != "" && strings.HasPrefix(name+" "+strings.Join(args, " "), fails) {
		fmt.Fprintln(os.Stderr, "a reason to fail")
		return 2
	}
	switch name {
	case "defendersync":
		return playCommand(ctx, args)
	case cliName:
		return playCLI(ctx, args)
	case "defendersync-tenants":
		if err := playTenants(args); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	fmt.Println("ready: " + name)
	<-ctx.Done()
	return 0
}

func playCommand(ctx context.Context, args []string) int {
	fmt.Printf("%s for %s\n", args[0], os.Getenv("DEFENDER_API_URL"))
	if args[0] != "run" {
		return 0
	}
	if err := playNotice(os.Getenv(fakeMails)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if os.Getenv(fakeHangs) != "" {
		<-ctx.Done()
		return 1
	}
	code := 0
	_, _ = fmt.Sscan(os.Getenv(fakeCode), &code)
	return code
}

// playNotice mails a subject as the settings say.
func playNotice(subject string) error {
	if subject == "" {
		return nil
	}
	server, to := net.JoinHostPort(os.Getenv("SMTP_HOST"), os.Getenv("SMTP_PORT")), os.Getenv("INTEGRATION_CONTACTS")
	return smtp.SendMail(server, nil, os.Getenv("SMTP_FROM"), []string{to}, []byte("Subject: "+subject+"\r\n\r\nbody\r\n"))
}

// playTenants takes the flags of the simulated tenants and leaves their state.
func playTenants(args []string) error {
	set := flag.NewFlagSet("tenants", flag.ContinueOnError)
	state := set.String("state", "", "")
	for _, name := range []string{"defender-addr", "oomnitza-addr", "control-addr", "advance", "apps", "people", "pairs", "seed", "budget"} {
		_ = set.String(name, "", "")
	}
	if err := set.Parse(args); err != nil {
		return err
	}
	return os.WriteFile(*state, nil, 0o600)
}

// trace appends a line to the fakes' common diary. Appends of one line are
// atomic, and the diary's order is the order of events.
func trace(format string, args ...any) {
	file, err := os.OpenFile(filepath.Join(os.Getenv(fakeFolder), "diary"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	_, _ = fmt.Fprintf(file, format+"\n", args...)
}

// holdLock takes a shared lock that is free again only when no fake lives.
func holdLock(name string) (release func()) {
	file, err := os.OpenFile(filepath.Join(os.Getenv(fakeFolder), "alive"), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, name, err)
		os.Exit(1)
	}
	return func() { _ = file.Close() }
}
