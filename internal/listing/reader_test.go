package listing

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// aList is a list that a test reads; it may move between two pages.
type aList struct {
	users []saas.Usage // the latest active first
	shown int          // rows that it lets see; 0: all
	bad   []string     // users whose rows cannot be used
}

func newList(n int) *aList {
	l := &aList{}
	for i := range n {
		l.users = append(l.users, saas.Usage{User: fmt.Sprint("user", i), LastActivity: time.Unix(int64(2_000_000-i*60), 0)})
	}
	return l
}

// move gives somebody a new activity, so that they go to the head.
func (l *aList) move(i int) {
	u := l.users[i]
	u.LastActivity = l.users[0].LastActivity.Add(time.Minute)
	l.users = append([]saas.Usage{u}, slices.Delete(l.users, i, i+1)...)
}

func (l *aList) page(skip int) UserPage {
	rows := l.users
	if l.shown > 0 {
		rows = rows[:l.shown]
	}
	end := min(skip+PageRows, len(rows))
	p := UserPage{Users: slices.Clone(rows[min(skip, end):end]), Total: len(l.users), Next: -1}
	if end < len(rows) {
		p.Next = end
	}
	for _, u := range p.Users {
		p.Fingerprint += u.User + ","
	}
	p.Rows = len(p.Users)
	p.Users = slices.DeleteFunc(p.Users, func(u saas.Usage) bool { return slices.Contains(l.bad, u.User) })
	p.Bad = make([]BadRow, p.Rows-len(p.Users))
	return p
}

// read reads a list to its end and returns who was met with what, and how many
// pages that took. between is called before each page.
func (l *aList) read(t *testing.T, r *Reader, between func(ask Ask)) (met map[string]time.Time, pages int) {
	t.Helper()
	met = map[string]time.Time{}
	for ask, ok := r.NextAsk(); ok; ask, ok = r.NextAsk() {
		if pages++; pages > 100 {
			t.Fatalf("no end: %+v", ask)
		}
		between(ask)
		page := l.page(ask.Skip)
		turn, err := r.TakePage(ask, &page)
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, u := range page.Users {
			if !u.LastActivity.After(met[u.User]) {
				known++
			}
			met[u.User] = u.LastActivity
		}
		r.FinishPage(ask, turn, known)
	}
	if r.State() != Done {
		t.Fatalf("it stops while %s", r.State())
	}
	return met, pages
}

func TestAListThatStandsStillIsReadOnce(t *testing.T) {
	for rows, want := range map[int]int{0: 1, 1: 1, 99: 1, 100: 1, 101: 2, 450: 5} {
		l := newList(rows)
		met, pages := l.read(t, NewReader(&Habits{}, NewLength(rows), Options{Ahead: 8}), func(Ask) {})
		if len(met) != rows || pages != want {
			t.Errorf("of %d rows %d were met on %d pages, not %d", rows, len(met), pages, want)
		}
	}
}

func TestNobodyIsMissedInAListThatMoves(t *testing.T) {
	for _, ahead := range []int{0, 8} {
		for seed := range uint64(200) {
			random := rand.New(rand.NewPCG(seed, 3))
			l := newList(150 + random.IntN(500))
			r := NewReader(&Habits{}, NewLength(len(l.users)), Options{Ahead: ahead})
			met, _ := l.read(t, r, func(ask Ask) {
				if !ask.Again && random.IntN(2) == 0 {
					l.move(random.IntN(len(l.users)))
				}
			})
			if j := r.Judge(); len(met) < len(l.users) && j.Missing == 0 && !j.Restless && !j.Contradictory {
				t.Errorf("seed %d, %d ahead: %d of %d were met, and nothing tells: %+v", seed, ahead, len(met), len(l.users), j)
			}
		}
	}
}

func TestAListThatEndsTooSoonIsJudged(t *testing.T) {
	l := newList(450)
	l.shown = 200
	r := NewReader(&Habits{}, NewLength(450), Options{})
	l.read(t, r, func(Ask) {})
	if j := r.Judge(); j.Missing != 250 || j.Rows != 200 {
		t.Errorf("%+v", j)
	}
}

