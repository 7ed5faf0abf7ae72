package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/moment"
)

const (
	// sample is how many rows are held back to determine the widths; later rows
	// are written at once.
	sample = 300
	// widest is the greatest width of a text column in a pipe or a file. A longer
	// text sticks out, so that it does not pad all others with blanks.
	widest  = 200
	between = "  "
)

// table writes aligned columns. Where the terminal's width is known, columns that
// have no room are left out, and text that is too long for its column is shortened,
// prose wrapped. Numbers and times never are: they stick out instead.
type table struct {
	out     *bufio.Writer
	sheet   Sheet
	options Options
	head    []tableRow // rows held back until the widths are known
	widths  []int      // nil until then
	scratch []any
	line    strings.Builder
	rows    int
	done    bool
}

// tableRow is a row as a table shows it.
type tableRow struct {
	cells  []string
	colors []Color // one for each cell; nil: no cell has a colour
}

func newTable(out io.Writer, s Sheet, o Options) *table {
	return &table{out: bufio.NewWriter(out), sheet: s, options: o}
}

// Write holds back the first rows and prints the others.
func (t *table) Write(r Row) error {
	var err error
	if t.scratch, err = t.sheet.normalizeRow(t.scratch, r); err != nil {
		return err
	}
	row := tableRow{cells: make([]string, len(r)), colors: t.cellColors(t.scratch)}
	for i, v := range t.scratch {
		row.cells[i] = formatValue(v, t.sheet.Columns[i].Kind, t.options.zoneOrUTC())
	}
	t.rows++
	if t.widths != nil {
		return t.printRow(row)
	}
	if t.head = append(t.head, row); len(t.head) < sample {
		return nil
	}
	return t.startOutput(true)
}

// Close prints the rows held back, and the number of rows to Notes.
func (t *table) Close() error {
	if t.done {
		return nil
	}
	t.done = true
	if t.rows == 0 {
		return t.writeEmpty()
	}
	if t.widths == nil {
		if err := t.startOutput(false); err != nil {
			return err
		}
	}
	if err := t.out.Flush(); err != nil {
		return err
	}
	notes := make([]string, 0, 2)
	if !t.options.NoCount {
		notes = append(notes, FormatCount(t.rows))
	}
	if note := t.noteLeftOut(); note != "" {
		notes = append(notes, note)
	}
	if t.options.Notes == nil || len(notes) == 0 {
		return nil
	}
	_, err := fmt.Fprintln(t.options.Notes, strings.Join(notes, "; "))
	return err
}

// Discard prints nothing more.
func (t *table) Discard() { t.done, t.head = true, nil }

func (t *table) writeEmpty() error {
	why := t.options.Empty
	if why == "" {
		why = "no rows match"
	}
	if _, err := fmt.Fprintln(t.out, makeVisible(why)); err != nil {
		return err
	}
	return t.out.Flush()
}

// startOutput determines the widths and prints the header and the rows held back.
// more says that other rows follow.
func (t *table) startOutput(more bool) error {
	t.widths = t.settleWidths(more)
	titles := make([]string, len(t.sheet.Columns))
	for i, c := range t.sheet.Columns {
		titles[i] = cutText(makeVisible(c.Title), t.widths[i])
	}
	header := t.layOut(tableRow{cells: titles})
	if t.options.Color {
		header = bold.Paint(header)
	}
	if _, err := t.out.WriteString(header + "\n"); err != nil {
		return err
	}
	for _, row := range t.head {
		if err := t.printRow(row); err != nil {
			return err
		}
	}
	t.head = nil
	return nil
}

// cellColors returns the colours of a row's cells; nil when none has a colour.
func (t *table) cellColors(values []any) []Color {
	if !t.options.Color {
		return nil
	}
	var colors []Color
	for i, c := range t.sheet.Columns {
		if c.Color == nil {
			continue
		}
		if colors == nil {
			colors = make([]Color, len(values))
		}
		colors[i] = c.Color(values[i])
	}
	return colors
}

func (t *table) printRow(row tableRow) error {
	for _, line := range t.foldRow(row) {
		if _, err := t.out.WriteString(t.layOut(line) + "\n"); err != nil {
			return err
		}
	}
	return nil
}

// foldRow makes a row fit the columns: other texts are shortened, and prose goes on in
// lines below that have nothing else.
func (t *table) foldRow(row tableRow) []tableRow {
	lines := []tableRow{row}
	if t.options.Width == 0 {
		return lines
	}
	for i, c := range row.cells {
		switch {
		case t.widths[i] == leftOut || !t.isCuttable(i):
		case t.sheet.Columns[i].Kind != Prose:
			row.cells[i] = cutText(c, t.widths[i])
		default:
			for n, part := range foldText(c, t.widths[i]) {
				if n == len(lines) {
					lines = append(lines, tableRow{cells: make([]string, len(row.cells)), colors: row.colors})
				}
				lines[n].cells[i] = part
			}
		}
	}
	return lines
}

// layOut aligns the cells of a row, without blanks at the end of the line.
func (t *table) layOut(row tableRow) string {
	t.line.Reset()
	for i, c := range row.cells {
		if t.widths[i] == leftOut {
			continue
		}
		if i > 0 {
			t.line.WriteString(between)
		}
		var color Color
		if row.colors != nil {
			color = row.colors[i]
		}
		padText(&t.line, c, t.widths[i], t.sheet.Columns[i].Kind == Number, color)
	}
	return strings.TrimRight(t.line.String(), " ")
}

// isCuttable reports whether the values of a column may be shortened or wrapped.
func (t *table) isCuttable(i int) bool {
	k := t.sheet.Columns[i].Kind
	return k == Text || k == Link || k == Prose
}

// settleWidths determines the widths from the rows held back.
func (t *table) settleWidths(more bool) []int {
	widths, natural := make([]int, len(t.sheet.Columns)), make([]int, len(t.sheet.Columns))
	for i, c := range t.sheet.Columns {
		widths[i] = textWidth(makeVisible(c.Title))
		for _, row := range t.head {
			widths[i] = max(widths[i], textWidth(row.cells[i]))
		}
		if t.options.Width == 0 && t.isCuttable(i) {
			widths[i] = min(widths[i], max(widest, textWidth(makeVisible(c.Title))))
		}
		natural[i] = widths[i]
		if c.Width > 0 && t.options.Width > 0 && t.isCuttable(i) {
			widths[i] = min(widths[i], max(c.Width, textWidth(makeVisible(c.Title))))
		}
	}
	if t.options.Width > 0 {
		if !t.options.AllColumns {
			t.dropColumns(widths)
		}
		t.fitWidths(widths, natural, more)
	}
	return widths
}

// FormatCell writes a value as a table shows it: one visible line, times with their
// zone; "" for an empty or unknown value. in nil is UTC.
func FormatCell(v any, k Kind, in *time.Location) string {
	v, ok := normalizeValue(v)
	if !ok {
		return ""
	}
	return formatValue(v, k, Options{Location: in}.zoneOrUTC())
}

// formatValue returns a normalized value as a table shows it.
func formatValue(v any, k Kind, in *time.Location) string {
	switch v := v.(type) {
	case string:
		return makeVisible(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case time.Time:
		if k == Date {
			return moment.FormatDay(v, in)
		}
		return moment.FormatSecond(v, in)
	}
	return ""
}

// FormatCount returns a number of rows for people: "1 row", "1,200 rows".
func FormatCount(n int) string {
	if n == 1 {
		return "1 row"
	}
	return GroupDigits(n) + " rows"
}

// GroupDigits returns a number for people: "1,200".
func GroupDigits(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
