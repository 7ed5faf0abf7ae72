// Package sheet turns a stream of rows into what an operator reads: a table
// on the terminal, CSV, JSON or an Excel workbook. Rows are written as they
// come, so a million of them take no more memory than a few hundred.
//
// It knows nothing of what the rows are about: the caller names the columns
// and yields the rows; Run takes them to the terminal or into a file, which
// appears under its name only when it is complete.
package sheet

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"time"
)

// Kind is what the values of a column are, and so how they are shown.
type Kind int

const (
	Text   Kind = iota
	Number      // right-aligned
	Time        // date, time of day and zone
	Date        // date only
	Link        // a web address, written as text in every format
	Bool
	Name // a word that is never cut: an outcome, or what other commands take
)

// Column is a column of a sheet.
type Column struct {
	Key   string // stable name in JSON and CSV, camelCase
	Title string // what people read: heads the table and the workbook
	Kind  Kind
	Width int // the widest it is shown, in characters; 0: as its content needs

	// Color is the colour of a cell on a terminal, by its value; nil colours
	// none. Other formats have no colours.
	Color func(value any) Color
}

// Fact is a thing to know about a sheet: what was asked, when, a filter, a note.
type Fact struct{ Name, Value string }

// Sheet is what the rows belong to.
type Sheet struct {
	Title   string
	Columns []Column
	About   []Fact // names differ from each other
}

// Row has a value for each column: string, int, int64, float64, time.Time,
// bool or nil. A nil, an empty string, a zero time and a number that is none
// (NaN, infinite) are an empty cell. A number is a number by its type, whatever
// the column's kind; the text "-5" is text.
type Row []any

// Format is a form that rows can be written in.
type Format string

const (
	Table Format = "table"
	JSON  Format = "json"
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
)

// Formats lists the names that ParseFormat knows, for help texts.
const Formats = "table, json, csv or xlsx"

// ParseFormat reads the name of a format, in any case.
func ParseFormat(s string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimSpace(s))); f {
	case Table, JSON, CSV, XLSX:
		return f, nil
	}
	return "", fmt.Errorf("format %q: use %s", s, Formats)
}

// FormatOfFile is the format that a file's name ends in; false when it ends
// in none of them. A ".txt" is a table.
func FormatOfFile(path string) (Format, bool) {
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".json", ".csv", ".xlsx":
		return Format(ext[1:]), true
	case ".txt":
		return Table, true
	}
	return "", false
}

// Options say how rows are written. The zero value works.
type Options struct {
	Color    bool           // table: the header in bold, cells in the colours of their columns
	Width    int            // table: the terminal's width in characters; 0: nothing is cut
	Notes    io.Writer      // table: where the number of rows is told; nil: nowhere
	Empty    string         // table: what "no rows: …" goes on to say
	Titles   bool           // CSV: the header has titles in place of keys
	BOM      bool           // CSV: begin with a byte order mark, as old versions of Excel need
	Location *time.Location // zone of times in a table and a workbook, and of dates; nil: UTC
	TempDir  string         // workbook: folder of the rows on their way; "": the system's
}

func (o Options) zoneOrUTC() *time.Location {
	if o.Location == nil {
		return time.UTC
	}
	return o.Location
}

// Writer writes the rows of one document.
type Writer interface {
	// Write adds a row. It keeps nothing of it: the caller may use it again.
	Write(Row) error
	// Close finishes the document. It does not close what was written to.
	Close() error
	// Discard gives up the document and frees what it holds. After Close it
	// does nothing.
	Discard()
}

// NewWriter begins a document of a format.
func NewWriter(f Format, out io.Writer, s Sheet, o Options) (Writer, error) {
	if len(s.Columns) == 0 {
		return nil, fmt.Errorf("%s has no columns", s.Title)
	}
	switch f {
	case Table:
		return newTable(out, s, o), nil
	case JSON:
		return newJSON(out, s, o)
	case CSV:
		return newCSV(out, s, o)
	case XLSX:
		return newWorkbook(out, s, o)
	}
	return nil, fmt.Errorf("format %q: use %s", f, Formats)
}

// normalizeRow checks a row and brings it into dst as nil, string, int64, float64,
// time.Time and bool, with nil for all that is empty.
func (s Sheet) normalizeRow(dst []any, r Row) ([]any, error) {
	if len(r) != len(s.Columns) {
		return nil, fmt.Errorf("%s: a row of %d values for %d columns", s.Title, len(r), len(s.Columns))
	}
	dst = dst[:0]
	for i, v := range r {
		v, ok := normalizeValue(v)
		if !ok {
			return nil, fmt.Errorf("%s, column %s: a value of type %T can't be written", s.Title, s.Columns[i].Key, r[i])
		}
		dst = append(dst, v)
	}
	return dst, nil
}

func normalizeValue(v any) (any, bool) {
	switch v := v.(type) {
	case nil, bool, int64:
		return v, true
	case int:
		return int64(v), true
	case string:
		return nilIfAbsent(v, v != "")
	case time.Time:
		return nilIfAbsent(v, !v.IsZero())
	case float64:
		return nilIfAbsent(v, !math.IsNaN(v) && !math.IsInf(v, 0))
	}
	return nil, false
}

func nilIfAbsent(v any, present bool) (any, bool) {
	if !present {
		return nil, true
	}
	return v, true
}
