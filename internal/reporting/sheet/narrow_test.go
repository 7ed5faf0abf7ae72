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
	heading, rows := PickColumns(people(), each(somePeople(), nil), []string{"Last Activity", "USER"})
	var out strings.Builder
	if _, err := WriteRows(t.Context(), rows, Destination{Out: &out}, CSV, heading, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	if want := "lastActivity,user\n2026-07-24T08:00:00Z,thomas.meyer@contoso.com\n,li@contoso.com\n"; strings.TrimPrefix(strings.ReplaceAll(out.String(), "\r\n", "\n"), "\ufeff") != want {
		t.Errorf("got %q", out.String())
	}
}

func TestATitleIsTakenWhereOneColumnHasIt(t *testing.T) {
	columns := []Column{{Key: "started", Title: "Started"}, {Key: "appsAdded", Title: "+"}, {Key: "usersAdded", Title: "+"}, {Key: "workers", Title: "Workers"}, {Key: "identity", Title: "Worker"}}
	for asked, want := range map[string]string{"STARTED": "started", "+": "", "worker": "identity", "Workers": "workers", "": ""} {
		if got := KeyOf(columns, asked); got != want {
			t.Errorf("%q is %q, not %q", asked, got, want)
		}
	}
	if HasColumn(columns, "Worker") || !HasColumn(columns, "IDENTITY") {
		t.Error("a title passes for a key")
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

func TestProseIsWrappedWithinItsColumnAndNeverCut(t *testing.T) {
	s := Sheet{Title: "Notices", Columns: []Column{{Key: "id", Title: "Id", Kind: Name}, {Key: "kind", Title: "Kind", Kind: Name, Rank: 1}, {Key: "text", Title: "Text", Kind: Prose, Rank: Always}, {Key: "n", Title: "N", Kind: Number, Rank: Always}}}
	rows := []Row{{"kdwzrb", "failed", "Oomnitza refuses the token that it took an hour ago", 7}, {"mpqfhc", "test", "see https://contoso.com/a/very/long/address", 12}, {"x", "", "", nil}}
	for width, want := range map[int]string{
		0: "Id      Kind    Text                                                  N\n" +
			"kdwzrb  failed  Oomnitza refuses the token that it took an hour ago   7\n" +
			"mpqfhc  test    see https://contoso.com/a/very/long/address          12\n" +
			"x\n",
		60: "Id      Kind    Text                                       N\n" +
			"kdwzrb  failed  Oomnitza refuses the token that it took    7\n" +
			"                an hour ago\n" +
			"mpqfhc  test    see                                       12\n" +
			"                https://contoso.com/a/very/long/address\n" +
			"x\n",
		50: "Id      Text                                     N\n" +
			"kdwzrb  Oomnitza refuses the token that it       7\n" +
			"        took an hour ago\n" +
			"mpqfhc  see                                     12\n" +
			"        https://contoso.com/a/very/long/address\n" +
			"x\n",
	} {
		if out := written(t, Table, s, Options{Width: width}, rows...); out != want {
			t.Errorf("on a terminal of %d:\n%s", width, out)
		}
	}
}

func TestATableBesideTextNotesOnlyWhatHadNoRoom(t *testing.T) {
	for width, want := range map[int]string{40: "no room for name, email, role, lastActivity, status (--columns chooses)\n", 200: ""} {
		var notes strings.Builder
		written(t, Table, people(), Options{Width: width, Notes: &notes, NoCount: true}, somePeople()...)
		if notes.String() != want {
			t.Errorf("on a terminal of %d: %q", width, notes.String())
		}
	}
}
