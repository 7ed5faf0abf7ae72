package sessions

import (
	"time"

	"defendersync/internal/contract"
)

// Progress is how far a running session has got. There is one way of counting, for
// every command, the watch and its notices:
//
//   - AppsKnown is what this session has to read of all streams, but for those that are
//     Uncounted; 0 where the stream that is being read is one of these. A list by last
//     activity is read down to a threshold, and counted once the page is there on which it
//     ends; any other is counted by its total.
//   - AppsDone counts rows of the streams' lists of apps, as AppsKnown does. A row is
//     done once its app and all its users are carried over, or it was rejected or passed by
//     because it is too old. Apps that are tried again from the session before belong to no
//     list and don't count.
//   - Counts and Requests are those of the finished pages and of the page at work.
//   - Ends assumes that the remaining apps take as long as those that are done, measured
//     from when a worker picked the session up.
type Progress struct {
	contract.Progress           // as the session's Sync reported it, with the page at work added
	AppsDone          int       // of AppsKnown
	LastMoved         time.Time // when an activity last ended, or a page of users was last written
	Ends              time.Time // expected end; zero if it cannot be estimated
}

// countProgress adds the work that is going on to what a Sync reported. reported.At is
// when it did, which may be before the page at work began.
func countProgress(reported contract.Progress, w work) Progress {
	p := Progress{Progress: reported, AppsDone: reported.AppsRead, LastMoved: w.lastMoved}
	p.Waiting = w.waiting // more recent than the report
	finished := 0
	if c := w.checkpoint; c != nil {
		p.Counts = p.Counts.Add(c.Counts)
		p.Requests = p.Requests.Add(c.Requests)
		finished = len(c.Done)
		if c.LastWritten.After(p.LastMoved) {
			p.LastMoved = c.LastWritten.UTC()
		}
	}
	if w.page.retry || w.page.began.IsZero() {
		return p
	}
	if !reported.At.Before(w.page.began) {
		p.AppsDone -= w.page.apps // AppsRead has the whole page already
	}
	p.AppsDone = max(0, p.AppsDone+finished)
	return p
}

// Position is where the session stands.
func (p Progress) Position() contract.Position {
	return contract.Position{Done: p.AppsDone, Known: p.AppsKnown, Uncounted: p.Uncounted, Streams: len(p.Streams)}
}

// estimateEnd extrapolates the pace since a worker picked the session up; zero if too
// little is known.
func (p Progress) estimateEnd(pickup, now time.Time) time.Time {
	if pickup.IsZero() || p.Uncounted > 0 || p.AppsDone <= 0 || p.AppsKnown < p.AppsDone || !now.After(pickup) {
		return time.Time{}
	}
	perApp := now.Sub(pickup) / time.Duration(p.AppsDone)
	return now.Add(perApp * time.Duration(p.AppsKnown-p.AppsDone)).UTC()
}
