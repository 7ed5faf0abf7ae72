package sheet

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// rowsPerSheet is how many rows fit on a sheet of Excel below the header, see
// https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
const rowsPerSheet = excelize.TotalRows - 1

// workbook writes XLSX: the rows on a sheet with a frozen header and a filter, on
// more sheets if they don't fit on one, and a sheet "About" at the end. Texts are
// stored as text, so none is run as a formula.
//
// A workbook can't be written before all its rows are known. Until Close, excelize
// holds them in a file in folder, and up to 20 MB of each sheet in memory.
type workbook struct {
	out     io.Writer
	sheet   Sheet
	options Options
	limit   int    // greatest number of rows on a sheet
	folder  string // for temporary files; removed in the end

	file    *excelize.File
	stream  *excelize.StreamWriter // of the sheet being written
	styles  styles
	widths  []float64
	head    [][]any // rows held back until the widths are known
	scratch []any
	cells   []any

	begun   bool   // a sheet was
	sheets  int    // with the rows of this list
	onSheet int    // rows on the sheet being written
	rows    int    // of this list
	earlier []Fact // what to know about the lists before it, in a book of several
	about   Sheet  // what the workbook is about
	shorter int    // cells that were shortened
	done    bool
}

func newWorkbook(out io.Writer, s Sheet, o Options) (*workbook, error) {
	folder, err := os.MkdirTemp(o.TempDir, "defendersync-report-")
	if err != nil {
		return nil, fmt.Errorf("create a temporary folder for the workbook (TMPDIR sets another place): %w", err)
	}
	w := &workbook{out: out, sheet: s, about: s, options: o, limit: rowsPerSheet, folder: folder}
	w.file = excelize.NewFile(excelize.Options{TmpDir: folder})
	if w.styles, err = newStyles(w.file); err != nil {
		w.Discard()
		return nil, fmt.Errorf("start the workbook: %w", err)
	}
	return w, nil
}

// Write adds a row. It holds back the first rows to determine the widths.
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

// startOutput determines the widths and writes the rows held back.
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

// addRow writes a row, on another sheet when this one is full.
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
		return fmt.Errorf("write row %d of the workbook: %w", w.rows, err)
	}
	return nil
}

// Close assembles the workbook and writes it.
func (w *workbook) Close() error {
	if w.done {
		return nil
	}
	defer w.Discard()
	if err := w.finishFile(); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	return nil
}

func (w *workbook) finishFile() error {
	if err := w.endList(); err != nil {
		return err
	}
	if err := w.writeAbout(); err != nil {
		return err
	}
	if err := w.file.SetDocProps(&excelize.DocProperties{Title: cleanForXML(w.about.Title), Creator: "defendersync"}); err != nil {
		return err
	}
	// Without this, excelize would assemble the whole file in memory.
	out := bufio.NewWriterSize(w.out, 64<<10)
	w.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return zip.NewWriter(out) })
	if err := w.file.Write(io.Discard); err != nil {
		return err
	}
	return out.Flush()
}

// endList writes what is left of the list of rows being written.
func (w *workbook) endList() error {
	if w.widths == nil {
		if err := w.startOutput(); err != nil {
			return err
		}
	}
	return w.endSheet()
}

// nextList goes on with the rows of another list, on a sheet of its own.
func (w *workbook) nextList(s Sheet) error {
	if err := w.endList(); err != nil {
		return fmt.Errorf("write the workbook: %w", err)
	}
	w.earlier = append(w.earlier, w.countFacts(w.sheet.Title)...)
	w.sheet, w.widths, w.head, w.sheets, w.onSheet, w.rows = s, nil, nil, 0, 0, 0
	return nil
}

// Discard removes the temporary files. Close calls it too.
func (w *workbook) Discard() {
	if w.done {
		return
	}
	w.done = true
	// Files that can't be closed are removed with their folder.
	_ = w.file.Close()
	_ = os.RemoveAll(w.folder)
	w.head, w.stream, w.file = nil, nil, nil
}

// makeCell returns a value for excelize, in its style.
func (w *workbook) makeCell(v any, k Kind) any {
	switch v := v.(type) {
	case string:
		if k == Page && isPlainAddress(v) {
			return excelize.Cell{StyleID: w.styles.link, Formula: `HYPERLINK("` + v + `")`, Value: v}
		}
		return excelize.Cell{StyleID: w.styles.text, Value: w.fitText(v)}
	case int64:
		return excelize.Cell{StyleID: w.styles.whole, Value: v}
	case time.Time:
		return w.makeTimeCell(v, k)
	case float64:
		return excelize.Cell{StyleID: w.styles.part, Value: v}
	case bool:
		// Programs show a boolean as TRUE, WAHR, VRAI or 1, depending on the language.
		return excelize.Cell{StyleID: w.styles.text, Value: formatValue(v, k, nil)}
	}
	return nil
}

// makeTimeCell returns a date of Excel in the zone's time, since Excel has no time
// zones. Excel's dates begin in 1900, with a day that did not exist (29 February);
// earlier dates are text.
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

// maxAddress is the greatest length of a text within a formula of Excel.
const maxAddress = 255

// isPlainAddress reports whether a text is an address that can stand within a
// formula: https, and none but characters that need no quoting there.
func isPlainAddress(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok || rest == "" || len(s) > maxAddress {
		return false
	}
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~:/?#=&%(),+@!", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// cutMark ends a text that was shortened to fit a cell.
const cutMark = "… (cut)"

// fitText returns a text that Excel accepts in a cell.
func (w *workbook) fitText(s string) string {
	s = cleanForXML(s)
	if utf16Len(s) <= excelize.TotalCellChars {
		return s
	}
	w.shorter++
	return utf16Cut(s, excelize.TotalCellChars-utf16Len(cutMark)) + cutMark
}
