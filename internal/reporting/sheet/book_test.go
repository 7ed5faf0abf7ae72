package sheet

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"defendersync/internal/envelope"
)

// twoLists are a list of apps and one of people, which share a column.
func twoLists(rows int) []Part {
	people := make([]Row, rows)
	for i := range people {
		people[i] = Row{"ann", "Slack", "p7"}
	}
	return []Part{
		{Key: "apps", Sheet: Sheet{Title: "Apps", Columns: []Column{{Key: "app", Title: "App"}, {Key: "users", Title: "Users", Kind: Number}}}, Rows: each([]Row{{"Slack", 2}, {"=Zoom", nil}}, nil)},
		{Key: "people", Sheet: Sheet{Title: "People", Columns: []Column{{Key: "name", Title: "Name"}, {Key: "app", Title: "App"}, {Key: "id", Title: "Id", Kind: ID}}}, Rows: each(people, nil)},
	}
}

func writtenBook(t *testing.T, f Format, parts []Part) string {
	t.Helper()
	about := Sheet{Title: "Changes", About: []Fact{{Name: "Asked", Value: "a plan"}}, Head: envelope.Head{Kind: "run.plan", GeneratedAt: eight}}
	var out bytes.Buffer
	counts, err := WriteBook(t.Context(), &out, f, about, parts, Options{TempDir: t.TempDir()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(counts[:1], []int{2}) {
		t.Errorf("%s: counts %v", f, counts)
	}
	return out.String()
}

func TestABookHasItsListsOneAfterTheOther(t *testing.T) {
	for f, want := range map[Format]string{
		Table: "Apps\n\nApp    Users\nSlack      2\n=Zoom\n\nPeople\n\nName  App\nann   Slack\n",
		CSV:   "list,app,users,name,id\r\napps,Slack,2,,\r\napps,'=Zoom,,,\r\npeople,Slack,,ann,p7\r\n",
		JSON: `{"kind":"run.plan","version":1,"generatedAt":"2026-07-24T08:00:00Z","title":"Changes","about":[{"name":"Asked","value":"a plan"}],"data":{"apps":[
{"app":"Slack","users":2},
{"app":"=Zoom","users":null}
],"people":[
{"name":"ann","app":"Slack","id":"p7"}
]},"counts":{"apps":2,"people":1}}
`,
	} {
		if got := writtenBook(t, f, twoLists(1)); got != want {
			t.Errorf("%s: got\n%q\nwant\n%q", f, got, want)
		}
	}
}

func TestABookOfListsWithoutRowsIsWhole(t *testing.T) {
	parts := twoLists(0)
	for i := range parts {
		parts[i].Rows = each(nil, nil)
	}
	var out bytes.Buffer
	if _, err := WriteBook(t.Context(), &out, JSON, Sheet{Title: "Changes"}, parts, Options{}, nil); err != nil || !json.Valid(out.Bytes()) || !strings.Contains(out.String(), `"counts":{"apps":0,"people":0}`) {
		t.Errorf("%s, %v", out.String(), err)
	}
}

func TestAWorkbookOfListsHasASheetForEach(t *testing.T) {
	f, err := excelize.OpenReader(strings.NewReader(writtenBook(t, XLSX, twoLists(1000))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if sheets := f.GetSheetList(); !slices.Equal(sheets, []string{"Apps", "People", "About"}) {
		t.Errorf("sheets %q", sheets)
	}
	people, err := f.GetRows("People")
	if err != nil || len(people) != 1001 || !slices.Equal(people[0], []string{"Name", "App", "Id"}) || !slices.Equal(people[1000], []string{"ann", "Slack", "p7"}) {
		t.Errorf("%d rows, %v", len(people), err)
	}
	about, err := f.GetRows("About")
	want := [][]string{{"Report", "Changes"}, {"Asked", "a plan"}, {"Apps", "2"}, {"People", "1,000"}}
	if err != nil || !slices.EqualFunc(about, want, slices.Equal) {
		t.Errorf("about %q, %v", about, err)
	}
}

func TestABookThatCannotBeReadToItsEndIsAnError(t *testing.T) {
	gone := errors.New("gone")
	for _, f := range []Format{Table, CSV, JSON, XLSX} {
		parts := twoLists(1)
		parts[1].Rows = each([]Row{{"ann", "Slack", ""}}, gone)
		var out bytes.Buffer
		if _, err := WriteBook(t.Context(), &out, f, Sheet{Title: "Changes"}, parts, Options{TempDir: t.TempDir()}, nil); !errors.Is(err, gone) {
			t.Errorf("%s: %v", f, err)
		}
		if f == JSON && json.Valid(out.Bytes()) {
			t.Errorf("what was interrupted looks whole: %s", out.String())
		}
	}
}
