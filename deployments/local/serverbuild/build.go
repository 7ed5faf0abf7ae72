// Package serverbuild builds the program with the Temporal server and tells how far it
// is: cold, that is some eighteen hundred packages.
package serverbuild

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	// rewriteEvery is how often a terminal's line is written again.
	rewriteEvery = 500 * time.Millisecond
	// tellEvery is how often a line is added where there is no terminal.
	tellEvery = 15 * time.Second
	// stopLimit is how long Go may take to clean up when it is interrupted.
	stopLimit = 10 * time.Second
)

// Options say what is built, and who is told.
type Options struct {
	Folder string   // of the program
	File   string   // that it becomes; relative to Folder unless absolute
	Flags  []string // of go build
	Out    io.Writer
}

// BuildServer builds the program and tells on Out how many of the packages that have to
// be compiled are. What Go itself has to say is passed on.
func BuildServer(ctx context.Context, o Options) error {
	p := newProgress(o.Out, IsTerminal(o.Out), time.Now)
	if err := p.listPackages(ctx, o.Folder); err != nil {
		return fmt.Errorf("looking for what has to be compiled: %w", err)
	}
	args := append([]string{"build", "-v", "-o", o.File}, o.Flags...)
	if err := p.runGo(ctx, o.Folder, nil, append(args, ".")...); err != nil {
		return fmt.Errorf("building the Temporal server: %w", err)
	}
	p.sayDone()
	return nil
}

// IsTerminal reports whether lines can be rewritten on out.
func IsTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// listPackages asks Go which packages its cache lacks. What is in the cache is stale to
// it, too, and has no reason but that.
func (p *progress) listPackages(ctx context.Context, folder string) error {
	var out strings.Builder
	err := p.runGo(ctx, folder, &out, "list", "-deps", "-f", "{{.ImportPath}}\t{{.Stale}}\t{{.StaleReason}}", ".")
	if err == nil {
		p.setPackages(parseList(out.String()))
	}
	return err
}

// inCache is Go's reason why a program that is not installed is no work.
const inCache = "not installed but available in build cache"

// parseList reads which packages there are, and which have to be compiled.
func parseList(text string) (stale map[string]bool, all int) {
	stale = map[string]bool{}
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			continue
		}
		all++
		if fields[1] == "true" && fields[2] != inCache {
			stale[fields[0]] = true
		}
	}
	return stale, all
}

// runGo runs a command of Go and counts what it says on standard error.
func (p *progress) runGo(ctx context.Context, folder string, stdout io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdout = folder, stdout
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopLimit
	reader, writer := io.Pipe()
	cmd.Stderr = writer
	lines := make(chan string)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(reader)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			lines <- scanner.Text()
		}
		_, _ = io.Copy(io.Discard, reader) // after a line that is longer, nothing must wait
	}()
	if err := cmd.Start(); err != nil {
		_ = writer.Close()
		return err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		_ = writer.Close()
	}()
	p.follow(lines)
	if err := <-ended; ctx.Err() == nil {
		return err
	}
	return ctx.Err()
}

// follow counts lines until there are no more, and tells how far it is now and then.
func (p *progress) follow(lines <-chan string) {
	every := tellEvery
	if p.terminal {
		every = rewriteEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				p.clear()
				return
			}
			p.countLine(line)
		case <-tick.C:
			p.tell()
		}
	}
}
