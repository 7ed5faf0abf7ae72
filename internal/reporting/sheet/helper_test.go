package sheet

import (
	"iter"
	"strings"
	"testing"
	"time"
)

// eight is a time in summer, when Berlin is two hours ahead of UTC.
var eight = time.Date(2026, 7, 24, 8, 0, 0, 0, time.UTC)

// apps is a sheet with a column of each kind.
func apps() Sheet {
	return Sheet{
		Title: "Apps",
		Columns: []Column{
			{Key: "name", Title: "Name"},
			{Key: "users", Title: "Users", Kind: Number},
			{Key: "lastActivity", Title: "Last activity", Kind: Time},
			{Key: "firstSeen", Title: "First seen", Kind: Date},
			{Key: "website", Title: "Website", Kind: Link},
			{Key: "sanctioned", Title: "Sanctioned", Kind: Bool},
		},
		About: []Fact{{Name: "Asked", Value: "report apps --top 2"}, {Name: "When", Value: "2026-07-24 10:00"}},
	}
}

func someApps() []Row {
	return []Row{
		{"Slack", 1200, eight, eight, "https://slack.com", true},
		{"Ünïcødé 東京", 7.5, time.Time{}, nil, "", false},
	}
}

// each yields rows, and after them an error when there is one.
func each(rows []Row, err error) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// written is the document of rows.
func written(t testing.TB, f Format, s Sheet, o Options, rows ...Row) string {
	t.Helper()
	var out strings.Builder
	w, err := NewWriter(f, &out, s, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	in, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("this machine has no time zones: ", err)
	}
	return in
}
