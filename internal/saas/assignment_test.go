package saas

import "testing"

func TestAnIDOfADryRunIsTold(t *testing.T) {
	for id, want := range map[string]bool{"": true, ImaginaryID("alice"): true, ImaginaryID(""): true, "100002": false, "dry-run": false, "x" + ImaginaryID("alice"): false} {
		if got := IsImaginary(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}

func TestPlainCharactersAreLettersDigitsAndAFewSigns(t *testing.T) {
	for _, r := range "azAZ09mM5@.-_" {
		if !IsPlain(r) {
			t.Errorf("%q is not plain", r)
		}
	}
	for _, r := range "`{[/:^ +,é\u007f\u0080\U00010000" {
		if IsPlain(r) {
			t.Errorf("%q is plain", r)
		}
	}
}
