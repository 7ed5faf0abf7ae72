package saas

import (
	"slices"
	"strings"
	"testing"
)

func TestANameMayBeCutOffAtAUsualLength(t *testing.T) {
	x29, x30 := strings.Repeat("x", 29), strings.Repeat("x", 30)
	for name, tt := range map[string]struct {
		sent, have string
		want       bool
	}{
		"as it is":                            {"Orbit", "Orbit", true},
		"in another case":                     {"Orbit", "orbit", false},
		"escaped":                             {"R&D", "R&amp;D", true},
		"escaped twice":                       {"R&D", "R&amp;amp;D", true},
		"in another Unicode form":             {"Zoë", "Zoe\u0308", true},
		"cut at 30":                           {x30 + "yz", x30, true},
		"cut at 31":                           {x30 + "yz", x30 + "y", false},
		"cut at 30, where a blank was lost":   {x29 + " yz", x29, true},
		"cut at 29":                           {x29 + "yz", x29, false},
		"another beginning":                   {x30 + "yz", strings.Repeat("w", 30), false},
		"longer than it was sent":             {x30, x30 + "yz", false},
		"cut and escaped":                     {"&" + x30, "&amp;" + x29, true},
		"cut at 30 characters, not bytes":     {strings.Repeat("ü", 31), strings.Repeat("ü", 30), true},
		"cut at 30 bytes within the name":     {strings.Repeat("ü", 31), strings.Repeat("ü", 15), false},
		"a blank is lost, but not before 30":  {strings.Repeat("x", 27) + " yz", strings.Repeat("x", 27), false},
		"a blank is lost, one before a limit": {strings.Repeat("x", 31) + " yz", strings.Repeat("x", 31), true},
	} {
		if got := StoredAs(tt.sent, tt.have); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if cutOff(x30, x30) {
		t.Error("a whole name is not cut off")
	}
}

func TestTheNamesOfAnAppsRecord(t *testing.T) {
	x30 := strings.Repeat("x", 30)
	for name, want := range map[string][]string{
		"Orbit":    {"Orbit", "Orbit (7)"},
		"R&D":      {"R&D", "R&D (7)", "R&amp;D", "R&amp;D (7)"},
		"Bob's":    {"Bob's", "Bob's (7)", "Bob&#39;s", "Bob&#39;s (7)"},
		"R&D's":    {"R&D's", "R&D's (7)", "R&amp;D&#39;s", "R&amp;D's", "R&amp;D&#39;s (7)", "R&amp;D's (7)"},
		x30:        {x30, x30 + " (7)"},
		x30 + "y":  {x30 + "y", x30 + "y (7)", x30[:shortBase] + " (7)"},
		x30[:16]:   {x30[:16], x30[:16] + " (7)"},
		" \u200b ": {"App 7", "App 7 (7)"},
	} {
		if got := CandidateNames(App{ID: "7", Name: name}); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestNamesAreLookedUpAsATenantCutsThem(t *testing.T) {
	for size, want := range map[int][]int{29: nil, 30: nil, 31: {30}, 32: {30}, 33: {30, 32}, 151: nameCaps} {
		name := strings.Repeat("x", size)
		app := App{ID: "7", Name: name}
		var cuts []int
		for _, cut := range LookupNames(app)[len(CandidateNames(app)):] {
			cuts = append(cuts, len(cut))
		}
		if !slices.Equal(cuts, want) {
			t.Errorf("a name of %d is cut at %v, want %v", size, cuts, want)
		}
	}
}

func TestALongAndAShortNameHoldTheID(t *testing.T) {
	for name, want := range map[string][2]string{
		"Box":                      {"Box (7)", "Box (7)"},
		"Exactly sixteen!":         {"Exactly sixteen! (7)", "Exactly sixteen! (7)"},
		"A name, and longer by it": {"A name, and longer by it (7)", "A name, and long (7)"},
		"A blank at 15th position": {"A blank at 15th position (7)", "A blank at 15th (7)"},
	} {
		app := App{ID: "7", Name: name}
		if got := [2]string{LongName(app), ShortName(app)}; got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
