package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	_ "time/tzdata" // the schedule's time zone, also where the machine has no zone files

	"golang.org/x/term"

	"defendersync/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A reader that ends first, such as head, must not kill the process: progress
	// would stay on the screen.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	code := run(ctx, processStreams(), os.Args)
	stop()
	os.Exit(code)
}

// processStreams returns the streams of this process.
func processStreams() streams {
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: config.UseCredentials(os.Environ()), setenv: os.Setenv, user: userAtHost()}
	s.readSecret = readPassword
	s.terminal.in, s.terminal.out, s.terminal.err = isTerminal(os.Stdin), isTerminal(os.Stdout), isTerminal(os.Stderr)
	if info, err := os.Stdout.Stat(); err == nil {
		s.terminal.pipe = info.Mode()&os.ModeNamedPipe != 0
	}
	s.terminal.errWidth = func() int {
		width, _, err := term.GetSize(int(os.Stderr.Fd()))
		if err != nil {
			return 0
		}
		return width
	}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		s.terminal.width = width
	}
	return s
}

// readPassword reads a line that the terminal does not echo. When it is interrupted,
// the terminal echoes again.
func readPassword(ctx context.Context) (string, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	text, err := await(ctx, func() (string, error) {
		text, err := term.ReadPassword(fd)
		return string(text), err
	})
	if ctx.Err() != nil {
		err = errors.Join(err, term.Restore(fd, before))
	}
	return text, err
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// userAtHost names the user who runs the command, for "started by".
func userAtHost() string {
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
