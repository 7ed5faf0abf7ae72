package listing

import (
	"errors"
	"fmt"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// PageRows is the most rows that a page has [DOC D1]. A page with fewer is the
// last one, as a rule.
const PageRows = 100

// State says what a Reader does with its list.
type State uint8

// The states of a list, in the order in which it passes through them.
const (
	// Reading: it is read for the first time.
	Reading State = iota
	// RereadingHead: a row came twice, so rows with new activity went to the
	// list's head while it was read. The head is read again until a page shows
	// something that is known.
	RereadingHead
	// RereadingAll: rows may have slipped between two pages anywhere in the list,
	// so all of it is read again, in order.
	RereadingAll
	// Done: nothing is left to be read; see Reader.Judge.
	Done
)

// String names the state.
func (s State) String() string {
	return [...]string{"reading", "rereading the head", "rereading all", "done"}[s]
}

// Ask is a page to be asked for.
type Ask struct {
	Skip  int
	Again bool // the list is read again because it moved
}

// Turn says how a list goes on after a page.
type Turn struct {
	Next int    // skip of the page after
	More bool   // there is a page after
	hash uint32 // of the page's place and rows
	bad  int    // rows of the page that cannot be used
	anew bool   // the list has moved since it was read again up to here: that begins anew
}

// Options tunes a Reader.
type Options struct {
	// Threshold leaves out older rows; a list that comes by last activity is
	// read no further than to the first of them. Zero: the whole list is read.
	Threshold time.Time
	// Ahead is how many pages of a whole list may be asked for at once, where
	// they are sure to exist. 0: one after the other.
	Ahead int
}

// ErrEmptyPage is of a page that is empty although it says that there is more,
// where rows are known to be missing. It counts as not read.
var ErrEmptyPage = errors.New("the page is empty, and yet there is said to be more")

// Reader reads one list page by page, and copes with lists that move meanwhile:
// it decides which page is asked for next, notices rows that come twice, out of
// order or not at all, reads again what may have been missed, and judges at the
// end whether every row was shown. It sends nothing. For each page:
//
//	for ask, ok := r.NextAsk(); ok; ask, ok = r.NextAsk() {
//		page, err := read(ask.Skip)       // on error: r.LosePage
//		turn, err := r.TakePage(ask, &page)
//		known := use(page.Users)          // how many of the rows say nothing new
//		r.FinishPage(ask, turn, known)
//	}
//	judgement := r.Judge()
//
// Several pages may be on their way at once. It is not safe for concurrent use.
type Reader struct {
	habits *Habits
	opts   Options
	length Length
	state  State
	mark   progress
	asked  map[int]bool // skips asked for, or dealt with by an earlier reader
	asks   []Ask        // to be asked for, next first
	open   int          // pages asked for and not dealt with

	disordered bool // pages were asked for out of their order, or may have been
	moves
	edges     map[int]Edge // times at the ends of the pages, by skip
	turned    turned
	passes    int
	restless  bool // each pass showed rows, or pages, that the one before did not
	shortened bool // it was cut at the threshold, trusting its order
	judgement Judgement
}

// NewReader returns a reader of a list that nobody has begun to read.
func NewReader(h *Habits, length Length, o Options) *Reader {
	r := &Reader{habits: h, opts: o, length: length, asked: map[int]bool{}, mark: newProgress()}
	r.askPage(0)
	return r
}

// ResumeReader returns a reader of a list that another one has read in part, as
// its mark tells. A list that moved, then or since, is read again as a whole, from
// where the other one had got to with that: of the rows which that one met only those
// are known by which it is noticed, and its pages may have come in any order.
func ResumeReader(h *Habits, length Length, o Options, m contract.ListMark) *Reader {
	r := &Reader{habits: h, opts: o, length: length, asked: map[int]bool{}, mark: progress{m}}
	r.moved, r.disordered = m.Moved || !r.mark.isComplete() && !r.mark.knowsRows(), true
	r.blind, r.before, r.bad = true, m.Met, m.Bad
	r.recallRows(m.Rows)
	r.resumeAgain()
	if m.Total > 0 {
		r.length.NoteTotal(m.Total, 0)
	}
	for skip := range m.Ahead {
		r.asked[skip] = true
	}
	if r.mark.isComplete() {
		r.concludePass()
	} else {
		r.askPage(m.Written)
	}
	return r
}

// State returns what the reader does at present.
func (r *Reader) State() State { return r.state }

// HasPage reports whether a page of the list could be read.
func (r *Reader) HasPage() bool { return r.turned.first.print != "" }

// HasLost reports whether a page of the list could not be read.
func (r *Reader) HasLost() bool { return len(r.mark.Lost) > 0 }

// IsShortened reports whether the list was cut at the threshold because its rows
// were taken to be in order.
func (r *Reader) IsShortened() bool { return r.shortened }

// IsMissing reports whether rows are missing, should the list end at a skip.
func (r *Reader) IsMissing(skip int) bool { return r.length.CountMissing(skip) > 0 }

// CopyMark returns how far the list is read and its rows dealt with; begun is false
// where nothing is.
func (r *Reader) CopyMark() (m contract.ListMark, begun bool) {
	m = r.mark.copyMark()
	m.Moved = r.moved || r.state == RereadingHead || r.state == RereadingAll
	m.Total, m.Met, m.Bad = max(r.length.Total, 0), r.countDealt(), r.bad
	return m, m.Written > 0 || len(m.Ahead) > 0
}

// NextAsk returns the page to be asked for next; false: none before others are
// taken in.
func (r *Reader) NextAsk() (Ask, bool) {
	if len(r.asks) == 0 {
		return Ask{}, false
	}
	next := r.asks[0]
	r.asks = r.asks[1:]
	return next, true
}

// askPage asks for a page unless it was asked for already or lies beyond the end.
func (r *Reader) askPage(skip int) {
	if r.asked[skip] || r.mark.isBeyondEnd(skip) {
		return
	}
	r.asked[skip] = true
	r.open++
	r.asks = append(r.asks, Ask{Skip: skip})
}

// TakePage takes in a page. It drops rows that are older than the threshold, and
// all rows of a page that came before at another place: there the list ends.
// The error is ErrEmptyPage.
func (r *Reader) TakePage(a Ask, page *UserPage) (Turn, error) {
	if page.Endless && r.IsMissing(a.Skip) {
		return Turn{}, ErrEmptyPage
	}
	if !a.Again && !r.turned.acceptPage(page.Fingerprint, a.Skip) {
		if !r.IsMissing(a.Skip) {
			r.habits.noteHasNext()
		}
		page.Users, page.Bad = nil, nil
		r.mark.endAt(a.Skip)
		return Turn{Next: a.Skip}, nil
	}
	r.length.NoteTotal(page.Total, page.Rows)
	if !a.Again {
		r.watchOrder(a.Skip, page)
	}
	if a.Again || a.Skip > 0 || page.Next >= 0 || r.IsMissing(page.Rows) {
		r.watchRows(a, page) // else it is a list of one page, in which nothing moves
	}
	if page.Endless {
		r.habits.noteHasNext()
	}
	r.habits.deepest = max(r.habits.deepest, a.Skip)
	turn := r.decideNext(a, page)
	turn.bad = len(page.Bad)
	turn.anew = a.Again && a.Skip == r.mark.Again && r.hasMovedUp(page)
	turn.hash = uint32(hashName(fmt.Sprint(a.Skip, " ", page.Fingerprint)))
	return turn, nil
}

// watchOrder sees whether a page's rows descend, within the page and from one
// page to the next. A list that does not is read to its end; where it plainly
// is not sorted, so are all others from now on.
func (r *Reader) watchOrder(skip int, page *UserPage) {
	if page.Rows == 0 {
		return
	}
	var times, fresh []time.Time
	for _, u := range page.Users {
		times = append(times, u.LastActivity)
		if !r.isMet(u.User) {
			fresh = append(fresh, u.LastActivity)
		}
	}
	if r.edges == nil {
		r.edges = map[int]Edge{}
	}
	here := FindEdge(fresh)
	r.edges[skip] = here
	found := JudgeRows(times)
	if before, ok := r.edges[skip-PageRows]; ok {
		found = max(found, JudgePages(before, here))
	}
	if after, ok := r.edges[skip+PageRows]; ok {
		found = max(found, JudgePages(here, after))
	}
	r.mark.Whole = r.mark.Whole || found != InOrder
	if found == Unordered {
		r.habits.noteUnsorted()
	}
}

// decideNext decides where the list goes on after a page, and asks for it.
func (r *Reader) decideNext(a Ask, page *UserPage) Turn {
	t := Turn{Next: a.Skip + page.Rows}
	missing := r.IsMissing(t.Next)
	cut := r.cutRows(a, page, missing)
	t.More = page.Rows > 0 && !cut && (page.Next >= 0 || missing)
	if r.habits.HasNextLies && page.Rows < PageRows && !missing {
		t.More = false
	}
	switch {
	case a.Again:
		// A list that moved may be a little longer by now, but not by pages.
		t.More = t.More && t.Next < r.mark.End+PageRows
	case !t.More:
		r.mark.Stopped = r.mark.Stopped || cut
		r.mark.endAt(t.Next)
	case t.Next > r.length.MaxRows():
		r.mark.Lost = append(r.mark.Lost, contract.LostPage{Skip: t.Next, Error: "the list does not end"})
		r.mark.endAt(t.Next)
	default:
		r.askAfter(t.Next, page.Rows == PageRows)
	}
	return t
}

// cutRows drops the rows that are older than the threshold, and reports whether the
// list need not be read on.
func (r *Reader) cutRows(a Ask, page *UserPage, missing bool) bool {
	if r.opts.Threshold.IsZero() {
		return false
	}
	kept := page.Users[:0]
	for _, u := range page.Users {
		if saas.IsNewer(u.LastActivity, r.opts.Threshold) {
			kept = append(kept, u)
		}
	}
	older := len(kept) < len(page.Users)
	page.Users = kept
	if !older || r.mark.Whole || r.habits.Unsorted {
		return false
	}
	if !a.Again && (page.Next >= 0 || missing) {
		r.shortened = true
	}
	return true
}

// askAfter asks for the page after one, and, in a list that is read whole, for
// further ones that are sure to exist, so that one long list at a slow server
// still uses the request budget.
func (r *Reader) askAfter(next int, full bool) {
	if r.mark.isBeyondEnd(next) {
		return
	}
	first := r.mark.skipFinished(next)
	if r.habits.IsTooDeep(first) {
		r.mark.Lost = append(r.mark.Lost, contract.LostPage{Skip: first, Refused: true, Error: r.habits.SayRefusal()})
		r.mark.endAt(first)
		return
	}
	r.askPage(first)
	if !r.opts.Threshold.IsZero() || !full {
		return
	}
	sure := r.length.countSure()
	for skip := next; skip+PageRows <= sure && r.open < r.opts.Ahead && !r.habits.IsTooDeep(skip); skip += PageRows {
		r.disordered = r.disordered || skip > next
		r.askPage(skip)
	}
}

// LosePage gives up a page that cannot be read. What comes after it is asked for
// where the source says that it exists; two lost pages in a row end the list.
// refused says that the source answered and refused the page. The page is dealt
// with then.
func (r *Reader) LosePage(a Ask, why string, refused bool) {
	before, lost := r.mark.lostAt(a.Skip - PageRows)
	r.mark.Lost = append(r.mark.Lost, contract.LostPage{Skip: a.Skip, Error: why, Refused: refused})
	next := a.Skip + PageRows
	if refused {
		deep := -1
		if lost && before.Refused {
			deep = before.Skip
		}
		r.habits.noteRefusal(r, a.Skip, deep)
	}
	switch {
	case a.Again:
	case lost, next >= r.length.FindGreatest(), r.habits.IsTooDeep(next):
		r.mark.endAt(next)
	default:
		r.askPage(r.mark.skipFinished(next))
	}
	r.FinishPage(a, Turn{Next: next}, 0)
}

// FinishPage notes that the rows of a page are dealt with. known is how many of them
// said nothing new: it ends the rereading of a head. After the last page the
// list is read again, or Done.
func (r *Reader) FinishPage(a Ask, t Turn, known int) {
	rows := r.releaseRows(a.Skip)
	if !a.Again || r.state == RereadingAll {
		r.bad += t.bad
	}
	if a.Again && (t.anew || t.More && (r.state == RereadingAll || known == 0)) {
		r.askAgain(a, t, rows)
		return
	}
	r.open--
	if a.Again {
		r.mark.AgainSum, r.resumed = r.mark.AgainSum+t.hash, nil
	} else {
		r.mark.Sum += t.hash
		r.mark.recordPage(a.Skip, t.Next, rows)
	}
	if r.open == 0 && r.mark.isComplete() {
		r.concludePass()
	}
}
