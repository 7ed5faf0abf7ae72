package sheet

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"defendersync/internal/envelope"
)

// jsonWriter writes an envelope, with a line for each row:
//
//	{"kind":"report.apps","version":1,"generatedAt":"…","title":"Apps","about":[{"name":"Asked","value":"…"}],"data":[
//	{"name":"Slack","users":12,"lastActivity":"2026-11-24T08:00:00Z"},
//	…
//	],"count":2}
//
// Keys are in the order of the columns. Empty values are null, times RFC 3339 in
// UTC, dates 2006-01-02. A document that was interrupted lacks its end, so it is
// not valid JSON.
type jsonWriter struct {
	list    *envelope.List
	sheet   Sheet
	options Options
	keys    [][]byte // `"name":`, after a comma except for the first
	scratch []any
	text    bytes.Buffer
	encode  *json.Encoder // into text
}

func newJSON(out io.Writer, s Sheet, o Options) (*jsonWriter, error) {
	w := newJSONRows(s, o)
	var err error
	w.list, err = envelope.NewList(out, headOf(s))
	return w, err
}

// newJSONRows makes a writer of rows that still needs a list to write them into.
func newJSONRows(s Sheet, o Options) *jsonWriter {
	w := &jsonWriter{sheet: s, options: o}
	w.encode = json.NewEncoder(&w.text)
	w.encode.SetEscapeHTML(false)
	for i, c := range s.Columns {
		key := append(bytes.Clone(w.quoteText(c.Key)), ':')
		if i > 0 {
			key = append([]byte{','}, key...)
		}
		w.keys = append(w.keys, key)
	}
	return w
}

// aboutFact is a fact in JSON.
type aboutFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// headOf is the head of a sheet's document, with what is to be known about the sheet.
func headOf(s Sheet) envelope.Head {
	h := s.Head
	about := make([]aboutFact, 0, len(s.About))
	for _, f := range s.About {
		about = append(about, aboutFact{f.Name, f.Value})
	}
	h.Fields = append(slices.Clone(h.Fields), envelope.Field{Name: "title", Value: s.Title}, envelope.Field{Name: "about", Value: about})
	return h
}

// Write adds the object of a row.
func (w *jsonWriter) Write(r Row) error {
	var err error
	if w.scratch, err = w.sheet.normalizeRow(w.scratch, r); err != nil {
		return err
	}
	line := append(w.list.BeginRow(), '{')
	for i, v := range w.scratch {
		line = append(line, w.keys[i]...)
		line = w.appendValue(line, v, w.sheet.Columns[i].Kind)
	}
	return w.list.EndRow(append(line, '}'))
}

// Close writes the end of the document.
func (w *jsonWriter) Close() error { return w.list.Close() }

// Discard leaves the document without its end.
func (w *jsonWriter) Discard() { w.list.Discard() }

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
