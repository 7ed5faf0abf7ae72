package defender

import (
	"testing"
)

func printOf(ids ...string) string {
	p := newFingerprinter()
	for _, id := range ids {
		p.addID(id)
	}
	return p.String()
}

func TestAFingerprintIsOfTheRowsAndTheirOrder(t *testing.T) {
	same := printOf("a", "b")
	if same != printOf("a", "b") {
		t.Error("the same rows differ")
	}
	for name, other := range map[string]string{
		"another order": printOf("b", "a"), "fewer": printOf("a"), "joined otherwise": printOf("ab", ""), "none": printOf(),
	} {
		if other == same {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
	if printOf() != "" {
		t.Error("an empty page has a fingerprint")
	}
}
