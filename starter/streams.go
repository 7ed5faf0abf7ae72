package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// streams is the outside world of a command, handed in so that tests run
// commands in process.
type streams struct {
	in       io.Reader // nil: nobody can be asked
	out, err io.Writer
	environ  []string
	colours  bool             // out takes colours though it is no file, for tests
	clock    func() time.Time // what time it is; nil: time.Now
}

// now is the instant that answers go by.
func (s streams) now() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	return time.Now()
}

// terminal reports whether progress may be drawn and redrawn on errors' stream.
func (s streams) terminal() bool {
	f, ok := s.err.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// output is standard output that remembers the first error of writing to it: a
// command whose answer is lost, as on a full disk, has not done its work.
type output struct {
	io.Writer
	err error
}

// Write implements io.Writer.
func (o *output) Write(text []byte) (int, error) {
	n, err := o.Writer.Write(text)
	if err != nil && o.err == nil {
		o.err = fmt.Errorf("what it says could not be written: %w", err)
	}
	return n, err
}

// file is the file that is printed to, if it is one.
func (s streams) file() (*os.File, bool) {
	out := s.out
	if o, ok := out.(*output); ok {
		out = o.Writer
	}
	f, ok := out.(*os.File)
	return f, ok
}

// width is the width in characters of the terminal that is printed to; 0 when
// it is none.
func (s streams) width() int {
	f, ok := s.file()
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// toTerminal reports whether the answer goes to a terminal.
func (s streams) toTerminal() bool {
	f, ok := s.file()
	return ok && term.IsTerminal(int(f.Fd()))
}
