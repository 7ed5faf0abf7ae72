package usersync

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// minAhead is how many pages of one list may be on their way at once at least.
// Where more fetchers are allowed, half of them may serve one list.
const minAhead = 8

// Why the users of an app are incomplete, as its rejected rows have it.
const (
	RejectUnreadable = "users unreadable"
	RejectPage       = "page of users unreadable"
	RejectCutOff     = "list of users cut off"
	RejectRestless   = "list of users kept changing"
)

// NoteTotals is the note of a session that met lists whose length is told in
// two ways that contradict each other.
const NoteTotals = "Defender's numbers of an app's users contradict each other: a list seems whole by one of them only"

// end says how a list ended.
type end uint8

const (
	notEnded end = iota
	written      // all that could be read is written
	rejected     // given up for this session
)

// list is the list of one app's users on its way. What is read of it, and in
// what state it is, its reader knows.
type list struct {
	ref    contract.AppRef
	reader *listing.Reader
	ledger *ledger // who is assigned to the app's record; nil once the list is ended
	end    end

	total tries // of its last step

	retry      bool // something was rejected: the next session reads the list whole
	incomplete bool // rows are known to be missing
	shortened  bool // it ended cut at the threshold, since its rows were taken to be in order
}

func (l *list) isEnded() bool { return l.end != notEnded }

// String shows how far the list is.
func (l *list) String() string {
	switch l.end {
	case written:
		return "app " + l.ref.App + ": written"
	case rejected:
		return "app " + l.ref.App + ": rejected"
	}
	m, _ := l.reader.CopyMark()
	return fmt.Sprintf("app %s: %s, written to %d and %d pages beyond it, ends at %d", l.ref.App, l.reader.State(), m.Written, len(m.Ahead), m.End)
}

// openLists opens the lists of all apps, as far as earlier attempts have left
// them.
func (r *run) openLists() {
	done := make(map[int]bool, len(r.cp.Done))
	for _, i := range r.cp.Done {
		done[i] = true
	}
	ledgers := make(map[string]*ledger, len(r.in.Refs)) // by record
	for i, ref := range r.in.Refs {
		l := &list{ref: ref}
		r.lists = append(r.lists, l)
		if done[i] || ref.Users == 0 {
			l.end = written
			if !done[i] {
				r.passEmpty(ref)
			}
			continue
		}
		r.left++
		opts := listing.Options{Threshold: r.in.Window.Threshold, Ahead: max(minAhead, r.opts.Fetchers/2)}
		if m, begun := r.cp.Open[i]; begun {
			l.reader = listing.ResumeReader(&r.habits, r.lengthOf(ref), opts, m)
		} else {
			l.reader = listing.NewReader(&r.habits, r.lengthOf(ref), opts)
		}
		// One of a record, whoever names it, so that nothing in it moves backwards.
		if ledgers[ref.SaaS] == nil {
			ledgers[ref.SaaS] = newLedger(ref.New && !r.resumed, r.ledgers.takePast(r.turn, ref.SaaS))
		}
		l.ledger = ledgers[ref.SaaS]
		l.ledger.lists++
	}
}

// lengthOf is what is known of a list's length before it is read.
func (r *run) lengthOf(ref contract.AppRef) listing.Length {
	if r.in.StaleCounts {
		return listing.Length{Total: -1, Counted: -1, CountedBefore: max(ref.Users, 0)}
	}
	return listing.NewLength(ref.Users)
}

// startLists asks for the first missing page of every list, those with the most
// users first, so that no long list is left for the end.
func (r *run) startLists() error {
	bySize := slices.Clone(r.lists)
	slices.SortStableFunc(bySize, func(a, b *list) int { return cmp.Compare(b.ref.Users, a.ref.Users) })
	for _, l := range bySize {
		if l.isEnded() {
			continue
		}
		if err := r.queuePages(l); err != nil {
			return err
		}
	}
	return nil
}

// queuePages queues the pages that a list asks for, and concludes it when it asks for
// none any more.
func (r *run) queuePages(l *list) error {
	if l.reader.State() == listing.Done {
		return r.concludeList(l)
	}
	var first []*page
	for ask, ok := l.reader.NextAsk(); ok; ask, ok = l.reader.NextAsk() {
		if p := (&page{list: l, ask: ask}); ask.Skip == 0 && !ask.Again {
			r.toRead = append(r.toRead, p)
		} else {
			first = append(first, p) // the rest of a list that was begun frees its ledger
		}
	}
	r.toRead = append(first, r.toRead...)
	return nil
}

