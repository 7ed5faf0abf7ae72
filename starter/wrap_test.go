package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestLinesForPeopleWrapBetweenWords(t *testing.T) {
	for _, tc := range []struct{ name, line, want string }{
		{"a short line", "matches the settings", "matches the settings"},
		{"one that just fits", strings.Repeat("x", 29) + " " + strings.Repeat("y", 10), strings.Repeat("x", 29) + " " + strings.Repeat("y", 10)},
		{"a long line", "✓ Watch: running as watch/microsoft-defender since yesterday", "✓ Watch: running as\n  watch/microsoft-defender since\n  yesterday"},
		{"an indented line", "  a start missed while Temporal was down is made up for", "  a start missed while Temporal was down\n    is made up for"},
		{"a long word", "see http://127.0.0.1:8233/namespaces/default/workflows/session", "see http://127.0.0.1:8233/namespaces/default/workflows/session"},
		{"colours take no room", "\x1b[32m✓\x1b[0m Temporal: workers: a worker polled now", "\x1b[32m✓\x1b[0m Temporal: workers: a worker polled now"},
		{"wide characters", "通知 " + strings.Repeat("先", 18) + " ok", "通知\n  " + strings.Repeat("先", 18) + "\n  ok"},
	} {
		if got := wrapLine(tc.line, 40); got != tc.want {
			t.Errorf("%s:\n%s\nnot:\n%s", tc.name, got, tc.want)
		}
	}
	if got := wrapLine("too narrow for any words", 12); strings.Contains(got, "\n") {
		t.Errorf("without room: %q", got)
	}
}

func TestLinesThatComeInPiecesAreWrappedOnceComplete(t *testing.T) {
	var out bytes.Buffer
	w := newWrapper(&out, true, 30)
	fmt.Fprint(w, "Oomnitza: token, role")
	fmt.Fprint(w, ", integration user")
	if out.Len() > 0 {
		t.Errorf("written too soon: %q", &out)
	}
	fmt.Fprint(w, ": fine\nnext\n")
	if got, want := out.String(), "Oomnitza: token, role,\n  integration user: fine\nnext\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	if w := newWrapper(&out, false, 30); w != &out {
		t.Error("what is no terminal is wrapped")
	}
}
