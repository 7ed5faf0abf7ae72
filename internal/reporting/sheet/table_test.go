package sheet

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

func TestATableIsAligned(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		rows    []Row
		want    string
	}{
		"not on a terminal": {Options{}, someApps(), lines(
			"Name          Users  Last activity            First seen  Website            Sanctioned",
			"Slack          1200  2026-07-24 08:00:00 UTC  2026-07-24  https://slack.com  yes",
			"Ünïcødé 東京    7.5                                                          no")},
		"in a zone": {Options{Location: berlin(t)}, someApps()[:1], lines(
			"Name   Users  Last activity             First seen  Website            Sanctioned",
			"Slack   1200  2026-07-24 10:00:00 CEST  2026-07-24  https://slack.com  yes")},
		"on a terminal": {Options{Width: 84, Color: true}, someApps(), lines(
			"\x1b[1mName          Users  Last activity            First seen  Website\x1b[0m",
			"Slack          1200  2026-07-24 08:00:00 UTC  2026-07-24  https://slack.com",
			"Ünïcødé 東京    7.5")},
		"on a narrow one the last columns are left out": {Options{Width: 30}, someApps(), lines(
			"Name          Users",
			"Slack          1200",
			"Ünïcødé 東京    7.5")},
		"where columns were chosen none is left out, and numbers and times stay whole": {Options{Width: 30, AllColumns: true}, someApps(), lines(
			"Name      Users  Last activity            First seen  Website   Sanctioned",
			"Slack      1200  2026-07-24 08:00:00 UTC  2026-07-24  https:/…  yes",
			"Ünïcødé…    7.5                                                 no")},
		"on a wide one": {Options{Width: 500}, someApps()[:1], lines(
			"Name   Users  Last activity            First seen  Website            Sanctioned",
			"Slack   1200  2026-07-24 08:00:00 UTC  2026-07-24  https://slack.com  yes")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := written(t, Table, apps(), c.options, c.rows...); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
		})
	}
}

// trafficLight colours what it knows.
func trafficLight(value any) Color {
	switch value {
	case "stop", int64(3):
		return Red
	case "go":
		return Green
	}
	return ""
}

