package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"defendersync/internal/reporting/sheet"
)

// leastRoom is the least room for words in a line: where there is less, lines are left
// to the terminal.
const leastRoom = 20

// wrapper writes text for people to a terminal, lines wrapped between words: the
// terminal itself breaks them anywhere. What follows is indented a little more than
// its line. A word that is too long for any line, such as a URL, stays where it is. A
// line is written when it is complete.
type wrapper struct {
	out   io.Writer
	width int
	line  []byte // that is not complete
}

// newWrapper wraps lines at a width, if it is known and out is a terminal.
func newWrapper(out io.Writer, isTerminal bool, width int) io.Writer {
	if !isTerminal || width <= 0 {
		return out
	}
	return &wrapper{out: out, width: width}
}

// forPeople returns the commands with a standard output that wraps lines of text.
func (c commands) forPeople() commands {
	c.out = newWrapper(c.out, c.terminal.out, c.terminal.width)
	return c
}

// errForPeople is standard error that wraps lines of text.
func (s streams) errForPeople() io.Writer {
	return newWrapper(s.err, s.terminal.err, s.terminal.progressWidth())
}

// Write implements io.Writer.
func (w *wrapper) Write(text []byte) (int, error) {
	w.line = append(w.line, text...)
	for {
		line, rest, complete := bytes.Cut(w.line, []byte("\n"))
		if !complete {
			return len(text), nil
		}
		wrapped := wrapLine(string(line), w.width) + "\n"
		w.line = append([]byte(nil), rest...)
		if _, err := io.WriteString(w.out, wrapped); err != nil {
			return 0, err
		}
	}
}

// escapes are the sequences that colour text, which take no room.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// wrapLine wraps one line between words.
func wrapLine(line string, width int) string {
	if takesRoom(line) <= width {
		return line
	}
	indent := len(line) - len(strings.TrimLeft(line, " ")) + 2
	if width-indent < leastRoom {
		return line
	}
	var out strings.Builder
	at := 0 // of the line that is being filled
	for word := range strings.SplitAfterSeq(line, " ") {
		long := takesRoom(strings.TrimRight(word, " "))
		if at > indent && at+long > width && indent+long <= width {
			out.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		}
		out.WriteString(word)
		at += takesRoom(word)
	}
	return trimLines(out.String())
}

// takesRoom returns how many columns of a terminal a text takes.
func takesRoom(text string) int { return sheet.LineWidth(escapes.ReplaceAllString(text, "")) }

// trimLines takes the spaces off that stood where a line was wrapped.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
