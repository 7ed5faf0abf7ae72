package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestACommandWhoseAnswerIsLostFails(t *testing.T) {
	for _, line := range []string{"--help", "version", "man", "check --help", "sessions"} {
		var told bytes.Buffer
		code := run(t.Context(), streams{out: full{}, err: &told}, append([]string{"defendersync"}, strings.Fields(line)...))
		if code != exitFailed || !strings.Contains(told.String(), "no space left") {
			t.Errorf("%s ended with %d and says %q", line, code, told.String())
		}
	}
}
