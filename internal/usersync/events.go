package usersync

import (
	"time"

	"defendersync/internal/listing"
)

// event is something that happened, which the loop takes in: see run.handle.
type event any

type (
	// ticked: it is time to look whether a checkpoint is due.
	ticked struct{}
	// saveAsked: a checkpoint is due at once.
	saveAsked struct{}
	// stopAsked: the worker is to stop.
	stopAsked struct{}
	// pauseEnded: a page has waited long enough to be tried again.
	pauseEnded struct{ page *page }
	// waitNoticed: a writer waits for something that may only be late.
	waitNoticed struct{ what string }

	// pageRead: the source has answered, or not.
	pageRead struct {
		page *page
		rows listing.UserPage
		err  error
	}
	// sourceChecked: it is known whether the source answers at all, after a page
	// failed.
	sourceChecked struct {
		page  *page
		cause error // of the page
		err   error // of the source; nil: the page alone is at fault
	}
	// pageWritten: the target has taken a page, or not.
	pageWritten struct {
		page    *page
		outcome outcome
		err     error
	}
	// targetBlamed: it is known whether the target takes other writes, after a
	// page failed.
	targetBlamed struct {
		page  *page
		cause error // of the page
		err   error // of the target; nil: the page or its list is at fault
	}
	// totalSet: a list's number of active users is brought up to date, or not.
	totalSet struct {
		list *list
		err  error
	}
	// totalBlamed: it is known whether the target takes other writes, after that
	// failed.
	totalBlamed struct {
		list  *list
		cause error
		err   error // of the target; nil: the list is at fault
	}
	// totalPauseEnded: it has waited long enough to be tried again.
	totalPauseEnded struct{ list *list }
)

// handleEvent takes in an event. It is the only place where the state of a run
// changes while the run goes on. An error ends the run.
func (r *run) handleEvent(e event) error {
	switch e := e.(type) {
	case ticked:
		return r.lookAround()
	case saveAsked:
		r.saveCheckpoint()
	case stopAsked:
		r.stopReading()
	case waitNoticed:
		r.cp.Failure, r.dirty = e.what, true
	case pauseEnded:
		r.inFlight[pausing]--
		r.queueAgain(e.page)
	case pageRead:
		r.inFlight[reading]--
		if !e.page.list.isEnded() {
			return r.takeRead(e)
		}
	case sourceChecked:
		r.inFlight[doubtingSource]--
		if !e.page.list.isEnded() {
			return r.takeCheck(e)
		}
	case pageWritten:
		r.inFlight[writing]--
		r.cp.Counts.People.Created += r.people.takeCreated()
		if !e.page.list.isEnded() {
			return r.takeWritten(e)
		}
	case targetBlamed:
		r.inFlight[doubtingTarget]--
		if !e.page.list.isEnded() {
			return r.takeBlame(e)
		}
	case totalSet:
		r.inFlight[totalling]--
		return r.takeTotal(e)
	case totalBlamed:
		r.inFlight[doubtingTarget]--
		return r.takeTotalBlame(e)
	case totalPauseEnded:
		r.inFlight[pausing]--
		if !r.stopping {
			r.startTotal(e.list)
		}
	}
	return nil
}

// noteProgress notes that something was written: the run gets on.
func (r *run) noteProgress() {
	r.cp.LastWritten, r.cp.FruitlessAttempts, r.dirty = time.Now(), 0, true
}
