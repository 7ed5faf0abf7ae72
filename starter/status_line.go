package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"defendersync/internal/reporting/sheet"
)

const (
	// plainEvery is the least time between two plain lines, and redrawEvery
	// between two drawings on a terminal.
	plainEvery  = 5 * time.Second
	redrawEvery = 100 * time.Millisecond
	// barWidth is the width of a bar, in characters.
	barWidth = 24
	// longestLine bounds a plain line, in characters.
	longestLine = 1000
)

// statusLine shows the progress of a command on standard error: on a terminal
// in one line that is redrawn, elsewhere as a plain line every few seconds. It
// is safe for concurrent use.
type statusLine struct {
	streams
	every time.Duration

	mu    sync.Mutex
	shown string    // latest text
	drawn int       // characters of the line that stands on the terminal
	at    time.Time // when the latest text was shown
	over  bool
}

func newStatusLine(s streams) *statusLine {
	l := &statusLine{streams: s, every: plainEvery}
	if s.canRedraw() {
		l.every = redrawEvery
	}
	return l
}

// showText shows a text, unless it is shown already or another one was shown a
// moment ago.
func (l *statusLine) showText(text string) {
	l.showFitted(text, func(int) string { return text })
}

// showFitted is showText of a text that fits a terminal by other means than being cut:
// fitRoom is what it is in so many characters.
func (l *statusLine) showFitted(text string, fitRoom func(room int) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room := longestLine
	if l.canRedraw() {
		room = l.terminal.progressWidth() - 1 // a line that fills the last place wraps on some terminals
		text = fitRoom(room)
	}
	if l.over || text == l.shown || time.Since(l.at) < l.every {
		return
	}
	l.shown, l.at = text, time.Now()
	line := sheet.ClipLine(text, room)
	if !l.canRedraw() {
		fmt.Fprintln(l.err, line)
		return
	}
	took := sheet.LineWidth(line)
	fmt.Fprint(l.err, "\r"+line+strings.Repeat(" ", max(0, min(l.drawn, room)-took)))
	l.drawn = took
}

// printNote prints a note that stays on the screen.
func (l *statusLine) printNote(text string) { l.printLine("note: " + text) }

// printLine prints a line that stays on the screen.
func (l *statusLine) printLine(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipeLine()
	fmt.Fprintln(l.errForPeople(), text)
}

// endLine clears the line; nothing is shown after it.
func (l *statusLine) endLine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wipeLine()
	l.over = true
}

// wipeLine clears what is drawn, as far as it stands in one line: the terminal may
// have become narrower since.
func (l *statusLine) wipeLine() {
	if l.drawn > 0 {
		fmt.Fprint(l.err, "\r"+strings.Repeat(" ", min(l.drawn, l.terminal.progressWidth()-1))+"\r")
		l.drawn = 0
	}
}

// drawBar returns a bar that shows which share is done.
func drawBar(done, total int) string {
	share := 0.0
	if total > 0 {
		share = min(1, max(0, float64(done)/float64(total)))
	}
	full := int(share * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f%%", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), 100*share)
}
