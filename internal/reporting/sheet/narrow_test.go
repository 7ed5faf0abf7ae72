package sheet

import (
	"fmt"
	"strings"
	"testing"
)

// people is a sheet whose columns are of different importance.
func people() Sheet {
	return Sheet{Title: "Users", Columns: []Column{
		{Key: "app", Title: "App", Width: 32}, {Key: "user", Title: "User", Width: 36, Rank: Always}, {Key: "name", Title: "Name", Width: 28, Rank: 4},
		{Key: "email", Title: "Email", Width: 36, Rank: 9}, {Key: "role", Title: "Role", Kind: Number, Rank: 7},
		{Key: "lastActivity", Title: "Last activity", Kind: Time, Rank: 2}, {Key: "status", Title: "Activity", Rank: 1},
	}}
}

func somePeople() []Row {
	return []Row{
		{"Salesforce Marketing Cloud", "thomas.meyer@contoso.com", "Thomas Meyer", "thomas.meyer@contoso.com", 25, eight, "active"},
		{"Box", "li@contoso.com", "Li Wei", "li@contoso.com", 26, nil, "unknown"},
	}
}

func TestANarrowTerminalShowsFewerColumnsAndWholeNames(t *testing.T) {
	for width, want := range map[int]struct{ first, note string }{
		40:  {"App                   User", "; no room for name, email, role, lastActivity, status"},
		80:  {"App                         User                      Activity", "; no room for name, email, role, lastActivity"},
		120: {"App                         User                      Name          Role  Last activity            Activity", "; no room for email"},
		160: {"App                         User                      Name          Email                     Role  Last activity            Activity", ""},
	} {
		var out, notes strings.Builder
		w, err := NewWriter(Table, &out, people(), Options{Width: width, Notes: &notes})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range somePeople() {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if lines[0] != want.first {
			t.Errorf("%d: the titles are\n%s, not\n%s", width, lines[0], want.first)
		}
		if width >= 80 && (!strings.Contains(lines[1], "Salesforce Marketing Cloud  thomas.meyer@contoso.com") || strings.Contains(out.String(), "…")) {
			t.Errorf("%d: a name is cut:\n%s", width, out.String())
		}
		wantNote := "2 rows" + want.note
		if want.note != "" {
			wantNote += " (--columns chooses)"
		}
		if got := strings.TrimSpace(notes.String()); got != wantNote {
			t.Errorf("%d: noted %q, not %q", width, got, wantNote)
		}
	}
}

func TestEveryLineFitsTheTerminalWhateverIsLeftOut(t *testing.T) {
	for width := 2*narrowest + len(between); width <= 220; width++ {
		out := written(t, Table, people(), Options{Width: width}, somePeople()...)
		for line := range strings.Lines(out) {
			if got := textWidth(strings.TrimSuffix(line, "\n")); got > width {
				t.Errorf("%d characters on a terminal of %d: %q", got, width, line)
			}
		}
		if first := strings.SplitN(out, "\n", 2)[0]; !strings.HasPrefix(first, "App") || !strings.Contains(first, "User") {
			t.Errorf("on a terminal of %d a column that always shows is left out: %q", width, first)
		}
	}
}

func TestWhatIsLeftOutStaysOutInLaterRows(t *testing.T) {
	rows := make([]Row, sample+5)
	for i := range rows {
		rows[i] = somePeople()[i%2]
	}
	out := written(t, Table, people(), Options{Width: 80}, rows...)
	if strings.Contains(out, "Thomas") || strings.Count(out, "active\n") != (sample+6)/2 {
		t.Errorf("the last rows are\n%s", out[len(out)-400:])
	}
}

func TestColumnsAreChosenByTheirKeysInAnyFormat(t *testing.T) {
	if wrong := CheckColumns(people().Columns, []string{"USER", "lastActivity"}); len(wrong) > 0 {
		t.Fatal(wrong[0])
	}
	heading, rows := PickColumns(people(), each(somePeople(), nil), []string{"lastActivity", "USER"})
	var out strings.Builder
	if _, err := WriteRows(t.Context(), rows, Destination{Out: &out}, CSV, heading, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	if want := "lastActivity,user\n2026-07-24T08:00:00Z,thomas.meyer@contoso.com\n,li@contoso.com\n"; strings.TrimPrefix(strings.ReplaceAll(out.String(), "\r\n", "\n"), "\ufeff") != want {
		t.Errorf("got %q", out.String())
	}
}

func TestEveryColumnThatCannotBeShownIsTold(t *testing.T) {
	var got []string
	for _, e := range CheckColumns(people().Columns, []string{"user", "mail", "User", "", "nonsense"}) {
		got = append(got, fmt.Sprint(e))
	}
	const all = "use app, user, name, email, role, lastActivity, status"
	want := []string{"mail: did you mean email? " + all, "User: it is listed twice", ": " + all, "nonsense: " + all}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
