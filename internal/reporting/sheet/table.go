package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	// sample is how many rows are kept back to find the widths by; what comes
	// after is written at once.
	sample = 300
	// narrowest is what a text column keeps on a terminal too narrow for all.
	narrowest = 8
	// widest is what a text column takes where no width is given, in a pipe or a
	// file: what is longer sticks out, rather than have blanks put after all others.
	widest  = 200
	between = "  "
)

// table writes aligned columns. Text that is too long for its column is cut
// where the terminal's width is known; numbers and times never are: such a row
// sticks out instead.
type table struct {
	out     *bufio.Writer
	sheet   Sheet
	options Options
	head    []tableRow // rows kept back until the widths are known
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

// Write keeps back the first rows and prints the others.
func (t *table) Write(r Row) error {
	var err error
	if t.scratch, err = t.sheet.values(t.scratch, r); err != nil {
		return err
	}
	row := tableRow{cells: make([]string, len(r)), colors: t.cellColors(t.scratch)}
	for i, v := range t.scratch {
		row.cells[i] = shown(v, t.sheet.Columns[i].Kind, t.options.location())
	}
	t.rows++
	if t.widths != nil {
		return t.print(row)
	}
	if t.head = append(t.head, row); len(t.head) < sample {
		return nil
	}
	return t.begin(true)
}

// Close prints what was kept back and tells the number of rows.
func (t *table) Close() error {
	if t.done {
		return nil
	}
	t.done = true
	if t.rows == 0 {
		return t.empty()
	}
	if t.widths == nil {
		if err := t.begin(false); err != nil {
			return err
		}
	}
	if err := t.out.Flush(); err != nil {
		return err
	}
	if t.options.Notes == nil {
		return nil
	}
	_, err := fmt.Fprintln(t.options.Notes, Count(t.rows))
	return err
}

// Discard prints nothing more.
func (t *table) Discard() { t.done, t.head = true, nil }

func (t *table) empty() error {
	why := t.options.Empty
	if why == "" {
		why = "nothing matches what was asked"
	}
	if _, err := fmt.Fprintln(t.out, "no rows: "+visible(why)); err != nil {
		return err
	}
	return t.out.Flush()
}

// begin settles the widths and prints the header and the rows kept back.
func (t *table) begin(more bool) error {
	t.widths = t.settle(more)
	titles := make([]string, len(t.sheet.Columns))
	for i, c := range t.sheet.Columns {
		titles[i] = cut(visible(c.Title), t.widths[i])
	}
	header := t.lay(tableRow{cells: titles})
	if t.options.Color {
		header = bold.Paint(header)
	}
	if _, err := t.out.WriteString(header + "\n"); err != nil {
		return err
	}
	for _, row := range t.head {
		if err := t.print(row); err != nil {
			return err
		}
	}
	t.head = nil
	return nil
}

// cellColors asks the columns for the colours of a row's cells.
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

func (t *table) print(row tableRow) error {
	for i, c := range row.cells {
		if t.options.Width > 0 && t.cuttable(i) {
			row.cells[i] = cut(c, t.widths[i])
		}
	}
	if _, err := t.out.WriteString(t.lay(row)); err != nil {
		return err
	}
	return t.out.WriteByte('\n')
}

// lay puts cells under each other's columns, with no space at the line's end.
func (t *table) lay(row tableRow) string {
	t.line.Reset()
	for i, c := range row.cells {
		if i > 0 {
			t.line.WriteString(between)
		}
		var color Color
		if row.colors != nil {
			color = row.colors[i]
		}
		pad(&t.line, c, t.widths[i], t.sheet.Columns[i].Kind == Number, color)
	}
	return strings.TrimRight(t.line.String(), " ")
}

// cuttable reports whether a column's values may be cut.
func (t *table) cuttable(i int) bool {
	k := t.sheet.Columns[i].Kind
	return k == Text || k == Link
}

// settle finds the widths: as wide as the rows kept back need, the widest text
// columns giving way until the line fits the terminal. Where there is room and
// there are more rows to come, text columns get some of it.
func (t *table) settle(more bool) []int {
	widths := make([]int, len(t.sheet.Columns))
	for i, c := range t.sheet.Columns {
		widths[i] = width(visible(c.Title))
		for _, row := range t.head {
			widths[i] = max(widths[i], width(row.cells[i]))
		}
		if t.options.Width == 0 && t.cuttable(i) {
			widths[i] = min(widths[i], max(widest, width(visible(c.Title))))
		}
		if c.Width > 0 && t.options.Width > 0 && t.cuttable(i) {
			widths[i] = min(widths[i], max(c.Width, width(visible(c.Title))))
		}
	}
	if t.options.Width > 0 {
		t.fit(widths, more)
	}
	return widths
}

func (t *table) fit(widths []int, more bool) {
	room := t.options.Width - len(between)*(len(widths)-1)
	for _, w := range widths {
		room -= w
	}
	for ; room < 0; room++ {
		at := -1
		for i, w := range widths {
			if t.cuttable(i) && w > narrowest && (at < 0 || w > widths[at]) {
				at = i
			}
		}
		if at < 0 {
			return
		}
		widths[at]--
	}
	if more {
		t.spread(widths, room)
	}
}

// spread gives the room that is left to the text columns, evenly, each up to
// half as much again as it has.
func (t *table) spread(widths []int, room int) {
	texts := 0
	for i := range widths {
		if t.cuttable(i) {
			texts++
		}
	}
	for i, w := range widths {
		if t.cuttable(i) {
			widths[i] += min(room/texts, w/2)
		}
	}
}

// shown is a value as a table has it.
func shown(v any, k Kind, in *time.Location) string {
	switch v := v.(type) {
	case string:
		return visible(v)
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
			return v.In(in).Format(time.DateOnly)
		}
		return v.In(in).Format("2006-01-02 15:04:05 MST")
	}
	return ""
}

// Count says how many rows there are, as people read it.
func Count(n int) string {
	if n == 1 {
		return "1 row"
	}
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text + " rows"
}
