package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStatusLineIsDrawnOverOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		l := newStatusLine(streams{err: &errs, terminal: terminal{err: true, width: 20}})
		l.showText("a line that is longer than the terminal is wide")
		l.showText("too soon")
		time.Sleep(redrawEvery)
		l.showText("short")
		l.printNote("something to know")
		time.Sleep(redrawEvery)
		l.showText("again")
		l.endLine()
		time.Sleep(redrawEvery)
		l.showText("too late")
		want := "\ra line that is lon…" + "\rshort" + strings.Repeat(" ", 14) +
			"\r     \rnote: something to know\n" + "\ragain" + "\r     \r"
		if got := errs.String(); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
}

func TestAStatusLineIsAPlainLineNowAndThenElsewhere(t *testing.T) {
	for name, s := range map[string]streams{
		"no terminal":     {},
		"a dumb terminal": {terminal: terminal{err: true}, environ: []string{"TERM=dumb"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var errs bytes.Buffer
				s.err = &errs
				l := newStatusLine(s)
				l.showText("one")
				l.showText("too soon")
				time.Sleep(plainEvery)
				l.showText("one")
				l.showText("two")
				l.endLine()
				if got := errs.String(); got != "one\ntwo\n" {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestABarIsAsFullAsTheShareThatIsDone(t *testing.T) {
	for want, share := range map[string][2]int{
		"[░░░░░░░░░░░░░░░░░░░░░░░░]   0%": {0, 60},
		"[████████████░░░░░░░░░░░░]  50%": {30, 60},
		"[███████████████████████░]  98%": {59, 60},
		"[████████████████████████] 100%": {70, 60},
	} {
		if got := drawBar(share[0], share[1]); got != want {
			t.Errorf("%d of %d: %s", share[0], share[1], got)
		}
	}
	if got := drawBar(3, 0); !strings.HasSuffix(got, "   0%") {
		t.Errorf("of an unknown number: %s", got)
	}
}
