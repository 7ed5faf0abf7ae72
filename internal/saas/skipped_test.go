package saas_test

import (
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func TestASessionThatSkippedMostUsersIsNoPlainSuccess(t *testing.T) {
	for name, tt := range map[string]struct {
		mode  saas.Mode
		seen  int
		skips map[saas.SkipReason]int
		want  saas.Outcome
	}{
		"all unmappable":              {saas.ModeFull, 1503, map[saas.SkipReason]int{saas.SkipUnmappable: 1503}, saas.OutcomeCompletedWithErrors},
		"half and one":                {saas.ModeFull, 100, map[saas.SkipReason]int{saas.SkipUnmappable: 21, saas.SkipDevice: 30}, saas.OutcomeCompletedWithErrors},
		"half":                        {saas.ModeFull, 100, map[saas.SkipReason]int{saas.SkipUnmappable: 20, saas.SkipDevice: 30}, saas.OutcomeCompleted},
		"a small tenant":              {saas.ModeFull, 2, map[saas.SkipReason]int{saas.SkipEmpty: 2}, saas.OutcomeCompletedWithErrors},
		"anonymised":                  {saas.ModeFull, 9, map[saas.SkipReason]int{saas.SkipAnonymised: 9}, saas.OutcomeCompletedWithErrors},
		"left out on purpose":         {saas.ModeFull, 100, map[saas.SkipReason]int{saas.SkipExcluded: 90, saas.SkipService: 8}, saas.OutcomeCompleted},
		"most of those that are left": {saas.ModeFull, 100, map[saas.SkipReason]int{saas.SkipExcluded: 90, saas.SkipUnmappable: 6}, saas.OutcomeCompletedWithErrors},
		"a few rows of an increment":  {saas.ModeIncremental, 3, map[saas.SkipReason]int{saas.SkipDevice: 3}, saas.OutcomeCompleted},
		"many rows of an increment":   {saas.ModeIncremental, 30, map[saas.SkipReason]int{saas.SkipDevice: 25}, saas.OutcomeCompletedWithErrors},
		"nobody":                      {saas.ModeFull, 0, nil, saas.OutcomeCompleted},
	} {
		r := contract.SessionResult{Mode: string(tt.mode)}
		r.Counts.Users.Seen = tt.seen
		for reason, n := range tt.skips {
			r.Counts.Users.Skipped += n
			r.Skips.Count(string(reason), n)
		}
		if got := r.DecideOutcome(); got != tt.want || (r.NoteSkipped() == "") != (got == saas.OutcomeCompleted) {
			t.Errorf("%s: %s, %q", name, got, r.NoteSkipped())
		}
	}
}

func TestTheNoteOnSkippedUsersShowsWhatTheirNamesLookLike(t *testing.T) {
	r := contract.SessionResult{Mode: string(saas.ModeFull)}
	r.Counts.Users.Seen = 4
	r.Skips.Count(string(saas.SkipService), 1)
	for _, name := range []string{"Alice Example", "Alice Exile", "Bob Brown"} {
		r.Skips.Add(saas.Reject{Reason: string(saas.SkipUnmappable), Subject: saas.MaskName(name), Detail: "keys of the row: name, seen"}, 9)
	}
	want := "most users were skipped, 3 of 3 (3 unmappable); names look like A…e E…e, B… B…n; keys of the row: name, seen: " +
		"see that INTEGRATION_USERNAME_FORMAT fits what Defender shows"
	if got := r.NoteSkipped(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAnIncrementHasToSkipAFewBeforeItSaysSo(t *testing.T) {
	for n, want := range map[int]bool{19: false, 20: true, 21: true} {
		var skips saas.Tally
		skips.Count(string(saas.SkipDevice), n)
		if got := saas.NoteSkipped(saas.ModeIncremental, n, skips) != ""; got != want {
			t.Errorf("%d: %v", n, got)
		}
	}
}

func TestANoteShowsThreeNames(t *testing.T) {
	var skips saas.Tally
	for _, name := range []string{"a…e", "a…e", "b…b", "c…c", "d…d"} {
		skips.Add(saas.Reject{Reason: string(saas.SkipDevice), Subject: name, Detail: "keys " + name}, 9)
	}
	skips.Samples = append([]saas.Reject{{Reason: string(saas.SkipExcluded), Subject: "x…x"}}, skips.Samples...)
	if got := saas.NoteSkipped(saas.ModeFull, 5, skips); !strings.Contains(got, "5 of 5 (5 device); names look like a…e, b…b, c…c; keys a…e: see") {
		t.Errorf("%q", got)
	}
}
