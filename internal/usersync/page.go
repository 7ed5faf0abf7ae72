package usersync

import (
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/ratelimit"
)

const (
	// patience is how often a page is tried before it is asked whether the page
	// itself, and not the tenant, is at fault.
	patience = 5
	// maxPause is the longest pause between two tries while a tenant is out.
	maxPause = time.Minute
)

// stage is a kind of work that is under way.
type stage uint8

const (
	reading        stage = iota // a page is asked for
	doubtingSource              // it is seen whether the source answers at all
	pausing                     // a page waits to be tried again
	writing                     // a page is being written
	doubtingTarget              // it is seen whether the target takes other writes
	totalling                   // a list's number of active users is brought up to date
	stages                      // how many there are
)

// String names the stage.
func (s stage) String() string {
	return [...]string{"reading", "doubting the source", "pausing", "writing", "doubting the target", "totalling"}[s]
}

// page is one page of a list on its way from the source to the target.
type page struct {
	list *list
	ask  listing.Ask

	isRead bool // the source has answered; what follows is known since then
	rows   listing.UserPage
	turn   listing.Turn
	tries
}

// tries counts the failures of a page, or of another piece of work.
type tries struct {
	fails     int // in a row
	firstFail time.Time
	spared    bool // it is tried once more before it is given up
}

// pauseFor returns how long to wait until what failed is tried again.
func (r *run) pauseFor(t *tries) time.Duration {
	return ratelimit.Backoff{Base: r.opts.RetryBase, Max: maxPause}.Delay(t.fails, nil)
}

// noteFailure counts a failure. What was on its way when a page first failed may
// still succeed although the tenant is out, so the time from which others'
// success tells something is that of the second failure.
func (r *run) noteFailure(t *tries, err error) {
	if t.fails <= 1 {
		t.firstFail = time.Now()
	}
	t.fails++
	r.cp.Failure = err.Error()
}

// spareOnce reports whether what keeps failing is tried once more before it is given
// up: an outage may have ended between its last failure and the write that
// proves that the tenant works.
func (t *tries) spareOnce(err error) bool {
	if t.spared || !httpx.KindOf(err).Retryable() {
		return false
	}
	t.spared = true
	return true
}

// tryLater tries a page again after a pause. What can't be written while the
// worker stops is left to the next one.
func (r *run) tryLater(p *page) {
	if p.isRead && r.stopping {
		return
	}
	r.startAfter(r.pauseFor(&p.tries), pauseEnded{p})
}

// queueAgain queues a page that has waited.
func (r *run) queueAgain(p *page) {
	if p.isRead {
		r.toWrite = append(r.toWrite, p)
	} else {
		r.toRead = append(r.toRead, p)
	}
}

// finishPage notes that a page is dealt with, and goes on with its list. known
// is how many of its people the target knew all about.
func (r *run) finishPage(p *page, known int) error {
	p.list.reader.FinishPage(p.ask, p.turn, known)
	r.noteProgress()
	return r.queuePages(p.list)
}

// failsForGood decides what is common to all failures of requests: whether the
// run ends, by an error, or goes on to stop; then nothing is to be done about
// the failure.
func (r *run) failsForGood(err error, hopeless bool) (ends error, done bool) {
	switch {
	case r.ctx.Err() != nil:
		return r.ctx.Err(), true
	case httpx.KindOf(err) == httpx.KindStopping:
		r.stopping = true
		return nil, true
	case hopeless:
		return err, true
	}
	return nil, false
}
