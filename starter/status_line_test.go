package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// screen is what a terminal of a width shows of what is written to it: text wraps, and
// a carriage return goes to the beginning of the last line.
func screen(text string, width int) []string {
	lines, at := []string{""}, 0
	for _, r := range text {
		last := []rune(lines[len(lines)-1])
		switch {
		case r == '\n':
			lines, at = append(lines, ""), 0
			continue
		case r == '\r':
			at = 0
			continue
		case at == width:
			lines, at, last = append(lines, ""), 0, nil
		}
		if at < len(last) {
			last[at] = r
		} else {
			last = append(last, r)
		}
		lines[len(lines)-1] = string(last)
		at++
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}

func TestAStatusLineIsOneLineAtAnyWidthWhateverHappens(t *testing.T) {
	for _, width := range []int{2, 7, 20, 80, 120, 200} {
		synctest.Test(t, func(t *testing.T) {
			var errs bytes.Buffer
			now := width
			s := streams{err: &errs, terminal: terminal{err: true, errWidth: func() int { return now }}}
			l := newStatusLine(s)
			show := func(text string) {
				l.showText(text)
				time.Sleep(redrawEvery)
			}
			for i := range 30 {
				show(fmt.Sprintf("carrying over users · apps %d of ~199 · waiting: Defender: HTTP 503\nfor 東京 since 12:00 · %s", i, strings.Repeat("long ", i*3)))
			}
			l.printLine("note")
			l.showText("short")
			l.showText("too soon")
			if got := screen(errs.String(), width); width >= 20 && strings.Join(got, "|") != "note|short" {
				t.Errorf("on a terminal of %d: %q", width, got)
			}
			l.endLine()
			time.Sleep(redrawEvery)
			l.showText("too late")
			if got := screen(errs.String(), width); got[len(got)-1] != "" || strings.Contains(strings.Join(got, ""), "carrying") {
				t.Errorf("on a terminal of %d, at the end: %q", width, got)
			}
		})
	}
}

func TestAStatusLineFollowsTheTerminalsWidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		width := 0 // does not say
		l := newStatusLine(streams{err: &errs, terminal: terminal{err: true, errWidth: func() int { return width }}})
		for _, width = range []int{0, 20, 40, 0} {
			errs.Reset()
			l.showText(strings.Repeat("x", 300+width))
			time.Sleep(redrawEvery)
			line := errs.String()[strings.LastIndexByte(errs.String(), '\r')+1:]
			want := width - 1
			if width == 0 {
				want = usualWidth - 1
			}
			if got := len([]rune(line)); got != want || !strings.HasSuffix(line, "…") {
				t.Errorf("on a terminal of %d: %d characters: %q", width, got, line)
			}
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
