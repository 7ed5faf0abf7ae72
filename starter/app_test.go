package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"defendersync/internal/testing/instants"
)

// ran is what a command printed and how it ended.
type ran struct {
	out, err string
	code     int
}

// command runs the command line in process, with nothing of this machine's
// environment, at instants.Noon. Nobody listens on Temporal's port.
func command(t *testing.T, environ []string, in io.Reader, args ...string) ran {
	t.Helper()
	return commandAt(t, instants.Noon, environ, in, args...)
}

// commandAt is command at another instant.
func commandAt(t *testing.T, at time.Time, environ []string, in io.Reader, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	s := streams{in: in, out: &out, err: &errs, environ: append([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, environ...), clock: instants.Still(at)}
	code := run(t.Context(), s, append([]string{"defendersync"}, args...))
	return ran{out.String(), errs.String(), code}
}
