package sheet

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// detailed is a sheet with an id and a link.
func detailed() Sheet {
	return Sheet{Title: "Users", Columns: []Column{{Key: "id", Title: "Id", Kind: ID}, {Key: "name", Title: "Name"}, {Key: "page", Title: "Page", Kind: Page, Width: 60}}}
}

// writeOne is a document of some rows.
func writeOne(t *testing.T, f Format, s Sheet, rows ...Row) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(f, &out, s, Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTablesLeaveIdsAndPagesOutUnlessChosen(t *testing.T) {
	row := Row{"7", "Ann", "https://example.com/7"}
	if got := string(writeOne(t, CSV, detailed(), row)); got != "name\r\nAnn\r\n" {
		t.Errorf("csv: %q", got)
	}
	if got := string(writeOne(t, Table, detailed(), row)); strings.Contains(got, "7") || !strings.Contains(got, "Ann") {
		t.Errorf("table: %q", got)
	}
	s := detailed()
	s.Chosen = true
	if got := string(writeOne(t, CSV, s, row)); got != "id,name,page\r\n7,Ann,https://example.com/7\r\n" {
		t.Errorf("csv with chosen columns: %q", got)
	}
	var doc struct{ Data []map[string]string }
	if err := json.Unmarshal(writeOne(t, JSON, detailed(), row), &doc); err != nil || doc.Data[0]["id"] != "7" || doc.Data[0]["page"] != "https://example.com/7" {
		t.Errorf("json: %v %v", doc, err)
	}
	s = detailed()
	s.Columns = s.Columns[:1]
	if _, err := NewWriter(CSV, new(bytes.Buffer), s, Options{}); err == nil {
		t.Error("a table without columns was begun")
	}
	w, err := NewWriter(CSV, new(bytes.Buffer), detailed(), Options{})
	if err != nil || w.Write(Row{"7"}) == nil {
		t.Errorf("%v; a row that is too short was written", err)
	}
}

func TestAWorkbookLeavesBlankColumnsOutUnlessChosen(t *testing.T) {
	row := Row{"7", "Ann", ""}
	for _, chosen := range []bool{false, true} {
		s := detailed()
		s.Columns[2].Blank, s.Chosen = true, chosen
		book, err := excelize.OpenReader(bytes.NewReader(writeOne(t, XLSX, s, row)))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := book.GetRows("Users")
		if want := map[bool]string{false: "Id|Name", true: "Id|Name|Page"}[chosen]; err != nil || len(rows) != 2 || strings.Join(rows[0], "|") != want {
			t.Errorf("chosen %v: %v, %v", chosen, rows, err)
		}
		book.Close()
		if got := string(writeOne(t, JSON, s, row)); !strings.Contains(got, `"page":`) {
			t.Errorf("JSON lacks a column: %s", got)
		}
	}
}

func TestAHiddenColumnIsInNoFormat(t *testing.T) {
	for _, f := range []Format{Table, CSV, JSON, XLSX} {
		s := detailed()
		s.Columns[0].Kind, s.Columns[2].Hidden, s.Chosen = Text, true, true
		got := writeOne(t, f, s, Row{"7", "Ann", "https://example.com/7"})
		if f == XLSX {
			book, err := excelize.OpenReader(bytes.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := book.GetRows("Users")
			if err != nil || len(rows) != 2 || strings.Join(rows[1], "|") != "7|Ann" {
				t.Errorf("%s: %v, %v", f, rows, err)
			}
			book.Close()
			continue
		}
		if text := string(got); !strings.Contains(text, "Ann") || strings.Contains(text, "example.com") || strings.Contains(strings.ToLower(text), "page") {
			t.Errorf("%s: %s", f, text)
		}
	}
}

func TestOnlyPlainAddressesAreHyperlinksOfAWorkbook(t *testing.T) {
	const good = "https://security.microsoft.com/a?text=contains(o:(b:i:1),c%20d)"
	bad := []string{`https://x/"&cmd()&"`, "javascript:alert(1)", "=1+1", "http://x/", "https://", "https://x/ y", "https://x/" + strings.Repeat("a", 300), `https://x/\n`}
	rows := []Row{{"=7", "Ann", good}}
	for _, b := range bad {
		rows = append(rows, Row{"8", "Bob", b})
	}
	book, err := excelize.OpenReader(bytes.NewReader(writeOne(t, XLSX, detailed(), rows...)))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	formula, _ := book.GetCellFormula("Users", "C2")
	shown, _ := book.GetCellValue("Users", "C2")
	if formula != `HYPERLINK("`+good+`")` || shown != good {
		t.Errorf("the link is %q and shows %q", formula, shown)
	}
	if formula, _ = book.GetCellFormula("Users", "A2"); formula != "" {
		t.Errorf("an id is the formula %q", formula)
	}
	for i, b := range bad {
		cell, _ := excelize.CoordinatesToCellName(3, i+3)
		formula, _ = book.GetCellFormula("Users", cell)
		if shown, _ = book.GetCellValue("Users", cell); formula != "" || shown != b {
			t.Errorf("%q is the formula %q and shows %q", b, formula, shown)
		}
	}
}