func TestAnIncrementIsReadToItsThresholdAndNoFurther(t *testing.T) {
	l := newList(450)
	r := NewReader(&Habits{}, NewLength(450), Options{Threshold: l.users[120].LastActivity})
	met, pages := l.read(t, r, func(Ask) {})
	if len(met) != 121 || pages != 2 || !r.IsShortened() || r.Judge().Missing != 0 {
		t.Errorf("%d rows on %d pages, %+v", len(met), pages, r.Judge())
	}
}

func TestALostPageCostsItselfAndTwoInARowEndTheList(t *testing.T) {
	for _, tc := range []struct {
		lost []int
		want []LostRows
	}{
		{[]int{100}, []LostRows{{Skip: 100, Rows: 100, Why: "why"}}},
		{[]int{100, 200}, []LostRows{{Skip: 100, Rows: 100, Why: "why"}, {Skip: 200, Rows: 250, ToEnd: true, Why: "why"}}},
		{[]int{400}, []LostRows{{Skip: 400, Rows: 50, Why: "why"}}},
	} {
		l := newList(450)
		r := NewReader(&Habits{}, NewLength(450), Options{})
		for ask, ok := r.NextAsk(); ok; ask, ok = r.NextAsk() {
			if slices.Contains(tc.lost, ask.Skip) {
				r.LosePage(ask, "why", false)
				continue
			}
			page := l.page(ask.Skip)
			turn, err := r.TakePage(ask, &page)
			if err != nil {
				t.Fatal(err)
			}
			r.FinishPage(ask, turn, 0)
		}
		if j := r.Judge(); !slices.Equal(j.Lost, tc.want) || j.Missing != 0 {
			t.Errorf("without %v: %+v", tc.lost, j)
		}
	}
}

func TestRowsThatCannotBeUsedAreCountedOnceWhenAListIsReadAgain(t *testing.T) {
	for name, m := range map[string]contract.ListMark{
		"it moved before another reader took over": {Written: 450, End: 450, Moved: true},
		"it moved while half of it was left":       {Written: 200, End: -1, Moved: true},
	} {
		l := newList(450)
		l.bad = []string{"user50", "user150", "user250", "user350"}
		r := ResumeReader(&Habits{}, NewLength(450), Options{}, m)
		met, pages := l.read(t, r, func(Ask) {})
		if want := 5 + (450-m.Written+PageRows-1)/PageRows; len(met) != 446 || pages != want || r.Judge().Contradictory || r.Judge().Restless {
			t.Errorf("%s: met %d on %d pages, not %d: %+v", name, len(met), pages, want, r.Judge())
		}
	}
}

func TestAListIsReadOnWhereAnotherReaderLeftIt(t *testing.T) {
	l := newList(450)
	r := ResumeReader(&Habits{}, NewLength(450), Options{Ahead: 8}, contract.ListMark{
		Written: 100, Ahead: map[int]int{300: 400}, End: -1, Rows: map[int][]byte{0: packRows(l.page(0).Users), 300: packRows(l.page(300).Users)},
	})
	var asked []int
	met, _ := l.read(t, r, func(ask Ask) { asked = append(asked, ask.Skip) })
	slices.Sort(asked)
	if !slices.Equal(asked, []int{100, 200, 400}) || len(met) != 250 {
		t.Errorf("asked for %v, met %d", asked, len(met))
	}
	unknown := ResumeReader(&Habits{}, NewLength(450), Options{}, contract.ListMark{Written: 100, End: -1})
	if met, pages := l.read(t, unknown, func(Ask) {}); len(met) != 450 || pages != 4+5 {
		t.Errorf("a list that may have moved: met %d on %d pages", len(met), pages)
	}
	moved := ResumeReader(&Habits{}, NewLength(450), Options{}, contract.ListMark{Written: 450, End: 450, Moved: true})
	if met, pages := l.read(t, moved, func(Ask) {}); len(met) != 450 || pages != 5 {
		t.Errorf("a list that moved: met %d on %d pages", len(met), pages)
	}
}

// readUntil reads a list page by page until some pages are dealt with, and returns how
// far it is then; done says that nothing is left.
func (l *aList) readUntil(t *testing.T, r *Reader, pages int, met map[string]bool) (mark contract.ListMark, done bool) {
	t.Helper()
	for range pages {
		ask, ok := r.NextAsk()
		if !ok {
			break
		}
		page := l.page(ask.Skip)
		turn, err := r.TakePage(ask, &page)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Users {
			met[u.User] = true
		}
		r.FinishPage(ask, turn, 0)
	}
	mark, _ = r.CopyMark()
	return mark, r.State() == Done
}

