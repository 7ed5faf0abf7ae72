package saas

import (
	"testing"
)

func TestASessionThatSkippedMostUsersIsNoPlainSuccess(t *testing.T) {
	for name, tt := range map[string]struct {
		mode  Mode
		seen  int
		skips map[SkipReason]int
		want  Outcome
	}{
		"all unmappable":              {ModeFull, 1503, map[SkipReason]int{SkipUnmappable: 1503}, OutcomeCompletedWithErrors},
		"half and one":                {ModeFull, 100, map[SkipReason]int{SkipUnmappable: 21, SkipDevice: 30}, OutcomeCompletedWithErrors},
		"half":                        {ModeFull, 100, map[SkipReason]int{SkipUnmappable: 20, SkipDevice: 30}, OutcomeCompleted},
		"a small tenant":              {ModeFull, 2, map[SkipReason]int{SkipEmpty: 2}, OutcomeCompletedWithErrors},
		"anonymised":                  {ModeFull, 9, map[SkipReason]int{SkipAnonymised: 9}, OutcomeCompletedWithErrors},
		"left out on purpose":         {ModeFull, 100, map[SkipReason]int{SkipExcluded: 90, SkipService: 8}, OutcomeCompleted},
		"most of those that are left": {ModeFull, 100, map[SkipReason]int{SkipExcluded: 90, SkipUnmappable: 6}, OutcomeCompletedWithErrors},
		"a few rows of an increment":  {ModeIncremental, 3, map[SkipReason]int{SkipDevice: 3}, OutcomeCompleted},
		"many rows of an increment":   {ModeIncremental, 30, map[SkipReason]int{SkipDevice: 25}, OutcomeCompletedWithErrors},
		"nobody":                      {ModeFull, 0, nil, OutcomeCompleted},
	} {
		r := Result{Mode: string(tt.mode)}
		r.Counts.Users.Seen = tt.seen
		for reason, n := range tt.skips {
			r.Counts.Users.Skipped += n
			r.Skips.Count(string(reason), n)
		}
		if got := r.Settled(); got != tt.want || (r.NoteSkipped() == "") != (got == OutcomeCompleted) {
			t.Errorf("%s: %s, %q", name, got, r.NoteSkipped())
		}
	}
}

func TestTheNoteOnSkippedUsersShowsWhatTheirNamesLookLike(t *testing.T) {
	r := Result{Mode: string(ModeFull)}
	r.Counts.Users.Seen = 4
	r.Skips.Count(string(SkipService), 1)
	for _, name := range []string{"Alice Example", "Alice Exile", "Bob Brown"} {
		r.Skips.Add(Reject{Reason: string(SkipUnmappable), Subject: MaskName(name), Detail: "keys of the row: name, seen"}, 9)
	}
	want := "most users were skipped, 3 of 3 (3 unmappable); names look like A…e E…e, B… B…n; keys of the row: name, seen: " +
		"see that INTEGRATION_USERNAME_FORMAT fits what Defender shows"
	if got := r.NoteSkipped(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
