package main

import (
	"fmt"
	"io"
	"os"
)

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