func TestAListThatIsReadAgainIsReadOnWhereAnotherReaderLeftIt(t *testing.T) {
	for name, change := range map[string]func(l *aList){
		"a row of a name that came before": func(l *aList) { l.users[250].User = l.users[3].User },
		"several of them":                  func(l *aList) { l.users[250].User, l.users[444].User = l.users[3].User, l.users[99].User },
	} {
		l := newList(450)
		change(l)
		for left := 1; left < 10; left++ { // five pages, and the same again
			met := map[string]bool{}
			mark, done := l.readUntil(t, NewReader(&Habits{}, NewLength(450), Options{Ahead: 8}), left, met)
			if done {
				t.Fatalf("%s: nothing is left after %d pages", name, left)
			}
			for pages := left; ; {
				r := ResumeReader(&Habits{}, NewLength(450), Options{Ahead: 8}, mark)
				mark, done = l.readUntil(t, r, 1, met) // and another one after each page
				if pages++; pages > 10 || done {
					if j := r.Judge(); !done || len(met) != len(distinct(l)) || j.Restless || j.Missing > 0 {
						t.Errorf("%s, left after %d pages: %d pages, %d met, done %v: %+v", name, left, pages, len(met), done, j)
					}
					break
				}
			}
		}
	}
}

func distinct(l *aList) map[string]bool {
	out := map[string]bool{}
	for _, u := range l.users {
		out[u.User] = true
	}
	return out
}

func TestAListThatShowsOthersToTheNextReaderIsReadOnceMore(t *testing.T) {
	l := newList(450)
	l.users[250].User = l.users[3].User
	mark, _ := l.readUntil(t, NewReader(&Habits{}, NewLength(450), Options{Ahead: 8}), 7, map[string]bool{})
	if mark.Again != 200 {
		t.Fatalf("it was left at %+v", mark)
	}
	l.users[440].User = "somebody else"
	met := map[string]bool{}
	r := ResumeReader(&Habits{}, NewLength(450), Options{Ahead: 8}, mark)
	if _, done := l.readUntil(t, r, 3, met); done {
		t.Error("it was not read once more")
	}
	if _, done := l.readUntil(t, r, 5, met); !done || len(met) != 449 {
		t.Errorf("done %v, %d met", done, len(met))
	}
}

func TestAListThatMayHaveMovedSinceItWasReadAgainInPartIsReadAgainAsAWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(l *aList, m *contract.ListMark)
		pages  int
	}{
		"it stood still":                    {func(*aList, *contract.ListMark) {}, 3},
		"rows moved up":                     {func(l *aList, _ *contract.ListMark) { l.move(449) }, 1 + 5},
		"rows moved up far":                 {func(l *aList, _ *contract.ListMark) { l.move(449); l.move(448); l.move(447) }, 1 + 5},
		"nobody could tell":                 {func(_ *aList, m *contract.ListMark) { m.Rows = nil }, 5},
		"a build that knows of no resuming": {func(_ *aList, m *contract.ListMark) { m.Again, m.AgainSum, m.Sum, m.Met = 0, 0, 0, 0 }, 5},
	} {
		l := newList(450)
		l.bad = []string{"user50", "user150", "user250", "user350"}
		m, _ := l.readUntil(t, ResumeReader(&Habits{}, NewLength(450), Options{}, contract.ListMark{Written: 450, End: 450, Moved: true, Met: 446, Bad: 4}), 2, map[string]bool{})
		tc.change(l, &m)
		met := map[string]bool{}
		r := ResumeReader(&Habits{}, NewLength(450), Options{}, m)
		if _, done := l.readUntil(t, r, tc.pages-1, met); done {
			t.Errorf("%s: it is done before", name)
		}
		if _, done := l.readUntil(t, r, 1, met); !done || r.Judge().Contradictory || r.Judge().Restless {
			t.Errorf("%s: it is %s: %+v", name, r.State(), r.Judge())
		}
	}
}
