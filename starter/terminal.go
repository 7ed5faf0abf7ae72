package main

import (
	"bytes"

	"golang.org/x/term"

	"defendersync/internal/saas"
)

// width is the width in characters of the terminal that is printed to; 0 when
// it is none.
func (s streams) width() int {
	f, ok := s.file()
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// outcomePainter gives the first outcome of every line its colour. A table
// comes line by line through it, and its outcomes stand before any free text.
type outcomePainter struct{ streams }

func (p outcomePainter) Write(text []byte) (int, error) {
	if !p.coloured() {
		return p.out.Write(text)
	}
	var painted bytes.Buffer
	for line := range bytes.Lines(text) {
		painted.Write(p.line(line))
	}
	if _, err := p.out.Write(painted.Bytes()); err != nil {
		return 0, err
	}
	return len(text), nil
}

// line paints the outcome that comes first, as a cell of its own.
func (p outcomePainter) line(line []byte) []byte {
	at, found := -1, saas.Outcome("")
	for _, o := range outcomes() {
		i := bytes.Index(line, []byte("  "+string(o)+"  "))
		if i >= 0 && (at < 0 || i < at) {
			at, found = i, o
		}
	}
	if at < 0 {
		return line
	}
	at += 2
	return []byte(string(line[:at]) + p.paint(string(found), colourOf(found)) + string(line[at+len(found):]))
}
