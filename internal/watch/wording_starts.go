package watch

import (
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
)

const (
	runEarlier = "To start a session before the next scheduled one, run `defendersync run`."
	noAction   = "No action is needed"
)

// noticeMissed is about a session that did not run as scheduled.
func noticeMissed(at time.Time, c cause, zone *time.Location) contract.Notice {
	n := contract.Notice{
		Key: "missed/" + at.UTC().Format(time.RFC3339), Kind: contract.NoticeMissed, Since: at.UTC(),
		Headline: "No session ran at " + moment.FormatExact(at, zone) + " as scheduled",
	}
	switch c.kind {
	case causePaused:
		n.Cause = "The schedule was paused: " + endSentence(c.text)
		n.Todo = "Resume it with `defendersync schedule resume`. To pause without notices, use `defendersync schedule pause --reason …`."
	case causeDeleted:
		n.Cause = "The schedule had been deleted."
		n.Todo = "Create it again with `defendersync schedule apply`. Until then, no sessions are scheduled."
		if !c.at.IsZero() {
			n.Cause = "The schedule had been deleted. It was created again at " + moment.FormatExact(c.at, zone) + "."
			n.Todo = runEarlier
		}
	case causeCatchUp:
		n.Cause = "Temporal was down for longer than missed starts are made up for (INTEGRATION_CATCH_UP)."
		n.Todo = runEarlier
	case causeOverlap:
		n.Cause = "The previous session was still running, and sessions never overlap."
		if c.text != "" {
			n.Cause = "Another session was still running, and sessions never overlap: " + c.text
		}
		n.Todo = noAction + " if this is rare. If sessions take longer than the interval between starts, schedule fewer."
	case causeNoWorker:
		wordNoWorker(&n, at, c, zone)
	case causeLate:
		n.Headline = "The session scheduled for " + moment.FormatExact(at, zone) + " started late, at " + moment.FormatExact(c.at, zone)
		n.Cause = "Temporal did not start it on time, because it was down or busy."
		n.Todo = noAction + ": the start was made up for."
	default:
		n.Cause = "The schedule started no session, and the reason is unknown."
		if c.text != "" {
			n.Cause += " Its note says: " + endSentence(c.text)
		}
		n.Todo = "See the schedule's page in the Web UI, and find out who changes it. To start a session now, run `defendersync run`."
	}
	return n
}

// wordNoWorker words a notice about a session that waited for a worker, until a time or
// still.
func wordNoWorker(n *contract.Notice, at time.Time, c cause, zone *time.Location) {
	n.Headline = "No worker picked up the session scheduled for " + moment.FormatExact(at, zone)
	n.Cause, n.Todo = explainWorkers(c.workers)
	if !c.at.IsZero() {
		n.Headline += " until " + moment.FormatExact(c.at, zone)
		n.Cause = "No worker was polling the integration's task queue."
		n.Todo = noAction + ": the session is running now. Find out why no worker was running."
	}
}

// endSentence adds a full stop to a text that lacks one.
func endSentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		s = noReason
	}
	return strings.TrimSuffix(s, ".") + "."
}
