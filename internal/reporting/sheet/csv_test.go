package sheet

import (
	"encoding/csv"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCSVIsWhatRFC4180Says(t *testing.T) {
	s := apps()
	for name, c := range map[string]struct {
		options Options
		rows    []Row
		want    []string
	}{
		"values of each kind": {Options{Location: berlin(t)}, someApps(), []string{
			"name,users,lastActivity,firstSeen,website,sanctioned",
			"Slack,1200,2026-07-24T08:00:00Z,2026-07-24,https://slack.com,true",
			"Ünïcødé 東京,7.5,,,,false"}},
		"quotes, commas and line breaks": {Options{}, []Row{{"a \"b\", c\nd", nil, nil, nil, nil, nil}}, []string{
			"name,users,lastActivity,firstSeen,website,sanctioned",
			"\"a \"\"b\"\", c\r\nd\",,,,,"}},
		"titles and a mark": {Options{Titles: true, BOM: true}, nil, []string{
			"\ufeffName,Users,Last activity,First seen,Website,Sanctioned"}},
		"a date is that of the zone": {Options{Location: berlin(t)}, []Row{{"", nil, nil, time.Date(2026, 7, 24, 22, 30, 0, 0, time.UTC), nil, nil}}, []string{
			"name,users,lastActivity,firstSeen,website,sanctioned", ",,,2026-07-25,,"}},
	} {
		if got, want := written(t, CSV, s, c.options, c.rows...), strings.Join(c.want, "\r\n")+"\r\n"; got != want {
			t.Errorf("%s: got\n%q\nwant\n%q", name, got, want)
		}
	}
}

func TestTextsInCSVAreNoFormulas(t *testing.T) {
	for text, want := range map[string]string{
		"Slack": "Slack", "a=b": "a=b", "1+1": "1+1", "#1": "#1", "'quoted'": "'quoted'", "": "",
		"=1+1": "'=1+1", "+49 30": "'+49 30", "-5": "'-5", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": "'\t=1", "\r=1": "'\n=1", "\n=1": "'\n=1", "  =1": "'  =1", "\u00a0=1": "'\u00a0=1",
		"\ufeff=1": "'\ufeff=1", "\u200b=1": "'\u200b=1", "＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a",
		"\u202e=1": "'\u202e=1", "\u2060@a": "'\u2060@a", "\u00ad-1": "'\u00ad-1", "−1": "'−1", "﹦1": "'﹦1", "﹫a": "'﹫a", "\u202eabc": "\u202eabc",
		"\x00=1": "'\x00=1", "bad\xff": "bad\ufffd",
	} {
		if got := guardFormula(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestNumbersInCSVStayNumbers(t *testing.T) {
	s := Sheet{Title: "N", Columns: []Column{{Key: "=n", Title: "N", Kind: Number}, {Key: "text", Title: "T"}}}
	got := written(t, CSV, s, Options{}, Row{-5, -5}, Row{-0.25, int64(math.MinInt64)}, Row{"-5", "-5"}, Row{1e21, 1e-9}, Row{math.Inf(-1), math.NaN()})
	want := "'=n,text\r\n-5,-5\r\n-0.25,-9223372036854775808\r\n'-5,'-5\r\n1000000000000000000000,0.000000001\r\n,\r\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzCSVComesBackAndHoldsNoFormula(f *testing.F) {
	for _, text := range []string{"=cmd|' /C calc'!A0", "a,\"b\"\r\nc", " +1", "\ufeff-1", "'=1", "\xff", "\r"} {
		f.Add(text, "plain")
		f.Add("plain", text)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		s := Sheet{Title: "T", Columns: []Column{{Key: "a", Title: "A"}, {Key: b, Title: "B"}}}
		out := written(t, CSV, s, Options{}, Row{a, b}, Row{b, a})
		if !utf8.ValidString(out) {
			t.Fatalf("no UTF-8: %q", out)
		}
		records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		wantA, wantB := expected(a), expected(b)
		if !slices.EqualFunc(records, [][]string{{"a", wantB}, {wantA, wantB}, {wantB, wantA}}, slices.Equal) {
			t.Fatalf("%q and %q came back as %q", a, b, records)
		}
		for _, record := range records {
			for _, cell := range record {
				if start := strings.TrimLeft(cell, " \u00a0\ufeff\u200b"); start != "" && strings.ContainsAny(start[:1], "=+-@\t\r\n") {
					t.Fatalf("%q would be run", cell)
				}
			}
		}
	})
}

// expected is a text as a reader of CSV gets it: with line feeds, and with an
// apostrophe if it would be run.
func expected(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	if IsFormula(s) {
		return "'" + s
	}
	return s
}