// concludeList judges a list of which every page is dealt with. What is missing is
// rejected, and the list is to be read again by the next session; then the
// number of active users is brought up to date.
func (r *run) concludeList(l *list) error {
	j := l.reader.Judge()
	switch {
	case j.IsEmpty() && l.ref.Users > 0 && r.in.Window.Mode == saas.ModeFull:
		r.rejectList(l, "users missing", errNoUsers.Error())
		return nil
	case j.Unreadable != "":
		r.rejectList(l, RejectUnreadable, j.Unreadable)
		return nil
	}
	for _, lost := range j.Lost {
		what := fmt.Sprintf("up to %d rows from row %d on: %s", lost.Rows, lost.Skip+1, lost.Why)
		if lost.ToEnd {
			what = fmt.Sprintf("about %d rows from row %d to the end: %s", lost.Rows, lost.Skip+1, lost.Why)
		}
		r.markIncomplete(l, RejectPage, what, lost.Rows)
		r.cp.Counts.Users.Seen += lost.Rows
		r.cp.Counts.Users.Rejected += lost.Rows
	}
	switch {
	case j.Missing > 0:
		r.cp.Counts.Apps.Rejected++
		r.markIncomplete(l, RejectCutOff, fmt.Sprintf("Defender lists %d users and speaks of %d", j.Rows, j.Rows+j.Missing), 1)
	case j.Restless:
		r.cp.Counts.Apps.Rejected++
		r.markIncomplete(l, RejectRestless, fmt.Sprintf("%d users were met, of about %d, and each reading showed others", j.Met, j.Expected), 1)
	case j.Contradictory:
		r.notes.Add(NoteTotals)
	}
	r.startTotal(l)
	return nil
}

// errNoUsers is why a list is rejected whose users are counted but not listed.
var errNoUsers = errors.New("Defender counts users of this app but lists none")

// markIncomplete rejects n rows of a list, which are missing.
func (r *run) markIncomplete(l *list, reason, detail string, n int) {
	r.cp.Rejects.Add(saas.Reject{Reason: reason, Stream: r.in.Stream.ID, App: l.ref.App, Detail: detail}, saas.MaxSamples)
	r.cp.Rejects.Count(reason, n-1)
	r.addBeyond(n)
	l.retry, l.incomplete = true, true
}

// rejectList gives up a list for this session.
func (r *run) rejectList(l *list, reason, detail string) {
	r.cp.Counts.Apps.Rejected++
	r.addBeyond(max(l.ref.Users, 1))
	r.cp.Rejects.Add(saas.Reject{Reason: reason, Stream: r.in.Stream.ID, App: l.ref.App, Detail: detail}, saas.MaxSamples)
	l.retry = true
	r.endList(l, rejected)
}

// endList notes that nothing is left to do for a list.
func (r *run) endList(l *list, how end) {
	l.shortened = l.reader.IsShortened()
	l.end = how
	r.leaveLedger(l)
	l.ledger, l.reader = nil, nil
	r.left--
	r.noteProgress()
	r.cp.Failure = ""
	if l.retry {
		r.noteRetry(l)
	}
}

// leaveLedger leaves to further streams who is assigned to a list's record, once
// no other list of this one is about the same. Of a list that was rejected
// nothing is left.
func (r *run) leaveLedger(l *list) {
	if l.end == rejected {
		l.ledger.spoilt = true
	}
	if l.ledger.lists--; l.ledger.lists > 0 || l.ledger.spoilt || !r.in.Further {
		return
	}
	if p, ok := l.ledger.makePast(); ok {
		r.ledgers.keepPast(r.turn, l.ref.SaaS, p)
	}
}

// passEmpty takes in an app that nobody uses: all that its stream adds is the
// record.
func (r *run) passEmpty(ref contract.AppRef) {
	p := r.ledgers.takePast(r.turn, ref.SaaS)
	if p == nil {
		p = &past{}
		r.addBeyond(1)
	}
	if r.in.Further {
		r.ledgers.keepPast(r.turn, ref.SaaS, p)
	}
}

// noteRetry lets the next session read a list whole. It is noted at once, so that
// whoever takes over knows of rows that were rejected before.
func (r *run) noteRetry(l *list) {
	l.retry = true
	if !slices.Contains(r.cp.Retry, l.ref.App) {
		r.cp.Retry = append(r.cp.Retry, l.ref.App)
	}
}

// retryShortened lets the next session read the lists whole that were cut off
// before it was known that lists are not sorted.
func (r *run) retryShortened() {
	for _, l := range r.lists {
		if l.shortened || l.reader != nil && l.reader.IsShortened() {
			r.noteRetry(l)
		}
	}
}
