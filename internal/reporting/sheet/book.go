package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"defendersync/internal/envelope"
)

// Part is one of the lists of a book.
type Part struct {
	Key string // JSON: the list's member of data; CSV: what its rows have in the first column
	Sheet
	Rows iter.Seq2[Row, error]
}

// WriteBook writes several lists as one document, one after the other, and returns how
// many rows each has. What to know about the document is in about, whose columns count
// for nothing:
//
//   - a table for each list, below its title;
//   - JSON: an object data with an array for each list, and their lengths in counts;
//   - CSV: one table with all columns of all lists, of which the first, list, says which
//     list a row is of;
//   - XLSX: a sheet for each list.
//
// progress is called as by WriteRows, with the rows of all lists; it may be nil.
func WriteBook(ctx context.Context, out io.Writer, f Format, about Sheet, parts []Part, o Options, progress func(rows int)) (counts []int, err error) {
	w, err := newBook(f, untilDone{ctx, out}, about, parts, o)
	if err != nil {
		return nil, err
	}
	defer w.discard()
	n := 0
	for i, part := range parts {
		if err := w.begin(i); err != nil {
			return nil, wrapInterrupt(ctx, n, err)
		}
		before := n
		for row, err := range part.Rows {
			if err := errors.Join(ctx.Err(), err); err != nil {
				return nil, wrapInterrupt(ctx, n, err)
			}
			if err := w.write(row); err != nil {
				return nil, wrapInterrupt(ctx, n, err)
			}
			if n++; progress != nil && n%progressEvery == 0 {
				progress(n)
			}
		}
		counts = append(counts, n-before)
	}
	if err := w.close(); err != nil {
		return nil, wrapInterrupt(ctx, n, err)
	}
	return counts, nil
}

// book writes several lists in one format.
type book interface {
	begin(part int) error // of the rows of a list
	write(Row) error
	close() error
	discard()
}

func newBook(f Format, out io.Writer, about Sheet, parts []Part, o Options) (book, error) {
	switch f {
	case Table:
		return &tableBook{out: out, parts: parts, options: o}, nil
	case JSON:
		return newJSONBook(out, about, parts, o)
	case CSV:
		return newCSVBook(out, parts, o)
	case XLSX:
		w, err := newWorkbook(out, parts[0].Sheet, o)
		if err != nil {
			return nil, err
		}
		w.about = about
		return &workbookBook{w, parts}, nil
	}
	return nil, fmt.Errorf("format %q: use %s", f, Formats)
}

// tableBook writes a table for each list.
type tableBook struct {
	out     io.Writer
	parts   []Part
	options Options
	now     Writer
}

func (b *tableBook) begin(part int) error {
	gap := "\n"
	if part == 0 {
		gap = ""
	}
	if err := b.close(); err != nil {
		return err
	}
	title := b.parts[part].Title
	if b.options.Color {
		title = bold.Paint(title)
	}
	if _, err := fmt.Fprintf(b.out, "%s%s\n\n", gap, title); err != nil {
		return err
	}
	var err error
	b.now, err = NewWriter(Table, b.out, b.parts[part].Sheet, b.options)
	return err
}

func (b *tableBook) write(r Row) error { return b.now.Write(r) }

func (b *tableBook) close() error {
	if b.now == nil {
		return nil
	}
	return b.now.Close()
}

func (b *tableBook) discard() {
	if b.now != nil {
		b.now.Discard()
	}
}

// jsonBook writes an envelope with several lists.
type jsonBook struct {
	lists   *envelope.Lists
	parts   []Part
	options Options
	now     *jsonWriter
}

func newJSONBook(out io.Writer, about Sheet, parts []Part, o Options) (*jsonBook, error) {
	lists, err := envelope.NewLists(out, headOf(about))
	return &jsonBook{lists: lists, parts: parts, options: o}, err
}

func (b *jsonBook) begin(part int) error {
	b.now = newJSONRows(b.parts[part].Sheet, b.options)
	b.now.list = &b.lists.List
	return b.lists.Begin(b.parts[part].Key)
}

func (b *jsonBook) write(r Row) error { return b.now.Write(r) }
func (b *jsonBook) close() error      { return b.lists.Close() }
func (b *jsonBook) discard()          { b.lists.Discard() }

// csvBook writes one table with the columns of all lists. Lists share a column whose key
// they share.
type csvBook struct {
	*csvWriter
	parts []Part
	at    [][]int // of each list: where its columns are in the table
	part  int
	row   Row
}

func newCSVBook(out io.Writer, parts []Part, o Options) (*csvBook, error) {
	b := &csvBook{parts: parts}
	all := Sheet{Title: "list", Columns: []Column{{Key: "list", Title: "List"}}}
	places := map[string]int{}
	for _, part := range parts {
		var at []int
		for _, c := range part.Columns {
			place, known := places[c.Key]
			if !known {
				place = len(all.Columns)
				places[c.Key] = place
				all.Columns = append(all.Columns, c)
			}
			at = append(at, place)
		}
		b.at = append(b.at, at)
	}
	b.row = make(Row, len(all.Columns))
	var err error
	b.csvWriter, err = newCSV(out, all, o)
	return b, err
}

func (b *csvBook) begin(part int) error {
	b.part = part
	return nil
}

func (b *csvBook) write(r Row) error {
	at := b.at[b.part]
	if len(r) != len(at) {
		return fmt.Errorf("%s: the row has %d values for %d columns", b.parts[b.part].Title, len(r), len(at))
	}
	clear(b.row)
	b.row[0] = b.parts[b.part].Key
	for i, v := range r {
		b.row[at[i]] = v
	}
	return b.Write(b.row)
}

func (b *csvBook) close() error { return b.Close() }
func (b *csvBook) discard()     {}

// workbookBook writes a sheet for each list.
type workbookBook struct {
	*workbook
	parts []Part
}

func (b *workbookBook) begin(part int) error {
	if part == 0 {
		return nil
	}
	return b.nextList(b.parts[part].Sheet)
}

func (b *workbookBook) write(r Row) error { return b.Write(r) }
func (b *workbookBook) close() error      { return b.Close() }
func (b *workbookBook) discard()          { b.Discard() }
