// Package envelope writes the JSON of commands: one convention for all of them, so that
// a program that reads one can read any.
//
//	{"kind":"sessions.list","version":1,"generatedAt":"2026-11-27T12:00:00Z","integration":"hr","data":[…],"count":2}
//
// Each document says what it is (kind: the words of the command with dots), in which
// version, when it was made and of which integration. data holds a single thing as an
// object, or a list as an array with its length in count. Where a command prints
// several documents, each takes one line.
//
// Keys are camelCase. Times are RFC 3339 in UTC and whole seconds: use Time. Durations
// are numbers of seconds, in keys that end in Seconds: use Seconds. What is not known is
// left out: use omitempty and omitzero. docs/json.md tells users the same;
// docs/schemas has a JSON Schema for each kind.
//
// The package knows no command and no kind.
package envelope

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
)

// Head is what a document begins with.
type Head struct {
	Kind        string
	Version     int // of the kind; it rises when a key goes away or changes its meaning. 0: 1
	GeneratedAt time.Time
	Integration string  // "": the document is not about one integration
	Fields      []Field // further members beside data, in this order
}

// Field is a member of a document.
type Field struct {
	Name  string
	Value any
}

// Write writes a document about a single thing, which has to be an object in JSON.
func Write(w io.Writer, h Head, data any) error {
	return writeIndented(w, func(dst []byte) ([]byte, error) { return appendDocument(dst, h, data) })
}

// WriteLine is Write in one line, for documents that others follow.
func WriteLine(w io.Writer, h Head, data any) error {
	line, err := appendDocument(nil, h, data)
	if err != nil {
		return err
	}
	_, err = w.Write(append(line, '\n'))
	return err
}

// WriteList writes a document with a list whose elements are in memory: see List for
// those that are not.
func WriteList[T any](w io.Writer, h Head, list []T) error {
	return writeIndented(w, func(dst []byte) ([]byte, error) {
		dst, err := appendHead(dst, h)
		if err != nil {
			return nil, err
		}
		if list == nil {
			list = []T{}
		}
		if dst, err = appendMember(dst, "data", list); err != nil {
			return nil, err
		}
		dst, err = appendMember(dst, "count", len(list))
		return append(dst, '}'), err
	})
}

// List writes a document with a list row by row, a line for each. A document that was
// interrupted lacks its end, so it is not valid JSON.
type List struct {
	out  *bufio.Writer
	rows int
	done bool
}

// NewList begins a document.
func NewList(w io.Writer, h Head) (*List, error) {
	head, err := appendHead(nil, h)
	if err != nil {
		return nil, err
	}
	l := &List{out: bufio.NewWriter(w)}
	_, err = l.out.Write(append(head, `,"data":[`...))
	return l, err
}

// BeginRow returns the buffer that a row's JSON is to be appended to. It is good until
// EndRow.
func (l *List) BeginRow() []byte {
	line := l.out.AvailableBuffer()
	if l.rows > 0 {
		line = append(line, ',')
	}
	return append(line, '\n')
}

// EndRow writes what BeginRow returned and the row's JSON after it.
func (l *List) EndRow(line []byte) error {
	l.rows++
	_, err := l.out.Write(line)
	return err
}

// Close writes the end of the document.
func (l *List) Close() error {
	if l.done {
		return nil
	}
	l.done = true
	if _, err := fmt.Fprintf(l.out, "\n],\"count\":%d}\n", l.rows); err != nil {
		return err
	}
	return l.out.Flush()
}

// Discard leaves the document without its end.
func (l *List) Discard() { l.done = true }

// Lists writes a document whose data is an object of several lists, one after the other,
// row by row. Their lengths are in counts. It is a List otherwise.
type Lists struct {
	List
	counts []Field
}

// NewLists begins a document. Begin comes before the first row.
func NewLists(w io.Writer, h Head) (*Lists, error) {
	head, err := appendHead(nil, h)
	if err != nil {
		return nil, err
	}
	l := &Lists{List: List{out: bufio.NewWriter(w)}}
	_, err = l.out.Write(append(head, `,"data":{`...))
	return l, err
}

// Begin ends the list before and begins another one.
func (l *Lists) Begin(name string) error {
	line, err := appendValue(l.endList(l.out.AvailableBuffer()), name)
	if err != nil {
		return err
	}
	l.counts = append(l.counts, Field{Name: name})
	_, err = l.out.Write(append(line, ":["...))
	return err
}

// endList appends the end of the list that was begun last, if any.
func (l *Lists) endList(line []byte) []byte {
	if n := len(l.counts); n > 0 {
		l.counts[n-1].Value = l.rows
		l.rows = 0
		line = append(line, "\n],"...)
	}
	return line
}

// Close writes the end of the document.
func (l *Lists) Close() error {
	if l.done {
		return nil
	}
	l.done = true
	line := append(bytes.TrimSuffix(l.endList(nil), []byte(",")), `},"counts":{`...)
	for i, f := range l.counts {
		if i > 0 {
			line = append(line, ',')
		}
		line = fmt.Appendf(line, "%q:%d", f.Name, f.Value)
	}
	if _, err := l.out.Write(append(line, "}}\n"...)); err != nil {
		return err
	}
	return l.out.Flush()
}

func writeIndented(w io.Writer, make func([]byte) ([]byte, error)) error {
	text, err := make(nil)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err = w.Write(out.Bytes())
	return err
}

func appendDocument(dst []byte, h Head, data any) ([]byte, error) {
	dst, err := appendHead(dst, h)
	if err != nil {
		return nil, err
	}
	if dst, err = appendMember(dst, "data", data); err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// appendHead appends a document up to its data.
func appendHead(dst []byte, h Head) (_ []byte, err error) {
	fields := []Field{{"kind", h.Kind}, {"version", max(h.Version, 1)}, {"generatedAt", At(h.GeneratedAt)}}
	if h.Integration != "" {
		fields = append(fields, Field{"integration", h.Integration})
	}
	dst = append(dst, '{')
	for i, f := range append(fields, h.Fields...) {
		if i == 0 {
			dst, err = appendValue(append(dst, `"kind":`...), f.Value)
		} else {
			dst, err = appendMember(dst, f.Name, f.Value)
		}
		if err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func appendMember(dst []byte, name string, value any) ([]byte, error) {
	dst, err := appendValue(append(dst, ','), name)
	if err != nil {
		return nil, err
	}
	return appendValue(append(dst, ':'), value)
}

// appendValue appends JSON in which <, > and & stand as they are: it is not for HTML.
func appendValue(dst []byte, v any) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return append(dst, bytes.TrimSuffix(text.Bytes(), []byte("\n"))...), nil
}

// Time is a time in a document: RFC 3339 in UTC and whole seconds, null when zero.
type Time struct{ time.Time }

// At returns a time for a document.
func At(t time.Time) Time { return Time{t} }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return json.Marshal(t.UTC().Format(time.RFC3339))
}

// Seconds is a duration in a document: a number of seconds, to the millisecond.
type Seconds time.Duration

// MarshalJSON implements json.Marshaler.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(time.Duration(s).Seconds()*1000) / 1000)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Seconds) UnmarshalJSON(b []byte) error {
	var n float64
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*s = Seconds(math.Round(n*1000) * float64(time.Millisecond))
	return nil
}
