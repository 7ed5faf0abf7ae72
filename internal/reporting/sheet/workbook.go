package sheet

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// rowsPerSheet is what fits under the header of one of Excel's sheets, see
// https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
const rowsPerSheet = excelize.TotalRows - 1

// workbook writes XLSX: the rows on a sheet with a frozen header and a filter
// (on further sheets when they don't fit on one), and a sheet "About" at the
// end. Texts are stored as texts, so nothing in them is run as a formula.
//
// A workbook can't be written before its rows are known: excelize keeps them
// in a file of folder until Close, up to 20 MB a sheet of them in memory.
type workbook struct {
	out     io.Writer
	sheet   Sheet
	options Options
	limit   int    // rows on a sheet
	folder  string // of the rows on their way; removed in the end

	file    *excelize.File
	stream  *excelize.StreamWriter // of the sheet being written
	styles  styles
	widths  []float64
	head    [][]any // rows kept back until the widths are known
	scratch []any
	cells   []any

	sheets  int
	onSheet int // rows on the sheet being written
	rows    int
	shorter int // cells that were cut
	done    bool
}

func newWorkbook(out io.Writer, s Sheet, o Options) (*workbook, error) {
	folder, err := os.MkdirTemp(o.TempDir, "defendersync-report-")
	if err != nil {
		return nil, fmt.Errorf("no room for a workbook's rows on their way (TMPDIR names another folder): %w", err)
	}
	w := &workbook{out: out, sheet: s, options: o, limit: rowsPerSheet, folder: folder}
	w.file = excelize.NewFile(excelize.Options{TmpDir: folder})
	if w.styles, err = newStyles(w.file); err != nil {
		w.Discard()
		return nil, fmt.Errorf("starting a workbook: %w", err)
	}
	return w, nil
}

// Write adds a row, keeping back the first ones to find the widths by.
func (w *workbook) Write(r Row) error {
	var err error
	if w.scratch, err = w.sheet.normalizeRow(w.scratch, r); err != nil {
		return err
	}
	if w.widths != nil {
		return w.addRow(w.scratch)
	}
	w.head = append(w.head, append([]any(nil), w.scratch...))
	if len(w.head) < sample {
		return nil
	}
	return w.startOutput()
}

// startOutput settles the widths and writes the rows kept back.
func (w *workbook) startOutput() error {
	w.widths = columnWidths(w.sheet.Columns, w.head, w.options.zoneOrUTC())
	if err := w.nextSheet(); err != nil {
		return err
	}
	for _, values := range w.head {
		if err := w.addRow(values); err != nil {
			return err
		}
	}
	w.head = nil
	return nil
}

// addRow writes a row of values, on a further sheet when this one is full.
func (w *workbook) addRow(values []any) error {
	if w.onSheet == w.limit {
		if err := w.endSheet(); err != nil {
			return err
		}
		if err := w.nextSheet(); err != nil {
			return err
		}
	}
	w.cells = w.cells[:0]
	for i, v := range values {
		w.cells = append(w.cells, w.makeCell(v, w.sheet.Columns[i].Kind))
	}
	w.onSheet++
	w.rows++
	if err := w.stream.SetRow("A"+strconv.Itoa(w.onSheet+1), w.cells); err != nil {
		return fmt.Errorf("writing row %d of a workbook: %w", w.rows, err)
	}
	return nil
}

// Close puts the workbook together and writes it.
func (w *workbook) Close() error {
	if w.done {
		return nil
	}
	defer w.Discard()
	if err := w.finishFile(); err != nil {
		return fmt.Errorf("writing a workbook: %w", err)
	}
	return nil
}

func (w *workbook) finishFile() error {
	if w.widths == nil {
		if err := w.startOutput(); err != nil {
			return err
		}
	}
	if err := w.endSheet(); err != nil {
		return err
	}
	if err := w.writeAbout(); err != nil {
		return err
	}
	if err := w.file.SetDocProps(&excelize.DocProperties{Title: cleanForXML(w.sheet.Title), Creator: "defendersync"}); err != nil {
		return err
	}
	// Excelize would put the whole file together in memory first.
	out := bufio.NewWriterSize(w.out, 64<<10)
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(out) })
	if err := w.file.Write(io.Discard); err != nil {
		return err
	}
	return out.Flush()
}

// Discard removes the rows on their way. It is called by Close too.
func (w *workbook) Discard() {
	if w.done {
		return
	}
	w.done = true
	// What can't be closed is removed with its folder.
	_ = w.file.Close()
	_ = os.RemoveAll(w.folder)
	w.head, w.stream, w.file = nil, nil, nil
}

// makeCell is a value as excelize takes it, in its style.
func (w *workbook) makeCell(v any, k Kind) any {
	switch v := v.(type) {
	case string:
		return excelize.Cell{StyleID: w.styles.text, Value: w.fitText(v)}
	case int64:
		return excelize.Cell{StyleID: w.styles.whole, Value: v}
	case time.Time:
		return w.makeTimeCell(v, k)
	case float64:
		return excelize.Cell{StyleID: w.styles.part, Value: v}
	case bool:
		// A truth value is shown as TRUE, WAHR, VRAI or 1, by program and language.
		return excelize.Cell{StyleID: w.styles.text, Value: formatValue(v, k, nil)}
	}
	return nil
}

// makeTimeCell is a real Excel date: that of the zone, for Excel knows none. Excel's
// dates begin in 1900, with a day that never was; older ones are a text.
func (w *workbook) makeTimeCell(t time.Time, k Kind) any {
	t = t.In(w.options.zoneOrUTC())
	year, month, day := t.Date()
	if year <= 1900 || year > 9999 {
		return excelize.Cell{StyleID: w.styles.text, Value: formatValue(t, k, t.Location())}
	}
	if k == Date {
		return excelize.Cell{StyleID: w.styles.date, Value: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
	}
	hour, minute, second := t.Clock()
	return excelize.Cell{StyleID: w.styles.time, Value: time.Date(year, month, day, hour, minute, second, 0, time.UTC)}
}

// cutMark ends a text that was too long for a cell.
const cutMark = "… (cut)"

// fitText is a text that Excel accepts in a cell.
func (w *workbook) fitText(s string) string {
	s = cleanForXML(s)
	if utf16Len(s) <= excelize.TotalCellChars {
		return s
	}
	w.shorter++
	return utf16Cut(s, excelize.TotalCellChars-utf16Len(cutMark)) + cutMark
}
