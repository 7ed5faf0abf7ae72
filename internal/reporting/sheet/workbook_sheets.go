package sheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// styles are the styles of the cells in a workbook.
type styles struct{ header, numbers, text, whole, part, date, time, name, note, link int }

func newStyles(f *excelize.File) (s styles, err error) {
	day, second := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
	bold := &excelize.Font{Bold: true, Family: "Calibri", Size: 11} // the font of the other cells
	fill := excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EDF5"}}
	line := []excelize.Border{{Type: "bottom", Style: 1, Color: "8A99AD"}}
	left := &excelize.Alignment{Horizontal: "left"}
	// The indent keeps numbers apart from the text to their right.
	right := &excelize.Alignment{Horizontal: "right", Indent: 1}
	for _, made := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.header, excelize.Style{Font: bold, Fill: fill, Border: line, Alignment: &excelize.Alignment{Vertical: "center"}}},
		// The indent leaves room for the filter's button.
		{&s.numbers, excelize.Style{Font: bold, Fill: fill, Border: line, Alignment: &excelize.Alignment{Vertical: "center", Horizontal: "right", Indent: 2}}},
		{&s.text, excelize.Style{NumFmt: 49}}, // "@": it stays text when it is edited
		{&s.link, excelize.Style{NumFmt: 49, Font: &excelize.Font{Family: "Calibri", Size: 11, Color: "1A5FB4", Underline: "single"}}},
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

// nextSheet begins a sheet of rows and writes its header.
func (w *workbook) nextSheet() error {
	w.sheets++
	w.onSheet = 0
	name := sheetName(w.sheet.Title, w.sheets)
	if err := w.newSheet(name, !w.begun); err != nil {
		return fmt.Errorf("start sheet %q: %w", name, err)
	}
	for i, width := range w.widths {
		if err := w.stream.SetColWidth(i+1, i+1, width); err != nil {
			return fmt.Errorf("start sheet %q: %w", name, err)
		}
	}
	frozen := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}}}
	if err := w.stream.SetPanes(frozen); err != nil {
		return fmt.Errorf("start sheet %q: %w", name, err)
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

// newSheet begins a sheet, which is printed in landscape and scaled to the width of
// a page.
func (w *workbook) newSheet(name string, first bool) (err error) {
	w.begun = true
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

// endSheet switches on the filter for the rows written, repeats the header on every
// printed page, and ends the sheet.
func (w *workbook) endSheet() error {
	name := w.stream.Sheet
	last, err := excelize.CoordinatesToCellName(len(w.sheet.Columns), w.onSheet+1)
	if err != nil {
		return err
	}
	if err := w.file.AutoFilter(name, "A1:"+last, nil); err != nil {
		return fmt.Errorf("switch on the filter: %w", err)
	}
	header := &excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + name + "'!$1:$1", Scope: name}
	if err := w.file.SetDefinedName(header); err != nil {
		return fmt.Errorf("repeat the header on printed pages: %w", err)
	}
	return w.stream.Flush()
}

// writeAbout writes the sheet "About", which says what was asked and when.
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

// listFacts returns the facts of the sheet and those of the workbook.
func (w *workbook) listFacts() []Fact {
	facts := append([]Fact{{Name: "Report", Value: w.about.Title}}, w.about.About...)
	if facts = append(facts, w.earlier...); len(w.earlier) > 0 {
		facts = append(facts, w.countFacts(w.sheet.Title)...)
	} else {
		facts = append(facts, w.countFacts("Rows")...)
	}
	for _, c := range w.sheet.Columns {
		if c.Kind == Time {
			facts = append(facts, Fact{Name: "Time zone", Value: w.options.zoneOrUTC().String()})
			break
		}
	}
	if w.shorter > 0 {
		facts = append(facts, Fact{Name: "Shortened texts", Value: fmt.Sprintf("%d, longer than the %d characters that Excel allows; they end in %q",
			w.shorter, excelize.TotalCellChars, cutMark)})
	}
	return facts
}

// countFacts tells how many rows the list being written has, under a name, and why they
// are on several sheets if they are.
func (w *workbook) countFacts(name string) []Fact {
	facts := []Fact{{Name: name, Value: GroupDigits(w.rows)}}
	if w.sheets > 1 {
		facts = append(facts, Fact{Name: "Sheets", Value: fmt.Sprintf("%d, since a sheet holds at most %d rows", w.sheets, w.limit)})
	}
	return facts
}

// columnWidths returns widths in characters at which most values are visible.
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

// sheetName returns the name of the n-th sheet for a title. Excel allows at most 31
// characters, none of []:*?/\, and not the name "History"; "About" is the name of
// our own sheet.
func sheetName(title string, n int) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`[]:*?/\`, r), unicode.IsControl(r):
			return ' '
		case r == '\'': // every reference to the sheet would have to double it
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

// cleanForXML makes a text valid for XML. U+FFFD replaces control characters other
// than line breaks and tabs, bytes that are not UTF-8, and characters that
// override the direction of writing, which can disguise a name as another.
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
