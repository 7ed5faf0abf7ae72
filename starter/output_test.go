package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/urfave/cli/v2"
)

// broken is an output that takes nothing.
type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

// full is a full disk, each of whose errors is another one, as a file's are.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

var (
	errFull   = &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
	errClosed = &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
)

func TestACommandWhoseAnswerIsLostFails(t *testing.T) {
	environ := []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}
	for line, want := range map[string]int{
		"--help": exitFailed, "version": exitFailed, "man": exitFailed, "check --help": exitFailed, "sessions": exitFailed,
		"watch": plugUnknown, "watch --output json": plugUnknown, // as monitoring has it
	} {
		var told bytes.Buffer
		code := run(t.Context(), streams{out: full{}, err: &told, environ: environ}, append([]string{"defendersync"}, strings.Fields(line)...))
		if code != want || strings.Count(told.String(), "no space left") != 1 || !strings.Contains(told.String(), "standard output can't be written") {
			t.Errorf("%s ended with %d and says %q", line, code, told.String())
		}
	}
}

func TestCheckSaysThatItsFindingsAreLost(t *testing.T) {
	var told bytes.Buffer
	environ := []string{
		"TEMPORAL_ADDRESS=127.0.0.1:1", "DEFENDER_API_URL=http://127.0.0.1:1", "DEFENDER_ALLOW_HOST=127.0.0.1", "DEFENDER_API_KEY=k",
		"OOMNITZA_URL=http://127.0.0.1:1", "OOMNITZA_API_TOKEN=t", "INTEGRATION_DEFAULT_ROLE=25", "INTEGRATION_USER=me@contoso.com",
	}
	for _, flags := range []string{"--output table", "--output json", "--columns status,check"} {
		told.Reset()
		code := run(t.Context(), streams{out: full{}, err: &told, environ: environ}, append([]string{"defendersync", "check"}, strings.Fields(flags)...))
		if code != exitFailed || strings.Count(told.String(), "no space left") != 1 {
			t.Errorf("%s: ended with %d and says %q", flags, code, told.String())
		}
	}
}

func TestALostAnswerIsToldBesideWhatElseFailed(t *testing.T) {
	other := errors.New("the tenant does not answer")
	for name, tc := range map[string]struct {
		lost, err error
		code      int
		text      string
	}{
		"nothing is lost":              {nil, other, exitFailed, other.Error()},
		"all else is well":             {errFull, nil, exitFailed, "no space left"},
		"the outcome is another":       {errFull, exitError{code: exitWithErrors}, exitWithErrors, "no space left"},
		"the loss is the failure":      {errFull, fmt.Errorf("write: %w", errFull), exitFailed, "standard output can't be written"},
		"another failure":              {errFull, exitError{exitUsage, other}, exitUsage, other.Error() + "\nstandard output"},
		"the reader has enough":        {errClosed, nil, exitPipeClosed, ""},
		"the reader has enough, again": {errClosed, exitError{code: exitFailed}, exitPipeClosed, ""},
		"the reader's end fails it":    {errClosed, errClosed, exitPipeClosed, ""},
		"the reader ends at a failure": {errClosed, other, exitFailed, other.Error()},
	} {
		out := &output{Writer: io.Discard}
		if tc.lost != nil {
			out.Writer = broken{tc.lost}
			_, _ = out.Write([]byte("text"))
		}
		err := out.addLoss(tc.err)
		e, ok := errors.AsType[exitError](err)
		if !ok {
			e = exitError{exitFailed, err}
		}
		if e.code != tc.code || !strings.Contains(e.Error(), tc.text) || tc.text == "" && e.Error() != "" {
			t.Errorf("%s: ends with %d and %q", name, e.code, e.Error())
		}
	}
}

func TestNoLetterStandsForTwoFlags(t *testing.T) {
	meaning := map[string]string{}
	every(newApp(streams{}).Commands, nil, func(path []string, cmd *cli.Command) {
		for _, f := range cmd.Flags {
			for _, name := range f.Names() {
				if known, ok := meaning[name]; ok && known != f.Names()[0] {
					t.Errorf("-%s of %s is --%s, and --%s elsewhere", name, strings.Join(path, " "), f.Names()[0], known)
				}
				meaning[name] = f.Names()[0]
			}
		}
	})
	if meaning["f"] != "follow" || meaning["o"] != "output" {
		t.Errorf("-f is %q and -o is %q", meaning["f"], meaning["o"])
	}
}
