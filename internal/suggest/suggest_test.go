package suggest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNearestFindsWhatWasMeant(t *testing.T) {
	names := []string{"Slack", "Stack Overflow", "Slack Enterprise Grid", "Salesforce", "Salesforce Marketing Cloud",
		"Microsoft Teams", "Microsoft SharePoint Online", "Zoom", "Box", "Dropbox", "Société Générale", "X", "ＧｉｔＨｕｂ", "Jira", "Slack"}
	for name, c := range map[string]struct {
		asked string
		want  []string
	}{
		"a slip":                        {"slakc", []string{"Slack"}},
		"a part":                        {"teams", []string{"Microsoft Teams"}},
		"a beginning":                   {"slack", []string{"Slack", "Slack Enterprise Grid"}},
		"a word of several, mistyped":   {"salesfroce", []string{"Salesforce", "Salesforce Marketing Cloud"}},
		"a short name, and where it is": {"box", []string{"Box", "Dropbox"}},
		"accents and case":              {"SOCIETE GENERALE", []string{"Société Générale"}},
		"full-width letters":            {"github", []string{"ＧｉｔＨｕｂ"}},
		"more than the name":            {"Jira Software Cloud", []string{"Jira"}},
		"signs between":                 {"share-point", []string{"Microsoft SharePoint Online"}},
		"nothing like it":               {"Quickbooks", []string{}},
		"nothing":                       {"", []string{}},
	} {
		got := FindNearest(c.asked, slices.Values(names), 5)
		if len(got) > len(c.want) && len(c.want) > 0 {
			got = got[:len(c.want)]
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: for %q got %q, want %q first", name, c.asked, got, c.want)
		}
	}
}

func TestNearestKeepsNoMoreThanAskedFor(t *testing.T) {
	many := func(yield func(string) bool) {
		for i := range 50_000 {
			if !yield(fmt.Sprintf("App %05d", i)) {
				return
			}
		}
	}
	got := FindNearest("app 04242", many, 3)
	if len(got) != 3 || got[0] != "App 04242" {
		t.Errorf("got %q", got)
	}
	if got := FindNearest("app", many, 0); got != nil {
		t.Errorf("none asked for, got %q", got)
	}
}

func TestSlippedCountsSlips(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		slips int
	}{
		{"zoom", "zoom", 0}, {"zoom", "zom", 1}, {"zoom", "zooom", 1}, {"zoom", "zoon", 1}, {"zoom", "ozom", 1},
		{"abcd", "badc", 2}, {"", "ab", 2}, {"kitten", "sitting", 3},
	} {
		if got, ok := countSlips([]rune(c.a), []rune(c.b), 9); !ok || got != c.slips {
			t.Errorf("from %q to %q: %d, %v, want %d", c.a, c.b, got, ok, c.slips)
		}
		if _, ok := countSlips([]rune(c.a), []rune(c.b), c.slips-1); ok {
			t.Errorf("from %q to %q within %d", c.a, c.b, c.slips-1)
		}
	}
}

func FuzzNearestNeverNamesWhatIsNotThere(f *testing.F) {
	f.Add("slakc", "Slack|Zoom|", 2)
	f.Fuzz(func(t *testing.T, asked, among string, n int) {
		names := strings.Split(among, "|")
		got := FindNearest(asked, slices.Values(names), n)
		if len(got) > max(n, 0) {
			t.Fatalf("%d names, %d asked for", len(got), n)
		}
		for _, g := range got {
			if !slices.Contains(names, g) {
				t.Fatalf("%q isn't in %q", g, names)
			}
		}
	})
}
