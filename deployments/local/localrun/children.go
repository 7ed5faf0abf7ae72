package localrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// startLimit is how long a child may take until it is ready.
	startLimit = 60 * time.Second
	// childStopLimit is how long a child may take to stop before it is killed:
	// a worker finishes its page first, the server writes its file.
	childStopLimit = 20 * time.Second
	// logFolder is where the children's logs are, in the data folder.
	logFolder = "log"
	// tailLines is how much of a dead child's log is shown.
	tailLines = 12
)

// child is a process that serves while the local run lasts.
type child struct {
	name string
	log  string // path of the file with all that it prints
	from int64  // where its own part of the file begins
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how, once done is closed
}

// startChild starts a program whose output goes to the end of a log file. It
// must be called from the main goroutine, see prepareChild.
func startChild(name, log string, env []string, program string, args ...string) (*child, error) {
	if err := os.MkdirAll(filepath.Dir(log), privateFolder); err != nil {
		return nil, fmt.Errorf("making the log folder: %w", err)
	}
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, privateFile)
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	defer func() { _ = file.Close() }() // the child has its own
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the log of %s: %w", name, err)
	}
	cmd := exec.Command(program, args...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = file, file
	prepareChild(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	c := &child{name: name, log: log, from: info.Size(), cmd: cmd, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// describeDeath describes a child that ended by itself, with the end of its log.
func (c *child) describeDeath() error {
	how := "ended"
	if c.err != nil {
		how = "died (" + c.err.Error() + ")"
	}
	return fmt.Errorf("%s %s; the end of its log %s:\n%s", c.name, how, c.log, readTail(c.log, tailLines))
}

// stopChild asks the child to end, and kills its whole process group if it doesn't.
func (c *child) stopChild(limit time.Duration) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(limit):
	}
	// Whatever it may have started itself goes with it.
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.done
}

// awaitLine returns the rest of the first line that starts with prefix, once the
// child has printed it, or the reason why it never will: the child died, took
// longer than limit, or ctx is done.
func (c *child) awaitLine(ctx context.Context, limit time.Duration, prefix string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		if rest, ok := c.findPrinted(prefix); ok {
			return rest, nil
		}
		select {
		case <-c.done:
			return "", c.describeDeath()
		case <-poll.C:
		case <-ctx.Done():
			if ctx.Err() == context.DeadlineExceeded {
				return "", fmt.Errorf("%s was not ready within %s; the end of its log %s:\n%s", c.name, limit, c.log, readTail(c.log, tailLines))
			}
			return "", ctx.Err()
		}
	}
}

// findPrinted looks for a whole line with the prefix in what this child has logged.
func (c *child) findPrinted(prefix string) (rest string, ok bool) {
	file, err := os.Open(c.log)
	if err != nil {
		return "", false
	}
	defer func() { _ = file.Close() }()
	data, _ := io.ReadAll(io.NewSectionReader(file, c.from, 64<<10)) // an unread line comes with the next look
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(rest, "\n") {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// runChild runs a program to its end on our own terminal and returns its exit
// code. When ctx is done it is interrupted, and killed if that doesn't help.
func runChild(ctx context.Context, env []string, stdout, stderr io.Writer, program string, args ...string) (int, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = childStopLimit
	prepareChild(cmd)
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ExitFailed, ctx.Err()
	case err == nil:
		return ExitOK, nil
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	default:
		return ExitFailed, fmt.Errorf("running %s %s: %w", filepath.Base(program), strings.Join(args, " "), err)
	}
}

// readTail is the last lines of a file, indented.
func readTail(path string, lines int) string {
	const most = 16 << 10 // bytes to look at
	file, err := os.Open(path)
	if err != nil {
		return "  (no log)"
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > most {
		_, _ = file.Seek(-most, io.SeekEnd)
	}
	data, _ := io.ReadAll(io.LimitReader(file, most))
	text := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	return "  " + strings.Join(text[max(0, len(text)-lines):], "\n  ")
}
