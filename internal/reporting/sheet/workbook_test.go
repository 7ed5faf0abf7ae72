package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// opened is a workbook of rows, read back by excelize.
func opened(t *testing.T, s Sheet, o Options, rows ...Row) *excelize.File {
	t.Helper()
	o.TempDir = t.TempDir()
	return read(t, written(t, XLSX, s, o, rows...))
}

func read(t *testing.T, document string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// got is a cell's text: as shown, or as stored when raw.
func got(t *testing.T, f *excelize.File, sheet, cell string, raw bool) string {
	t.Helper()
	v, err := f.GetCellValue(sheet, cell, excelize.Options{RawCellValue: raw})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestAWorkbookHasTypedValues(t *testing.T) {
	f := opened(t, apps(), Options{Location: berlin(t)}, someApps()...)
	for cell, want := range map[string]struct {
		shown, stored string
		kind          excelize.CellType
	}{
		"A1": {"Name", "Name", excelize.CellTypeInlineString},
		"A2": {"Slack", "Slack", excelize.CellTypeInlineString},
		"B2": {"1,200", "1200", excelize.CellTypeUnset}, // unset is a number
		"C2": {"2026-07-24 10:00:00", "46227.4166666667", excelize.CellTypeUnset},
		"D2": {"2026-07-24", "46227", excelize.CellTypeUnset},
		"E2": {"https://slack.com", "https://slack.com", excelize.CellTypeInlineString},
		"F2": {"yes", "yes", excelize.CellTypeInlineString},
		"A3": {"Ünïcødé 東京", "Ünïcødé 東京", excelize.CellTypeInlineString},
		"B3": {"7.5", "7.5", excelize.CellTypeUnset},
		"C3": {"", "", excelize.CellTypeUnset},
		"F3": {"no", "no", excelize.CellTypeInlineString},
	} {
		kind, err := f.GetCellType("Apps", cell)
		if err != nil {
			t.Fatal(err)
		}
		if shown, stored := got(t, f, "Apps", cell, false), got(t, f, "Apps", cell, true); shown != want.shown || stored != want.stored || kind != want.kind {
			t.Errorf("%s is %q (%q, type %v), want %q (%q, type %v)", cell, shown, stored, kind, want.shown, want.stored, want.kind)
		}
	}
}

func TestAWorkbookIsReadyToWorkWith(t *testing.T) {
	document := written(t, XLSX, apps(), Options{TempDir: t.TempDir()}, someApps()...)
	f := read(t, document)
	if panes, err := f.GetPanes("Apps"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header isn't frozen: %+v, %v", panes, err)
	}
	names := f.GetDefinedName()
	if !slices.ContainsFunc(names, func(n excelize.DefinedName) bool { return n.RefersTo == "'Apps'!$1:$1" }) {
		t.Errorf("the header isn't repeated on paper: %+v", names)
	}
	if sheet := part(t, document, "xl/worksheets/sheet1.xml"); !strings.Contains(sheet, `<autoFilter ref="$A$1:$F$3"`) {
		t.Errorf("no filter over the rows: %.300s … %s", sheet, sheet[max(0, len(sheet)-300):])
	}
	narrow, _ := f.GetColWidth("Apps", "B")
	wide, _ := f.GetColWidth("Apps", "C")
	if narrow < 8 || narrow > 14 || wide < 20 || wide > 30 {
		t.Errorf("columns B and C are %v and %v wide", narrow, wide)
	}
	style, err := f.GetCellStyle("Apps", "A1")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := f.GetStyle(style); err != nil || s.Font == nil || !s.Font.Bold {
		t.Errorf("the header isn't bold: %+v, %v", s, err)
	}
}

func TestAWorkbookSaysWhatWasAsked(t *testing.T) {
	f := opened(t, apps(), Options{Location: berlin(t)}, someApps()...)
	if sheets := f.GetSheetList(); !slices.Equal(sheets, []string{"Apps", "About"}) || f.GetActiveSheetIndex() != 0 {
		t.Errorf("sheets %q, the %d. is shown", sheets, f.GetActiveSheetIndex())
	}
	about, err := f.GetRows("About")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Report", "Apps"}, {"Asked", "report apps --top 2"}, {"When", "2026-07-24 10:00"},
		{"Rows", "2"}, {"Time zone", "Europe/Berlin"}}
	if !slices.EqualFunc(about, want, slices.Equal) {
		t.Errorf("got %q, want %q", about, want)
	}
}

func TestAWorkbookWithoutRowsHasItsHeader(t *testing.T) {
	f := opened(t, apps(), Options{})
	rows, err := f.GetRows("Apps")
	if err != nil || len(rows) != 1 || rows[0][0] != "Name" {
		t.Errorf("got %q, %v", rows, err)
	}
}

func TestTextsInAWorkbookAreNeverFormulas(t *testing.T) {
	s := Sheet{Title: "Texts", Columns: []Column{{Key: "text", Title: "=1+1"}}}
	texts := []string{`=HYPERLINK("http://evil.example","x")`, "+1", "-1", "@SUM(1)", "\t=1", "_x0041_", " kept ", "a\nb", "<&>\"'", "100"}
	rows := make([]Row, len(texts))
	for i, text := range texts {
		rows[i] = Row{text}
	}
	f := opened(t, s, Options{}, rows...)
	for i, want := range texts {
		cell := fmt.Sprint("A", i+2)
		formula, err := f.GetCellFormula("Texts", cell)
		kind, _ := f.GetCellType("Texts", cell)
		if text := got(t, f, "Texts", cell, false); err != nil || formula != "" || text != want || kind != excelize.CellTypeInlineString {
			t.Errorf("%q became %q, formula %q, type %v, %v", want, text, formula, kind, err)
		}
	}
}

func TestAWorkbookTakesWhatExcelWouldNot(t *testing.T) {
	s := Sheet{Title: "Odd", Columns: []Column{{Key: "text", Title: "Text", Kind: Time}}}
	long := strings.Repeat("長", excelize.TotalCellChars+1)
	old := time.Date(1899, 3, 1, 12, 0, 0, 0, time.UTC)
	f := opened(t, s, Options{}, Row{long}, Row{"a\x00b\x1b[31m\xff\ufffe"}, Row{old}, Row{"line\r\nline\rline"})
	cut := got(t, f, "Odd", "A2", false)
	if utf16Len(cut) != excelize.TotalCellChars || !strings.HasSuffix(cut, "長… (cut)") {
		t.Errorf("%d characters that end in %q", utf16Len(cut), cut[len(cut)-20:])
	}
	for cell, want := range map[string]string{"A3": "a\ufffdb\ufffd[31m\ufffd\ufffd", "A4": "1899-03-01 12:00:00 UTC", "A5": "line\nline\nline"} {
		if text := got(t, f, "Odd", cell, false); text != want {
			t.Errorf("%s is %q, want %q", cell, text, want)
		}
	}
	about, err := f.GetRows("About")
	if err != nil || !strings.HasPrefix(about[len(about)-1][1], "1, longer than") {
		t.Errorf("About doesn't tell of what was cut: %q, %v", about, err)
	}
}

func TestMoreRowsThanASheetHoldsGoOnAFurtherOne(t *testing.T) {
	for rows, want := range map[int][]string{
		400: {"Apps", "About"},
		401: {"Apps", "Apps (2)", "About"},
		800: {"Apps", "Apps (2)", "About"},
		801: {"Apps", "Apps (2)", "Apps (3)", "About"},
	} {
		var out bytes.Buffer
		w, err := newWorkbook(&out, apps(), Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		w.limit = 400
		for i := range rows {
			if err := w.Write(Row{"App", i + 1, eight, eight, "", true}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		f := read(t, out.String())
		if sheets := f.GetSheetList(); !slices.Equal(sheets, want) {
			t.Fatalf("%d rows: sheets %q, want %q", rows, sheets, want)
		}
		next := 1
		for _, sheet := range want[:len(want)-1] {
			got, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
			if err != nil || got[0][1] != "Users" {
				t.Fatalf("%d rows: %s begins with %q, %v", rows, sheet, got[0], err)
			}
			for _, r := range got[1:] {
				if r[1] != fmt.Sprint(next) {
					t.Fatalf("%d rows: row %d of %s, want %d", rows, next, r, next)
				}
				next++
			}
		}
		if next != rows+1 {
			t.Errorf("%d rows: %d came back", rows, next-1)
		}
	}
}

func TestAWorkbookLeavesNoTemporaryFile(t *testing.T) {
	broken := errors.New("disk full")
	fill := func(w Writer) {
		for range 40_000 { // more than excelize keeps in memory
			if err := w.Write(Row{strings.Repeat("x", 500), 1, eight, eight, "", true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, end := range map[string]func(Writer) error{
		"closed":    func(w Writer) error { return w.Close() },
		"discarded": func(w Writer) error { w.Discard(); return broken },
	} {
		for _, out := range []struct {
			name string
			err  error
		}{{"a good disk", nil}, {"a full disk", broken}} {
			dir := t.TempDir()
			w, err := NewWriter(XLSX, failing{out.err}, apps(), Options{TempDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			fill(w)
			if left, _ := os.ReadDir(dir); len(left) == 0 {
				t.Fatal("the rows aren't where the test looks for them")
			}
			if err := end(w); name == "closed" && !errors.Is(err, out.err) {
				t.Errorf("%s on %s: %v", name, out.name, err)
			}
			w.Discard()
			if err := w.Close(); err != nil {
				t.Errorf("%s on %s, closed again: %v", name, out.name, err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s on %s leaves %v", name, out.name, left)
			}
		}
	}
}

// failing is a disk that takes nothing when it has an error.
type failing struct{ err error }

func (f failing) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return len(p), nil
}

func TestAWorkbookWithoutRoomForItsRowsSaysSo(t *testing.T) {
	_, err := NewWriter(XLSX, &bytes.Buffer{}, apps(), Options{TempDir: "/nowhere/at/all"})
	if err == nil || !strings.Contains(err.Error(), "TMPDIR") || !strings.Contains(err.Error(), "/nowhere/at/all") {
		t.Errorf("got %v", err)
	}
}

func TestSheetNamesAreLegal(t *testing.T) {
	for title, want := range map[string]string{
		"Apps": "Apps", "": "rows", "about": "about rows", "HISTORY": "HISTORY rows",
		"a/b\\c:d*e?f[g]": "a b c d e f g", "it's": "it’s", "'": "’",
		"Users of an app with a very long name": "Users of an app with a very lon",
		"\x00\x1b":                              "\ufffd\ufffd",
	} {
		if got := sheetName(title, 1); got != want {
			t.Errorf("%q became %q, want %q", title, got, want)
		}
	}
	if got := sheetName(strings.Repeat("長", 40), 12); utf16Len(got) != 31 || !strings.HasSuffix(got, "長 (12)") {
		t.Errorf("got %q", got)
	}
}

func FuzzSheetNamesAreAcceptedByExcelize(f *testing.F) {
	for _, title := range []string{"Apps", "'quoted'", "a/b", "\U0001f600\U0001f600", "History", "\xff"} {
		f.Add(title, 1)
		f.Add(strings.Repeat(title, 31), 12)
	}
	f.Fuzz(func(t *testing.T, title string, n int) {
		file := excelize.NewFile()
		defer file.Close()
		name := sheetName(title, 1+n&0xff)
		if _, err := file.NewSheet(name); err != nil {
			t.Fatalf("%q became %q: %v", title, name, err)
		}
		if strings.EqualFold(name, aboutSheet) || strings.EqualFold(name, "History") {
			t.Fatalf("%q became %q", title, name)
		}
	})
}
