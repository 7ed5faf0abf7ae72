package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"
)

// jsonWriter writes one object, with a line for each row:
//
//	{"title":"Apps","about":{"Asked":"…"},"rows":[
//	{"name":"Slack","users":12,"lastActivity":"2026-11-24T08:00:00Z"},
//	…
//	],"count":2}
//
// Keys are in the order of the columns. Empty values are null, times RFC 3339 in
// UTC, dates 2006-01-02. A document that was interrupted lacks its end, so it is
// not valid JSON.
type jsonWriter struct {
	out     *bufio.Writer
	sheet   Sheet
	options Options
	keys    [][]byte // `"name":`, after a comma except for the first
	scratch []any
	text    bytes.Buffer
	encode  *json.Encoder // into text
	rows    int
	done    bool
}

func newJSON(out io.Writer, s Sheet, o Options) (*jsonWriter, error) {
	w := &jsonWriter{out: bufio.NewWriter(out), sheet: s, options: o}
	w.encode = json.NewEncoder(&w.text)
	w.encode.SetEscapeHTML(false)
	for i, c := range s.Columns {
		key := append(bytes.Clone(w.quoteText(c.Key)), ':')
		if i > 0 {
			key = append([]byte{','}, key...)
		}
		w.keys = append(w.keys, key)
	}
	return w, w.writeHead()
}

func (w *jsonWriter) writeHead() error {
	var head []byte
	head = append(append(head, `{"title":`...), w.quoteText(w.sheet.Title)...)
	head = append(head, `,"about":{`...)
	for i, f := range w.sheet.About {
		if i > 0 {
			head = append(head, ',')
		}
		head = append(append(head, w.quoteText(f.Name)...), ':')
		head = append(head, w.quoteText(f.Value)...)
	}
	_, err := w.out.Write(append(head, `},"rows":[`...))
	return err
}

// Write adds the object of a row.
func (w *jsonWriter) Write(r Row) error {
	var err error
	if w.scratch, err = w.sheet.normalizeRow(w.scratch, r); err != nil {
		return err
	}
	line := w.out.AvailableBuffer()
	if w.rows > 0 {
		line = append(line, ',')
	}
	line = append(line, '\n', '{')
	for i, v := range w.scratch {
		line = append(line, w.keys[i]...)
		line = w.appendValue(line, v, w.sheet.Columns[i].Kind)
	}
	w.rows++
	_, err = w.out.Write(append(line, '}'))
	return err
}

// Close writes the end of the document.
func (w *jsonWriter) Close() error {
	if w.done {
		return nil
	}
	w.done = true
	if _, err := fmt.Fprintf(w.out, "\n],\"count\":%d}\n", w.rows); err != nil {
		return err
	}
	return w.out.Flush()
}

// Discard leaves the document without its end.
func (w *jsonWriter) Discard() { w.done = true }

func (w *jsonWriter) appendValue(line []byte, v any, k Kind) []byte {
	switch v := v.(type) {
	case string:
		return append(line, w.quoteText(v)...)
	case int64:
		return strconv.AppendInt(line, v, 10)
	case float64:
		return appendFloat(line, v)
	case bool:
		return strconv.AppendBool(line, v)
	case time.Time:
		return strconv.AppendQuote(line, formatStamp(v, k, w.options.zoneOrUTC()))
	}
	return append(line, "null"...)
}

// appendFloat writes an exponent only for very large and very small numbers.
func appendFloat(line []byte, v float64) []byte {
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(line, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(line, v, 'f', -1, 64)
}

// quoteText returns a text as JSON, valid until the next call.
func (w *jsonWriter) quoteText(s string) []byte {
	w.text.Reset()
	// Neither encoding a string nor writing to a buffer can fail.
	_ = w.encode.Encode(s)
	return bytes.TrimSuffix(w.text.Bytes(), []byte("\n"))
}
