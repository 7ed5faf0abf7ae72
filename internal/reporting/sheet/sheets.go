package sheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// styles are the looks of a workbook's cells.
type styles struct{ header, numbers, text, whole, part, date, time, name, note int }

func newStyles(f *excelize.File) (s styles, err error) {
	day, second := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	bold := &excelize.Font{Bold: true, Family: "Calibri", Size: 11} // as the other cells
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EDF5"}}
	line := []excelize.Border{{Type: "bottom", Style: 1, Color: "8A99AD"}}
	left := &excelize.Alignment{Horizontal: "left"}
	// Numbers keep away from the text at their right.
	right := &excelize.Alignment{Horizontal: "right", Indent: 1}
	for _, made := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.header, excelize.Style{Font: bold, Fill: fill, Border: line, Alignment: &excelize.Alignment{Vertical: "center"}}},
		// The filter's button stands at the right.
		{&s.numbers, excelize.Style{Font: bold, Fill: fill, Border: line, Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "right", Indent: 2}}},
		{&s.text, excelize.Style{NumFmt: 49}},                   // "@": it stays a text when it is edited
		{&s.whole, excelize.Style{NumFmt: 3, Alignment: right}}, // #,##0
		{&s.part, excelize.Style{NumFmt: 0, Alignment: right}},  // as many digits as there are
		{&s.date, excelize.Style{CustomNumFmt: &day, Alignment: left}},
		{&s.time, excelize.Style{CustomNumFmt: &second, Alignment: left}},
		{&s.name, excelize.Style{Font: bold, Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&s.note, excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}},
	} {
		if *made.id, err = f.NewStyle(&made.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

// nextSheet begins a sheet for rows with its header.
func (w *workbook) nextSheet() error {
	w.sheets++
	w.onSheet = 0
	name := sheetName(w.sheet.Title, w.sheets)
	if err := w.newSheet(name, w.sheets == 1); err != nil {
		return fmt.Errorf("starting sheet %q: %w", name, err)
	}
	for i, width := range w.widths {
		if err := w.stream.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("starting sheet %q: %w", name, err)
		}
	}
	frozen := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}}}
	if err := w.stream.SetPanes(frozen); err != nil {
		return fmt.Errorf("starting sheet %q: %w", name, err)
	}
	titles := make([]any, len(w.sheet.Columns))
	for i, c := range w.sheet.Columns {
		style := w.styles.header
		if c.Kind == Number {
			style = w.styles.numbers
		}
		titles[i] = excelize.Cell{StyleID: style, Value: w.fitText(c.Title)}
	}
	return w.stream.SetRow("A1", titles, excelize.RowOpts{Height: 20})
}

// newSheet begins a sheet: landscape, as wide as a page when it is printed.
func (w *workbook) newSheet(name string, first bool) (err error) {
	if first {
		err = w.file.SetSheetName("Sheet1", name)
	} else {
		_, err = w.file.NewSheet(name)
	}
	if err != nil {
		return err
	}
	landscape, fit, wide, high := "landscape", true, 1, 0
	if err = w.file.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	if err = w.file.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &landscape, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return err
	}
	w.stream, err = w.file.NewStreamWriter(name)
	return err
}

// endSheet switches the filter on over the rows that were written, has the
// header repeated on every printed page, and ends the sheet.
func (w *workbook) endSheet() error {
	name := w.stream.Sheet
	last, err := excelize.CoordinatesToCellName(len(w.sheet.Columns), w.onSheet+1)
	if err != nil {
		return err
	}
	if err := w.file.AutoFilter(name, "A1:"+last, nil); err != nil {
		return fmt.Errorf("switching the filter on: %w", err)
	}
	header := &excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$1:$1", Scope: name}
	if err := w.file.SetDefinedName(header); err != nil {
		return fmt.Errorf("naming the header: %w", err)
	}
	return w.stream.Flush()
}

// writeAbout writes the sheet that says what was asked and when.
func (w *workbook) writeAbout() error {
	if err := w.newSheet(aboutSheet, false); err != nil {
		return err
	}
	for i, width := range []float64{24, 90} {
		if err := w.stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	for i, f := range w.listFacts() {
		cells := []any{
			excelize.Cell{StyleID: w.styles.name, Value: w.fitText(f.Name)},
			excelize.Cell{StyleID: w.styles.note, Value: w.fitText(f.Value)},
		}
		if err := w.stream.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	return w.stream.Flush()
}

// listFacts are the sheet's and what the reader of a workbook must know besides.
func (w *workbook) listFacts() []Fact {
	facts := append([]Fact{{"Report", w.sheet.Title}}, w.sheet.About...)
	facts = append(facts, Fact{"Rows", strings.TrimSuffix(FormatCount(w.rows), " rows")})
	if w.rows == 1 {
		facts[len(facts)-1].Value = "1"
	}
	for _, c := range w.sheet.Columns {
		if c.Kind == Time {
			facts = append(facts, Fact{"Times", "in the zone " + w.options.zoneOrUTC().String()})
			break
		}
	}
	if w.sheets > 1 {
		facts = append(facts, Fact{"Sheets", fmt.Sprintf("%d, because one holds %d rows", w.sheets, w.limit)})
	}
	if w.shorter > 0 {
		facts = append(facts, Fact{"Cut texts", fmt.Sprintf("%d, longer than the %d characters that Excel allows; they end in %q",
			w.shorter, excelize.TotalCellChars, cutMark)})
	}
	return facts
}

// columnWidths are widths in characters that show most of what the rows hold.
func columnWidths(columns []Column, rows [][]any, in *time.Location) []float64 {
	widths := make([]float64, len(columns))
	for i, c := range columns {
		w, most := textWidth(makeVisible(c.Title))+5, 60 // room for the filter's button
		for _, r := range rows {
			text := formatValue(r[i], c.Kind, in)
			if _, whole := r[i].(int64); whole {
				text += text[:len(text)/3] // the commas between thousands
			}
			w = max(w, textWidth(text)+3)
		}
		if c.Width > 0 {
			most = min(c.Width, excelize.MaxColumnWidth)
		}
		widths[i] = float64(min(w, most))
	}
	return widths
}

const (
	aboutSheet  = "About"
	maxNameSize = 31
)

// sheetName is the n-th sheet's name for a title, as Excel allows it: of at
// most 31 characters, none of []:*?/\, and neither "History", which it keeps
// to itself, nor the name of our own sheet.
func sheetName(title string, n int) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`[]:*?/\`, r), unicode.IsControl(r):
			return ' '
		case r == '\'': // would have to be doubled in every reference to the sheet
			return '’'
		}
		return r
	}, cleanForXML(title))
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || strings.EqualFold(name, "History") || strings.EqualFold(name, aboutSheet) {
		name = strings.TrimSpace(name + " rows")
	}
	suffix := ""
	if n > 1 {
		suffix = fmt.Sprintf(" (%d)", n)
	}
	return strings.TrimSpace(utf16Cut(name, maxNameSize-len(suffix))) + suffix
}

// cleanForXML makes a text one that XML can hold: control characters other than line
// breaks and tabs become U+FFFD, as do bytes that are no UTF-8. So do those that
// force the direction of writing, by which a name reads as another.
func cleanForXML(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.ReplaceAll(replaceInvalid(s), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return r
		case r == '\r':
			return '\n'
		case unicode.IsControl(r), r == '\ufffe', r == '\uffff', r == '\u202d', r == '\u202e':
			return lost
		}
		return r
	}, s)
}
