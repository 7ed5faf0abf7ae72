package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"defendersync/internal/moment"
)

// csvWriter writes RFC 4180: UTF-8, separated by commas, lines ending in CR LF,
// quotes where needed. Times are RFC 3339 in UTC, dates 2006-01-02.
type csvWriter struct {
	csv     *csv.Writer
	sheet   Sheet
	options Options
	scratch []any
	record  []string
}

func newCSV(out io.Writer, s Sheet, o Options) (*csvWriter, error) {
	w := &csvWriter{csv: csv.NewWriter(out), sheet: s, options: o}
	w.csv.UseCRLF = true
	if o.BOM {
		if _, err := io.WriteString(out, "\ufeff"); err != nil {
			return nil, fmt.Errorf("writing CSV: %w", err)
		}
	}
	for _, c := range s.Columns {
		name := c.Key
		if o.Titles {
			name = c.Title
		}
		w.record = append(w.record, guardFormula(name))
	}
	return w, w.csv.Write(w.record)
}

// Write adds a record.
func (w *csvWriter) Write(r Row) error {
	var err error
	if w.scratch, err = w.sheet.normalizeRow(w.scratch, r); err != nil {
		return err
	}
	w.record = w.record[:0]
	for i, v := range w.scratch {
		w.record = append(w.record, w.formatCell(v, w.sheet.Columns[i].Kind))
	}
	return w.csv.Write(w.record)
}

// Close writes what is buffered.
func (w *csvWriter) Close() error {
	w.csv.Flush()
	return w.csv.Error()
}

// Discard does nothing: the caller removes the file.
func (w *csvWriter) Discard() {}

func (w *csvWriter) formatCell(v any, k Kind) string {
	switch v := v.(type) {
	case string:
		return guardFormula(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return formatStamp(v, k, w.options.zoneOrUTC())
	}
	return ""
}

// formatStamp returns a time for programs: RFC 3339 in UTC, or the date in the
// zone.
func formatStamp(t time.Time, k Kind, in *time.Location) string {
	if k == Date {
		return moment.FormatDay(t, in)
	}
	return t.UTC().Format(time.RFC3339)
}

// guardFormula puts an apostrophe before a text that a spreadsheet would take for a
// formula; a spreadsheet then shows it as text. Line breaks become a line feed,
// which encoding/csv writes as CR LF.
func guardFormula(s string) string {
	s = replaceInvalid(s)
	risky := IsFormula(s)
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if risky {
		return "'" + s
	}
	return s
}

// IsFormula reports whether a spreadsheet would take a text for a formula: one
// that begins with = + - @, their full-width and small forms, a tab or a line
// break, also behind blanks and invisible characters, which some programs
// remove. The list is OWASP's:
// https://owasp.org/www-community/attacks/CSV_Injection
func IsFormula(s string) bool {
	for _, r := range s {
		switch r {
		case '=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−', '\t', '\r', '\n':
			return true
		}
		// Some programs remove invisible characters.
		if !unicode.IsSpace(r) && !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r) {
			return false
		}
	}
	return false
}
