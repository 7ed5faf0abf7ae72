package main

import (
	"fmt"
	"sync"
	"time"

	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// reportProgress shows the progress of a report: what has been read and how
// many rows are written. It is safe for concurrent use.
type reportProgress struct {
	*statusLine

	mu      sync.Mutex
	reading string
	written string
}

func newReportProgress(s streams) *reportProgress {
	line := newStatusLine(s)
	line.at = time.Now() // a report that is quick shows nothing
	return &reportProgress{statusLine: line}
}

// countRead sets how much has been read. A total of 0 or less means that it is
// unknown.
func (p *reportProgress) countRead(what string, done, total int) {
	text := fmt.Sprintf("%s: %d", what, done)
	if total > 0 {
		text += fmt.Sprintf(" of %d", max(total, done))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = text
	p.showBoth()
}

// countRows sets how many rows are written.
func (p *reportProgress) countRows(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written = sheet.FormatCount(n) + " written"
	p.showBoth()
}

func (p *reportProgress) showBoth() {
	text := p.reading
	if text != "" && p.written != "" {
		text += ", "
	}
	p.showText(text + p.written)
}

// endAtFirst ends the progress at the first row, for rows that go to the same
// terminal, or may do so through a pipe.
func (p *reportProgress) endAtFirst(rows query.Rows) query.Rows {
	return func(yield func(sheet.Row, error) bool) {
		for row, err := range rows {
			p.endLine()
			if !yield(row, err) {
				return
			}
		}
	}
}
