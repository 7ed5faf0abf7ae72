package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// streams is everything that a command exchanges with the outside world. It is
// passed in, so that tests run commands in process.
type streams struct {
	in         io.Reader // nil: nobody can be asked
	out, err   io.Writer
	readSecret func(context.Context) (string, error) // a line that is not echoed; nil: a line of in
	environ    []string                              // NAME=value each
	files      map[string]string                     // the file and line that gave a variable of environ
	setenv     func(name, value string) error        // sets a variable of the process; nil: leaves it alone
	terminal   terminal
	user       string           // who runs the command, as user@host
	clock      func() time.Time // nil: time.Now
}

// terminal says which of the streams are a terminal. In the zero value none is.
type terminal struct {
	in, out, err bool
	pipe         bool // out is a pipe, which may lead to the same terminal
	width        int  // of out, in characters; 0: not known

	errWidth func() int // measures err, which may be resized; nil and 0: not known
}

// usualWidth is how wide a terminal is that does not say.
const usualWidth = 80

// progressWidth is the width of standard error at the moment, in characters.
func (t terminal) progressWidth() int {
	if t.errWidth != nil {
		if width := t.errWidth(); width > 0 {
			return max(width, 2)
		}
	}
	if t.width > 0 {
		return max(t.width, 2)
	}
	return usualWidth
}

// now returns the current time.
func (s streams) now() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	return time.Now()
}

// since returns how long ago a time is.
func (s streams) since(at time.Time) time.Duration { return s.now().Sub(at) }

// canRedraw reports whether progress can be redrawn on standard error.
func (s streams) canRedraw() bool {
	return s.terminal.err && lookupVariable(s.environ, "TERM") != "dumb"
}

// output is standard output that remembers its first write error: a command
// whose answer is lost, as on a full disk, has failed.
type output struct {
	io.Writer
	err error
}

// Write implements io.Writer. After an error nothing more is written, and the error stays
// the same, so that it is told once.
func (o *output) Write(text []byte) (int, error) {
	if o.err != nil {
		return 0, errors.Unwrap(o.err)
	}
	n, err := o.Writer.Write(text)
	if err != nil {
		o.err = fmt.Errorf("standard output can't be written: %w", err)
	}
	return n, err
}

// addLoss adds to a command's error that its output was lost, if it was. A command
// that has failed anyway keeps its exit code. One whose reader has seen enough, as
// head has, ends without a word.
func (o *output) addLoss(err error) error {
	if o.err == nil {
		return err
	}
	code, text := exitFailed, ""
	if err != nil && !errors.Is(err, errors.Unwrap(o.err)) {
		text = err.Error()
	}
	if e, ok := errors.AsType[exitError](err); ok {
		code = e.code
	}
	switch {
	case text != "":
		return exitError{code, errors.Join(err, o.err)}
	case errors.Is(o.err, syscall.EPIPE):
		return exitError{code: exitPipeClosed}
	}
	return exitError{code, o.err}
}
