package main

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// progress tells how far a report has got, on errors' stream: on a terminal in
// one line that is drawn again, elsewhere in a plain line now and then. It is
// safe for concurrent use.
type progress struct {
	streams
	every time.Duration

	mu      sync.Mutex
	reading string // what is read, and how far
	written string // how many rows are written
	line    string // what was told last
	drawn   int    // characters of the line that stands on the terminal
	at      time.Time
	over    bool
}

func newProgress(s streams) *progress {
	p := &progress{streams: s, every: plainEvery, at: time.Now()}
	if s.redraws() {
		p.every = 100 * time.Millisecond
	}
	return p
}

// step tells how much of a long reading is done; a total of 0 or less isn't
// known.
func (p *progress) step(what string, done, total int) {
	text := fmt.Sprintf("%s: %d", what, done)
	if total > 0 {
		text += fmt.Sprintf(" of %d", max(total, done))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = text
	p.tell()
}

// rows tells how many rows are written.
func (p *progress) rows(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written = sheet.FormatCount(n) + " written"
	p.tell()
}

// tell shows how things stand, unless it did so a moment ago.
func (p *progress) tell() {
	text := p.reading
	if text != "" && p.written != "" {
		text += ", "
	}
	text += p.written
	if p.over || text == p.line || time.Since(p.at) < p.every {
		return
	}
	p.line, p.at = text, time.Now()
	if !p.redraws() {
		fmt.Fprintln(p.err, text)
		return
	}
	fmt.Fprint(p.err, "\r"+text+strings.Repeat(" ", max(0, p.drawn-len(text))))
	p.drawn = len(text)
}

// note tells something that stays to be read.
func (p *progress) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.err, "note: "+text)
}

// end takes away the line that stands on the terminal; nothing is drawn after.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.over = true
}

func (p *progress) clear() {
	if p.drawn > 0 {
		fmt.Fprint(p.err, "\r"+strings.Repeat(" ", p.drawn)+"\r")
		p.drawn = 0
	}
}

// endAtFirst ends the progress when the first row comes, for rows that go to
// the same terminal.
func (p *progress) endAtFirst(rows query.Rows) query.Rows {
	return func(yield func(sheet.Row, error) bool) {
		for row, err := range rows {
			p.end()
			if !yield(row, err) {
				return
			}
		}
	}
}
