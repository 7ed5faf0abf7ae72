package main

import (
	"io"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// sessionJSON is a session as JSON shows it.
type sessionJSON struct {
	Session   string            `json:"session"`             // workflow id
	Run       string            `json:"run,omitempty"`       // Temporal's run id
	StartedBy string            `json:"startedBy,omitempty"` // "schedule", or who started it
	Outcome   saas.Outcome      `json:"outcome"`
	Mode      string            `json:"mode,omitempty"`      // full or incremental
	Reason    string            `json:"reason,omitempty"`    // why that mode
	DryRun    bool              `json:"dryRun"`              // it wrote nothing, and counts what it would have written
	LimitApps int               `json:"limitApps,omitempty"` // most apps that it carries over; absent: all
	Began     envelope.Time     `json:"began,omitzero"`
	Ended     envelope.Time     `json:"ended,omitzero"` // absent while it runs
	Took      *envelope.Seconds `json:"tookSeconds,omitempty"`
	Streams   []string          `json:"streams,omitempty"`       // names of Defender's streams
	Spared    []string          `json:"sparedStreams,omitempty"` // names of those that were left out because they add nothing
	Pages     int               `json:"pages"`                   // pages of apps that are done
	Counts    saas.Counts       `json:"counts"`
	Rejects   saas.Tally        `json:"rejects"` // what could not be read or written
	Skips     saas.Tally        `json:"skips"`   // users that were left out by rule
	Warnings  []string          `json:"warnings,omitempty"`
	Requests  requestsJSON      `json:"requests"`
	Blocker   string            `json:"blocker,omitempty"` // of a skipped session: the session that was running
	Error     string            `json:"error,omitempty"`   // of a failed session: why, and what to do
	Carry     carryJSON         `json:"carry"`

	Phase    string       `json:"phase,omitempty"`    // of one that runs
	Waiting  *waitingJSON `json:"waiting,omitempty"`  // what it waits for
	Standing string       `json:"standing,omitempty"` // of one that waits for a worker: how it stands, in words
	Unclear  string       `json:"unclear,omitempty"`  // why the counts are not known
	WebUI    string       `json:"webUI,omitempty"`    // its page
}

// requestsJSON counts requests.
type requestsJSON struct {
	Defender    int              `json:"defender"`
	Oomnitza    int              `json:"oomnitza"`
	RateLimited int              `json:"rateLimited"`   // answered with HTTP 429 by either
	Waited      envelope.Seconds `json:"waitedSeconds"` // for Defender's request budget, summed over requests
}

// carryJSON is what a session hands to the next.
type carryJSON struct {
	Watermark envelope.Time `json:"watermark,omitzero"` // from when on the next session reads, less the overlap
	LastFull  envelope.Time `json:"lastFull,omitzero"`  // when the last good full session began
	FullNext  bool          `json:"fullNext"`           // too much was rejected to try it again by app
	Doubted   bool          `json:"rowsDoubted"`        // an app had news although its row did not say so: every app is read until the next full session
	Retry     []appJSON     `json:"retry"`              // apps with rejected rows, which the next session reads whole
}

// appJSON names an app of Defender's.
type appJSON struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// waitingJSON is what a session waits for.
type waitingJSON struct {
	For   string        `json:"for"`
	Since envelope.Time `json:"since,omitzero"`
	Until envelope.Time `json:"until,omitzero"` // at the latest
}

// progressJSON is how far a session is that is followed.
type progressJSON struct {
	Session     string        `json:"session"` // workflow id
	Run         string        `json:"run,omitempty"`
	Phase       string        `json:"phase"`
	AppsDone    int           `json:"appsDone"`
	AppsKnown   int           `json:"appsKnown"` // about; 0: not known
	Uncounted   int           `json:"uncounted"` // streams whose apps are not among these
	Counts      saas.Counts   `json:"counts"`
	Requests    requestsJSON  `json:"requests"`
	Waiting     *waitingJSON  `json:"waiting,omitempty"`
	ExpectedEnd envelope.Time `json:"expectedEnd,omitzero"`
}

// viewResult is a session's result for JSON.
func viewResult(r contract.SessionResult, now time.Time) sessionJSON {
	v := sessionJSON{
		Session: r.Session, StartedBy: r.StartedBy, Outcome: r.Outcome, Mode: r.Mode, Reason: r.Reason, DryRun: r.DryRun, LimitApps: r.LimitApps,
		Began: envelope.At(r.Began), Ended: envelope.At(r.Ended), Streams: r.Streams, Spared: r.Spared, Pages: r.Pages,
		Counts: r.Counts, Rejects: r.Rejects, Skips: r.Skips, Warnings: r.Warnings, Requests: viewRequests(r.Requests),
		Blocker: r.Blocker, Error: r.Error,
		Carry: carryJSON{Watermark: envelope.At(r.Carry.Watermark), LastFull: envelope.At(r.Carry.LastFull), FullNext: r.Carry.FullNext, Doubted: r.Carry.Missed, Retry: []appJSON{}},
	}
	v.Took = viewTook(sessions.Session{SessionResult: r}, now)
	for _, app := range r.Carry.Retry {
		v.Carry.Retry = append(v.Carry.Retry, appJSON{app.ID, app.Name})
	}
	return v
}

// viewTook is how long a session took, or has been running; nil when that is not known.
func viewTook(s sessions.Session, now time.Time) *envelope.Seconds {
	if s.Began.IsZero() {
		return nil
	}
	took := envelope.Seconds(s.EndOrNow(now).Sub(s.Began))
	return &took
}

// viewSession is a session for JSON, with where it stands while it runs.
func (c connection) viewSession(s sessions.Session, now time.Time) sessionJSON {
	v := viewResult(s.SessionResult, now)
	v.Run, v.WebUI, v.Unclear = s.Run, c.webUILinkTo(s.Session, s.Run), s.Unclear
	if p := s.Progress; p != nil {
		v.Phase, v.Waiting = p.Phase, viewWaiting(p.Waiting)
	}
	if q := s.Queued; q != nil {
		v.Phase, v.Waiting, v.Standing = "queued", &waitingJSON{For: "a worker", Since: envelope.At(q.Began)}, c.describeOpen(*q)
	}
	return v
}

func viewProgress(session, run string, p sessions.Progress) progressJSON {
	return progressJSON{
		Session: session, Run: run, Phase: p.Phase, AppsDone: p.AppsDone, AppsKnown: p.AppsKnown, Uncounted: p.Uncounted,
		Counts: p.Counts, Requests: viewRequests(p.Requests), Waiting: viewWaiting(p.Waiting), ExpectedEnd: envelope.At(p.Ends),
	}
}

func viewRequests(r saas.Requests) requestsJSON {
	return requestsJSON{r.Defender, r.Oomnitza, r.RateLimited, envelope.Seconds(r.Waited)}
}

func viewWaiting(w contract.Waiting) *waitingJSON {
	if !w.IsOn() {
		return nil
	}
	return &waitingJSON{w.For, envelope.At(w.Since), envelope.At(w.Until)}
}

// progressWriter writes the progress of a followed session as JSON, a document a line,
// no more often than a person is told of it.
type progressWriter struct {
	out  io.Writer
	head func() envelope.Head
	last progressJSON
	at   time.Time
}

// writeProgress writes a progress unless it is as before or one was written a moment ago.
// A nil writer writes nothing.
func (w *progressWriter) writeProgress(p progressJSON, now time.Time) error {
	if w == nil || p == w.last || now.Sub(w.at) < plainEvery {
		return nil
	}
	w.last, w.at = p, now
	return envelope.WriteLine(w.out, w.head(), p)
}
