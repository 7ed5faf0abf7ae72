package usersync

import (
	"fmt"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// maxStrange is how many lists in a row may have rows of no known shape before
// it is the tenant that has changed.
const maxStrange = 3

// startReading asks the source for a page.
func (r *run) startReading(p *page) {
	q := listing.UserQuery{
		Stream: r.in.Stream.ID, App: p.list.ref.App, Timeframe: r.in.Window.Timeframe, Skip: p.ask.Skip, Known: r.in.Dialect, Fit: r.namer.Fit,
	}
	r.startWork(reading, func() event {
		rows, err := r.source.ReadUsers(r.ctx, q)
		return pageRead{p, rows, err}
	})
}

// takeRead takes in a page: the list's reader drops what is too old, notices
// whether the list moves, and asks for what comes after; the rows are queued to
// be written.
func (r *run) takeRead(e pageRead) error {
	p := e.page
	if e.err != nil {
		return r.readFailed(p, e.err)
	}
	r.cp.Failure = ""
	r.learnDialect(e.rows.Dialect)
	r.noteNames(e.rows)
	sorted := !r.habits.Unsorted
	turn, err := p.list.reader.TakePage(p.ask, &e.rows)
	if err != nil {
		return r.readFailed(p, &httpx.Error{Peer: "Defender", Op: "read a list", Kind: httpx.KindBadAnswer, Message: err.Error()})
	}
	if sorted && r.habits.Unsorted {
		r.retryShortened()
	}
	clear(r.strange)
	p.rows, p.turn, p.isRead, p.tries = e.rows, turn, true, tries{}
	r.toWrite = append(r.toWrite, p)
	return r.queuePages(p.list)
}

// learnDialect takes in what a page has shown of how the source is asked.
func (r *run) learnDialect(d contract.Dialect) { r.cp.Dialect = d }

// makeDialect is what is known of how the source is asked, and of how its lists
// behave.
func (r *run) makeDialect() contract.Dialect {
	d := r.cp.Dialect
	d.UsersUnsorted, d.HasNextLies, d.MaxSkip = r.habits.Unsorted, r.habits.HasNextLies, r.habits.MaxSkip
	return d
}

// noteNames says when a list names its users in another column than those
// before it. Where the format is an address that makes nobody another person.
func (r *run) noteNames(rows listing.UserPage) {
	if format := r.in.Policy.UsernameFormat; rows.Moved == "" || format == "" || format == saas.FormatEmail {
		return
	}
	r.notes.Add(fmt.Sprintf("some lists name their users under %q, others under %q: see that nobody is in Oomnitza under two usernames",
		rows.Dialect.NameKey, rows.Moved))
}

// readFailed decides what a page means that could not be read. An outage is
// waited out here, in the attempt that holds the pages already read; a page that
// fails while others succeed is given up, with its list to be read again by the
// next session.
func (r *run) readFailed(p *page, err error) error {
	kind := httpx.KindOf(err)
	if ends, done := r.failsForGood(err, !kind.Retryable() && !httpx.IsAboutRequest(err)); done {
		return ends
	}
	if kind == httpx.KindRefused && r.habits.IsTooDeep(p.ask.Skip) {
		return r.losePage(p, err)
	}
	r.noteFailure(&p.tries, err)
	if p.fails < r.maxTries(p, kind) {
		r.tryLater(p)
		return nil
	}
	r.startWork(doubtingSource, func() event { return sourceChecked{p, err, r.source.Check(r.ctx)} })
	return nil
}

// maxTries is how often a page is tried before it is asked whose fault it is.
// One that is refused is looked at again once; so is a further one of a list
// that has lost a page already.
func (r *run) maxTries(p *page, kind httpx.Kind) int {
	if !kind.Retryable() || p.list.reader.HasLost() {
		return 2
	}
	return patience
}

// takeCheck decides about a page that keeps failing. When the source does not
// answer at all, it is at fault and the page waits. When it does, the page gets
// one more try, since an outage may have ended just then; after that the page is
// at fault and is given up.
func (r *run) takeCheck(e sourceChecked) error {
	p := e.page
	most := r.maxTries(p, httpx.KindOf(e.cause))
	switch {
	case e.err == nil && httpx.KindOf(e.cause).Retryable() && p.fails <= most:
		r.tryLater(p)
		return nil
	case e.err == nil:
		return r.losePage(p, e.cause)
	}
	if ends, done := r.failsForGood(e.err, !httpx.KindOf(e.err).Retryable()); done {
		return ends
	}
	p.fails, r.cp.Failure = most-1, e.err.Error()
	r.tryLater(p)
	return nil
}

// losePage gives up a page that cannot be read, and goes on with its list: what
// is read of it is written.
func (r *run) losePage(p *page, err error) error {
	if httpx.IsUnknownShape(err) && !r.isShapeKnown(p.list) {
		return err
	}
	p.list.reader.LosePage(p.ask, httpx.Clip(err.Error()), httpx.KindOf(err) == httpx.KindRefused)
	r.noteProgress()
	return r.queuePages(p.list)
}

// isShapeKnown reports whether rows of a shape that nobody knows may be one
// list's own fault: as long as others can be read.
func (r *run) isShapeKnown(l *list) bool {
	if l.reader.HasPage() {
		return true // other pages of its own can be read
	}
	if r.strange == nil {
		r.strange = map[*list]bool{}
	}
	r.strange[l] = true
	return r.cp.Dialect.KnowsUsers() && len(r.strange) < maxStrange
}

// dropTooDeep gives up the pages that lie deeper than the source is by now known
// to skip.
func (r *run) dropTooDeep() error {
	queue := r.toRead
	r.toRead = nil
	var deep []*page
	for _, p := range queue {
		if r.habits.IsTooDeep(p.ask.Skip) && !p.list.isEnded() {
			deep = append(deep, p)
		} else {
			r.toRead = append(r.toRead, p)
		}
	}
	for _, p := range deep {
		if p.list.isEnded() {
			continue
		}
		err := r.losePage(p, &httpx.Error{Peer: "Defender", Op: "read the users of an app", Kind: httpx.KindRefused, Message: r.habits.SayRefusal()})
		if err != nil {
			return err
		}
	}
	return nil
}
