package serverbuild

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress is how far a build is.
type progress struct {
	out        io.Writer
	terminal   bool // one line, rewritten
	now        func() time.Time
	started    time.Time
	packages   map[string]bool // that have to be compiled and were not begun; nil: not known yet
	begun, all int             // of those that have to be compiled
	downloads  int             // of modules
}

func newProgress(out io.Writer, terminal bool, now func() time.Time) *progress {
	return &progress{out: out, terminal: terminal, now: now, started: now()}
}

// setPackages takes what has to be compiled, of all packages that there are.
func (p *progress) setPackages(stale map[string]bool, all int) {
	p.packages, p.all = stale, len(stale)
	p.sayf("building the Temporal server: packages to compile: %d of %d", len(stale), all)
}

// countLine counts what a line of Go's says, or passes the line on.
func (p *progress) countLine(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		p.downloads++
	case p.packages[line]:
		delete(p.packages, line)
		p.begun++
	default:
		p.sayf("%s", line)
	}
}

// describe is how far the build is, in a line.
func (p *progress) describe() string {
	took := p.now().Sub(p.started).Round(time.Second)
	switch {
	case p.packages == nil && p.downloads > 0:
		return fmt.Sprintf("  downloading: %d modules, %s", p.downloads, took)
	case p.packages == nil:
		return fmt.Sprintf("  looking for what has to be compiled, %s", took)
	case p.begun == p.all:
		return fmt.Sprintf("  %d of %d packages, linking, %s", p.begun, p.all, took)
	default:
		return fmt.Sprintf("  %d of %d packages, %s", p.begun, p.all, took)
	}
}

// clearLine takes a terminal's line away.
const clearLine = "\r\x1b[K"

// tell tells how far the build is. An output that is gone must not end the build.
func (p *progress) tell() {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, clearLine, p.describe())
		return
	}
	_, _ = fmt.Fprintln(p.out, p.describe())
}

// clear takes the line of progress from a terminal.
func (p *progress) clear() {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, clearLine)
	}
}

// sayf adds a line that stays.
func (p *progress) sayf(format string, args ...any) {
	p.clear()
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

func (p *progress) sayDone() { p.sayf("built in %s", p.now().Sub(p.started).Round(time.Second)) }
