package listing

import "testing"

// lengthOf returns a length after pages with the given totals.
func lengthOf(counted int, totals ...int) Length {
	l := NewLength(counted)
	for _, total := range totals {
		l.NoteTotal(total, 0)
	}
	return l
}

func TestMissingRowsAreCountedByWhatIsKnownOfTheLength(t *testing.T) {
	before := NewLength(-1)
	before.CountedBefore = 100
	for name, tc := range map[string]struct {
		l    Length
		rows int
		want int
	}{
		"nothing is known":                                    {NewLength(-1), 10, 0},
		"as many as counted":                                  {NewLength(100), 100, 0},
		"more than counted":                                   {NewLength(100), 101, 0},
		"fewer than counted, within the slack":                {NewLength(100), 97, 0},
		"fewer than counted":                                  {NewLength(100), 96, 4},
		"as many as the total":                                {lengthOf(-1, 100), 100, 0},
		"fewer than one total, within the slack":              {lengthOf(-1, 100), 95, 0},
		"fewer than one total":                                {lengthOf(-1, 100), 94, 6},
		"fewer than a total that came twice":                  {lengthOf(-1, 100, 100), 99, 1},
		"fewer than totals that differ, within the slack":     {lengthOf(-1, 100, 99, 100), 95, 0},
		"fewer than both, which agree":                        {lengthOf(100, 100), 99, 1},
		"fewer than both, which differ, within the slack":     {lengthOf(120, 100), 95, 0},
		"fewer than both, which differ":                       {lengthOf(120, 100), 94, 6},
		"fewer than both, of which the counted is the less":   {lengthOf(100, 120), 94, 6},
		"fewer than both, of which the total is steady":       {lengthOf(120, 100, 100), 99, 1},
		"fewer than the steady total, more than counted":      {lengthOf(90, 100, 100), 95, 0},
		"more than the total, which is none, fewer than both": {lengthOf(100, 50), 60, 40},
		"as many as the total, fewer than counted":            {lengthOf(150, 100), 100, 0},
		"as many as counted once, nearly":                     {before, 97, 0},
		"fewer than counted once":                             {before, 96, 4},
	} {
		if got := tc.l.CountMissing(tc.rows); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestATotalBelowTheRowsOfItsPageIsNone(t *testing.T) {
	l := NewLength(-1)
	l.NoteTotal(9, 10)
	l.NoteTotal(-1, 0)
	if l != NewLength(-1) {
		t.Errorf("%+v", l)
	}
	if l.NoteTotal(10, 10); l.Total != 10 || l.Steady || l.Varied {
		t.Errorf("the first total: %+v", l)
	}
	if l.NoteTotal(10, 0); !l.Steady || l.Varied {
		t.Errorf("the same again: %+v", l)
	}
	if l.NoteTotal(11, 0); l.Steady || !l.Varied {
		t.Errorf("another one: %+v", l)
	}
	if l.NoteTotal(11, 0); l.Steady || !l.Varied || l.Total != 11 {
		t.Errorf("that one again: %+v", l)
	}
}

func TestNumbersContradictEachOtherBeyondSomeSlack(t *testing.T) {
	for name, tc := range map[string]struct {
		l    Length
		rows int
		want bool
	}{
		"nothing is known":                        {NewLength(-1), 10, false},
		"all agree":                               {lengthOf(100, 100), 100, false},
		"a total somewhat greater than the rows":  {lengthOf(100, 130), 100, false},
		"a total far greater than the rows":       {lengthOf(100, 131), 100, true},
		"counted somewhat more, the total agrees": {lengthOf(130, 100), 100, false},
		"counted far more, the total agrees":      {lengthOf(131, 100), 100, true},
		"counted more, the total does not agree":  {lengthOf(101, 102), 100, true},
		"a greater total alone":                   {lengthOf(-1, 101), 100, true},
		"greater totals that differ":              {lengthOf(-1, 102, 101), 100, false},
		"a smaller total alone":                   {lengthOf(-1, 99), 100, false},
	} {
		if got := tc.l.IsContradictory(tc.rows); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAListIsReadToSomeBound(t *testing.T) {
	before := NewLength(-1)
	before.CountedBefore = 7
	for name, tc := range map[string]struct {
		l         Length
		most, max int
	}{
		"nothing is known":       {NewLength(-1), -1, 1_000_000},
		"the total is greater":   {lengthOf(5, 9), 9, 10_090},
		"more were counted":      {lengthOf(9, 5), 9, 10_090},
		"known of a session ago": {before, 7, 10_070},
		"empty":                  {lengthOf(0), 0, 10_000},
	} {
		if most, rows := tc.l.FindGreatest(), tc.l.MaxRows(); most != tc.most || rows != tc.max {
			t.Errorf("%s: %d and %d", name, most, rows)
		}
	}
}
