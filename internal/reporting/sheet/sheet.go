// Package sheet writes a stream of rows as a table for the terminal, CSV, JSON or
// an Excel workbook. It writes rows as they come, so a million rows need little
// more memory than a few hundred.
//
// The package does not know what the rows are about: the caller describes the
// columns and yields the rows. WriteRows writes them to the terminal or to a file
// that appears under its name only when it is complete.
package sheet

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"time"

	"defendersync/internal/envelope"
)

// Kind is the kind of the values in a column. It decides how they are shown.
type Kind int

const (
	Text   Kind = iota
	Number      // right-aligned
	Time        // date, time of day and zone
	Date        // date only
	Link        // a web address; text in every format
	Bool
	Name // a word that is never shortened: an outcome, or an argument for other commands
	ID   // an id of another system; in JSON and workbooks only
	Page // the address of a web page, a hyperlink in a workbook; in JSON and workbooks only
	// Prose is a sentence or a list. A table on a terminal wraps it within its column in
	// place of shortening it.
	Prose
)

// isDetail reports whether tables and CSV leave a column out, unless it was chosen.
func (k Kind) isDetail() bool { return k == ID || k == Page }

// Column is a column of a sheet.
type Column struct {
	Key   string // stable name in JSON and CSV, camelCase
	Title string // header of the table and the workbook, for people
	Kind  Kind
	Width int // greatest width where there is no room to spare, in characters; 0: as the content needs
	Rank  int // a narrow terminal leaves out the greatest first; Always: never, as the first column

	Of    string // of a column of pages: the key of the column whose values they are about
	Blank bool   // nothing is known to stand here: workbooks and mails leave it out, unless it was chosen

	// Hidden columns are in no format. Pages are hidden whose address is only to be behind
	// the values of another column, as in mails.
	Hidden bool

	// Color returns the colour of a cell on a terminal by its value; nil: no
	// colour. Other formats have no colours.
	Color func(value any) Color
}

// Always is the Rank of a column that is not left out.
const Always = -1

// Fact is something to know about a sheet: a filter, a time, a note.
type Fact struct {
	Name, Value string
	Filter      bool // says which rows were asked for
}

// Sheet describes the rows: their columns, and what to know about them.
type Sheet struct {
	Title   string
	Columns []Column
	About   []Fact
	Chosen  bool // somebody chose the columns, so every format has them all

	Head envelope.Head // JSON: what the document begins with, before title and about
}

// shownColumns returns the places of the columns that a format has. Programs, which read
// JSON, find the same columns whatever is known.
func (s Sheet) shownColumns(f Format) (at []int) {
	for i, c := range s.Columns {
		detail := c.Kind.isDetail() && (f == Table || f == CSV)
		blank := c.Blank && f == XLSX
		if !c.Hidden && (s.Chosen || !detail && !blank) {
			at = append(at, i)
		}
	}
	return at
}

// withColumns returns the sheet with some of its columns.
func (s Sheet) withColumns(at []int) Sheet {
	all := s.Columns
	s.Columns = make([]Column, len(at))
	for i, from := range at {
		s.Columns[i] = all[from]
	}
	return s
}

// picking writes some of a row's values.
type picking struct {
	Writer
	sheet  Sheet // with all columns
	at     []int
	picked Row
}

func (p *picking) Write(r Row) error {
	if len(r) != len(p.sheet.Columns) {
		return fmt.Errorf("%s: the row has %d values for %d columns", p.sheet.Title, len(r), len(p.sheet.Columns))
	}
	p.picked = p.picked[:0]
	for _, from := range p.at {
		p.picked = append(p.picked, r[from])
	}
	return p.Writer.Write(p.picked)
}

// Row has a value for each column: string, int, int64, float64, time.Time,
// bool or nil. A nil, an empty string, a zero time, NaN and infinity make an
// empty cell. Whether a value is a number depends on its type, not on the kind of
// the column; the text "-5" is text.
type Row []any

// Format is a format that rows can be written in.
type Format string

// The formats.
const (
	Table Format = "table"
	JSON  Format = "json"
	CSV   Format = "csv"
	XLSX  Format = "xlsx"
)

// Formats lists the names that ParseFormat accepts, for help texts.
const Formats = "table, json, csv or xlsx"

// ParseFormat reads the name of a format, whatever its case.
func ParseFormat(s string) (Format, error) {
	switch f := Format(strings.ToLower(strings.TrimSpace(s))); f {
	case Table, JSON, CSV, XLSX:
		return f, nil
	}
	return "", fmt.Errorf("format %q: use %s", s, Formats)
}

// FormatOfFile returns the format for a file's extension; false for an unknown
// one. ".txt" stands for a table.
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
	Color      bool           // table: bold header, and cells in the colours of their columns
	Width      int            // table: the terminal's width in characters; 0: no text is shortened
	AllColumns bool           // table: leave no column out on a narrow terminal
	Notes      io.Writer      // table: where the number of rows is written, and which columns have no room; nil: nowhere
	NoCount    bool           // table: Notes gets no number of rows
	Empty      string         // table: the line in place of a table without rows; "": "no rows match"
	Titles     bool           // CSV: titles in the header in place of keys
	BOM        bool           // CSV: begin with a byte order mark, as old versions of Excel need
	Location   *time.Location // zone of dates, and of times in a table and a workbook; nil: UTC
	TempDir    string         // workbook: folder for temporary files; "": the system's
}

func (o Options) zoneOrUTC() *time.Location {
	if o.Location == nil {
		return time.UTC
	}
	return o.Location
}

// Writer writes the rows of one document.
type Writer interface {
	// Write adds a row. It keeps no reference to it, so the caller may reuse it.
	Write(Row) error
	// Close completes the document. It does not close the io.Writer.
	Close() error
	// Discard abandons the document and frees its resources. After Close it does
	// nothing.
	Discard()
}

// NewWriter begins a document in a format.
func NewWriter(f Format, out io.Writer, s Sheet, o Options) (Writer, error) {
	if len(s.Columns) == 0 {
		return nil, fmt.Errorf("%s has no columns", s.Title)
	}
	if at := s.shownColumns(f); len(at) < len(s.Columns) {
		if len(at) == 0 {
			return nil, fmt.Errorf("%s has no columns for %s", s.Title, f)
		}
		few := s.withColumns(at)
		few.Chosen = true
		w, err := NewWriter(f, out, few, o)
		return &picking{Writer: w, sheet: s, at: at}, err
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

// normalizeRow checks a row and copies it into dst as nil, string, int64, float64,
// time.Time and bool. Empty values become nil.
func (s Sheet) normalizeRow(dst []any, r Row) ([]any, error) {
	if len(r) != len(s.Columns) {
		return nil, fmt.Errorf("%s: the row has %d values for %d columns", s.Title, len(r), len(s.Columns))
	}
	dst = dst[:0]
	for i, v := range r {
		v, ok := normalizeValue(v)
		if !ok {
			return nil, fmt.Errorf("%s, column %s: can't write a value of type %T", s.Title, s.Columns[i].Key, r[i])
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
