package reasons

import (
	"slices"
	"strings"
	"testing"
)

// TestEveryTextIsExplained: whatever a session may say of a row or a tenant has
// a row in docs/reasons.md. Texts are found where they are rejected, skipped or
// noted; one that gets there by a variable should be a constant whose name
// begins with Reject or Note.
func TestEveryTextIsExplained(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	found := readSource(t, root)
	if len(found.texts) < 20 {
		t.Fatalf("only %d texts found in the source: they are looked for at the wrong places", len(found.texts))
	}
	for _, x := range found.texts {
		if _, ok := rows.Find(x.kind, x.says); !ok {
			t.Errorf("%s: add a row to docs/reasons.md:\n| %s | %s | what it means | what to do |", x.at, strings.ReplaceAll(x.says, "|", `\|`), x.kind)
		}
	}
}

// TestEveryRowIsOfAText: nothing is explained that no session says any more.
func TestEveryRowIsOfAText(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	found := readSource(t, root)
	for _, row := range rows {
		if !slices.ContainsFunc(found.literals, func(says string) bool { return strings.Contains(says, longest(row.Says)) }) {
			t.Errorf("docs/reasons.md explains %q, which stands nowhere in the source any more", row.Says)
		}
	}
}

// longest is the longest part of a text between two gaps.
func longest(says string) string {
	parts := strings.Split(says, Gap)
	return slices.MaxFunc(parts, func(a, b string) int { return len(a) - len(b) })
}

func TestRowsAreFoundWhateverStandsInTheirGaps(t *testing.T) {
	rows, err := parse("| what it says | kind | what it means | what to do |\n|---|---|---|---|\n| stream `…` has a \\| (…) | note | x | y |\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := rows.Find(Noted, "stream Proxy has a | (3)"); !ok {
		t.Error("not found")
	}
	for _, other := range []string{"stream Proxy", "a stream Proxy has a | (3)"} {
		if row, ok := rows.Find(Noted, other); ok {
			t.Errorf("%q is found as %q", other, row.Says)
		}
	}
	if _, ok := rows.Find(Rejected, "stream Proxy has a | (3)"); ok {
		t.Error("a note is taken for a reject")
	}
	for _, bad := range []string{"| a | b | c | d |", "| a | note | c |", "| a | note |  | d |", "| … | note | c | d |"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q is taken for a row", bad)
		}
	}
}