func TestAColumnColoursItsCellsAndNoOthers(t *testing.T) {
	s := Sheet{Title: "Lights", Columns: []Column{
		{Key: "n", Title: "N", Kind: Number, Color: trafficLight}, {Key: "light", Title: "Light", Color: trafficLight}, {Key: "said", Title: "Said"},
	}}
	rows := []Row{{1, "go", "stop"}, {3, "stop", "go  stop  go"}, {2, "amber", "go"}, {3, "", ""}, {nil, "stop", ""}}
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"on a terminal": {Options{Color: true, Width: 80}, lines(
			"\x1b[1mN  Light  Said\x1b[0m",
			"1  \x1b[32mgo\x1b[0m     stop",
			"\x1b[31m3\x1b[0m  \x1b[31mstop\x1b[0m   go  stop  go",
			"2  amber  go",
			"\x1b[31m3\x1b[0m",
			"   \x1b[31mstop\x1b[0m")},
		"where colours are off": {Options{Width: 80}, lines(
			"N  Light  Said", "1  go     stop", "3  stop   go  stop  go", "2  amber  go", "3", "   stop")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := written(t, Table, s, c.options, rows...); got != c.want {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func TestALongTableIsColouredToItsEnd(t *testing.T) {
	s := Sheet{Title: "Lights", Columns: []Column{{Key: "light", Title: "Light", Color: trafficLight}, {Key: "said", Title: "Said"}}}
	rows := make([]Row, 2*sample) // far more than a buffer of 4 kB holds
	for i := range rows {
		rows[i] = Row{"stop", "a text of some length that says nothing about the light"}
	}
	got := written(t, Table, s, Options{Color: true}, rows...)
	if n := strings.Count(got, "\n\x1b[31mstop\x1b[0m   a text"); n != len(rows) {
		t.Errorf("%d of %d rows are coloured", n, len(rows))
	}
}

func TestOnlyTheTableHasColours(t *testing.T) {
	s := Sheet{Title: "Lights", Columns: []Column{{Key: "light", Title: "Light", Color: trafficLight}}}
	for _, f := range []Format{CSV, JSON} {
		if got := written(t, f, s, Options{Color: true}, Row{"stop"}); strings.Contains(got, "\x1b") {
			t.Errorf("%s has %q", f, got)
		}
	}
}

func TestACutCellIsColouredWhole(t *testing.T) {
	s := Sheet{Title: "Lights", Columns: []Column{{Key: "light", Title: "Li", Width: 3, Color: func(any) Color { return Red }}}}
	if got, want := written(t, Table, s, Options{Color: true, Width: 9}, Row{"stop  stop  stop"}), lines("\x1b[1mLi\x1b[0m", "\x1b[31mstop  st…\x1b[0m"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAColumnIsWiderThanItsWidthOnlyWhereThereIsRoom(t *testing.T) {
	s := Sheet{Title: "Apps", Columns: []Column{{Key: "name", Title: "Name", Width: 6}, {Key: "n", Title: "N", Kind: Number, Width: 2}}}
	for width, want := range map[int]string{
		13: lines("Name        N", "Sales…  12345"), 15: lines("Name          N", "Salesfo…  12345"),
		80: lines("Name            N", "Salesforce  12345"), 0: lines("Name            N", "Salesforce  12345"),
	} {
		if got := written(t, Table, s, Options{Width: width}, Row{"Salesforce", 12345}); got != want {
			t.Errorf("%d: got\n%swant\n%s", width, got, want)
		}
	}
}

func TestRowsBehindTheFirstOnesKeepTheirPlace(t *testing.T) {
	s := Sheet{Title: "Apps", Columns: []Column{{Key: "name", Title: "Name"}, {Key: "n", Title: "N", Kind: Number}}}
	rows := make([]Row, sample, sample+2)
	for i := range rows {
		rows[i] = Row{"A short name", i}
	}
	rows = append(rows, Row{"A name much longer than those before", 1}, Row{"B", 1234567})
	got := strings.Split(written(t, Table, s, Options{Width: 24}, rows...), "\n")
	for i, want := range map[int]string{
		0: "Name                  N", sample: "A short name        299",
		sample + 1: "A name much longe…    1", sample + 2: "B                   1234567",
	} {
		if got[i] != want {
			t.Errorf("line %d is %q, want %q", i, got[i], want)
		}
	}
}

func TestATableTellsHowManyRows(t *testing.T) {
	for n, want := range map[int]string{1: "1 row\n", 2: "2 rows\n", 1200: "1,200 rows\n"} {
		var out, notes strings.Builder
		w, err := NewWriter(Table, &out, apps(), Options{Notes: &notes})
		if err != nil {
			t.Fatal(err)
		}
		for row := range numbered(n, nil) {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second does nothing
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if notes.String() != want || strings.Count(out.String(), "\n") != n+1 {
			t.Errorf("%d rows: noted %q below %d lines", n, notes.String(), strings.Count(out.String(), "\n"))
		}
	}
	if got := FormatCount(1234567); got != "1,234,567 rows" {
		t.Errorf("got %q", got)
	}
}

func TestAnEmptyTableIsASentence(t *testing.T) {
	for empty, want := range map[string]string{
		"":                                    "no rows match\n",
		"no app has more than 7 active users": "no app has more than 7 active users\n",
	} {
		var notes strings.Builder
		if got := written(t, Table, apps(), Options{Empty: empty, Notes: &notes, Color: true}); got != want || notes.Len() > 0 {
			t.Errorf("got %q and %q, want %q", got, notes.String(), want)
		}
	}
}

func TestADiscardedTablePrintsNothing(t *testing.T) {
	var out strings.Builder
	w, err := NewWriter(Table, &out, apps(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(someApps()[0]); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	if err := w.Close(); err != nil || out.Len() > 0 {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestAnEmptyCellIsEmptyInATable(t *testing.T) {
	row := Row{nil, math.NaN(), time.Time{}, nil, "", math.Inf(1)}
	got := strings.Split(written(t, Table, apps(), Options{}, row), "\n")
	if len(got) != 3 || got[1] != "" {
		t.Errorf("got %q", got)
	}
}

func TestTextsAreHarmlessOnATerminal(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                 "plain",
		"東京 é e\u0301 👩‍👩‍👧":    "東京 é e\u0301 👩‍👩‍👧",
		"\x1b[31mred\x1b[0m":    "\ufffd[31mred\ufffd[0m",
		"a\tb\nc\r\nd\re":       "a b c d e",
		"bell\a back\b nul\x00": "bell\ufffd back\ufffd nul\ufffd",
		"\u009b31m":             "\ufffd31m", // a control sequence in one character
		"txt\u202egpj.exe":      "txt\ufffdgpj.exe",
		"bad \xff\xc3":          "bad \ufffd\ufffd",
	} {
		if got := makeVisible(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestTextsAreCutBetweenWhatIsReadAsOneCharacter(t *testing.T) {
	for _, c := range []struct {
		text string
		to   int
		want string
	}{
		{"Slack", 5, "Slack"}, {"Slack", 4, "Sla…"}, {"Slack", 1, "…"}, {"Slack", 0, ""}, {"", 0, ""},
		{"東京都", 6, "東京都"}, {"東京都", 5, "東京…"}, {"東京都", 4, "東…"}, {"東京都", 2, "…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"👩‍👩‍👧👩‍👩‍👧", 3, "👩‍👩‍👧…"}, {"👩‍👩‍👧👩‍👩‍👧", 2, "…"},
		{"one two", 5, "one…"},
	} {
		if got := cutText(c.text, c.to); got != c.want {
			t.Errorf("%q cut to %d is %q, want %q", c.text, c.to, got, c.want)
		}
	}
}

func FuzzNothingReachesTheTerminalButText(f *testing.F) {
	f.Add("\x1b]0;title\a", "東京", 12)
	f.Add("\u009b\u202e\xff", "a\nb", 3)
	f.Add("\u00ad\u0600 e\u0301", "👩‍👩‍👧", 0)
	f.Fuzz(func(t *testing.T, name, website string, wide int) {
		s := Sheet{Title: "Apps", Columns: []Column{{Key: "n", Title: name}, {Key: "w", Title: "Website", Kind: Link}}}
		wide = wide & 0xff
		out := written(t, Table, s, Options{Width: wide}, Row{name, website}, Row{website, name})
		if !utf8.ValidString(out) || strings.Count(out, "\n") != 3 {
			t.Fatalf("not three lines of UTF-8: %q", out)
		}
		for _, r := range out {
			if unicode.IsControl(r) && r != '\n' || turnsDirection(r) {
				t.Fatalf("%U in %q", r, out)
			}
		}
		least := 2*narrowest + len(between)
		for line := range strings.Lines(out) {
			if got := textWidth(strings.TrimSuffix(line, "\n")); wide >= least && got > wide {
				t.Fatalf("%d characters on a terminal of %d: %q", got, wide, line)
			}
		}
	})
}

func FuzzCutTextsFit(f *testing.F) {
	f.Add("Slack 東京 👩‍👩‍👧 e\u0301", 7)
	f.Fuzz(func(t *testing.T, text string, to int) {
		to &= 0x3f
		text = makeVisible(text)
		if got := cutText(text, to); textWidth(got) > to {
			t.Fatalf("%q cut to %d is %q, %d wide", text, to, got, textWidth(got))
		}
	})
}

func ExampleNewWriter() {
	s := Sheet{Title: "Apps", Columns: []Column{{Key: "name", Title: "Name"}, {Key: "users", Title: "Users", Kind: Number}}}
	var out strings.Builder
	w, err := NewWriter(Table, &out, s, Options{})
	if err != nil {
		panic(err)
	}
	for _, row := range []Row{{"Slack", 1200}, {"Zoom", 87}} {
		if err := w.Write(row); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	fmt.Print(out.String())
	// Output:
	// Name   Users
	// Slack   1200
	// Zoom      87
}

func TestOneHugeTextPutsNoBlanksAfterAllOthers(t *testing.T) {
	huge := strings.Repeat("x", 2_500_000)
	var out bytes.Buffer
	sheet := Sheet{Title: "T", Columns: []Column{{Key: "a", Title: "A"}, {Key: "b", Title: "B"}}}
	rows := func(yield func(Row, error) bool) {
		for i := range 200 {
			name := "short"
			if i == 7 {
				name = huge
			}
			if !yield(Row{name, "end"}, nil) {
				return
			}
		}
	}
	n, err := WriteRows(t.Context(), rows, Destination{Out: &out}, Table, sheet, Options{}, nil)
	if err != nil || n != 200 || !strings.Contains(out.String(), huge+"  end\n") {
		t.Errorf("%d rows, %v: nothing may be cut in a pipe", n, err)
	}
	if out.Len() > len(huge)+200*(widest+20) {
		t.Errorf("%d bytes", out.Len())
	}
}
