package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheProgramSaysWhatItDoesNotUnderstand(t *testing.T) {
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("no setting\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		want string
		args []string
	}{
		{"flag provided but not defined: -fly", []string{"--fly"}},
		{`defendersync-up takes no arguments, got "x"`, []string{"x"}},
		{"wrong: line 1 is no setting", []string{"--which", "--env-file", wrong}},
		{"wrong: line 1 is no setting", []string{"--env-file", wrong}},
	} {
		var out, errOut bytes.Buffer
		if code := runCommand(test.args, &out, &errOut); code != 2 || !strings.Contains(errOut.String(), test.want) || out.Len() > 0 {
			t.Errorf("%q ended with %d, saying %q, %q; want 2 and %q", test.args, code, &out, &errOut, test.want)
		}
	}
}
