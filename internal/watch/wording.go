package watch

import (
	"fmt"
	"strings"
	"time"

	"defendersync/internal/contract"
)

// The words of the notices. Each says what happened, why, and what to do; who
// reads it may never have heard of Temporal.

func failed(known contract.WatchedSession, v contract.SessionView) contract.Notice {
	n := ofSession(contract.NoticeFailed, "failed", v)
	took := span(v.Closed.Sub(v.Began))
	switch v.End {
	case contract.EndTerminated:
		n.Headline = "The session was terminated after " + took
		n.Cause = v.Error
		n.Todo = "Somebody ended it by force, so it could not settle. The next session makes up for it; `defendersync run` starts one now."
	case contract.EndTimedOut:
		n.Headline = "The session timed out after " + took
		n.Cause = "Its time limit in Temporal ran out."
		n.Todo = "See whether workers run, then start another by `defendersync run`: it makes up for this one."
	case contract.EndGone:
		n.Headline = "The session is no longer known to Temporal"
		n.Cause = "It ran when last seen, and was deleted since, or the namespace's data was."
		n.Todo = "Start another by `defendersync run`, and see who deletes workflows."
	default:
		n.Headline = "The session failed after " + took
		n.Cause = v.Error
		n.Todo = "Do what the cause says, then `defendersync check` shows whether it helped. The next session makes up for this one; `defendersync run` starts one now."
	}
	if known.Stalled {
		n.Headline += ", having been told as stalled before"
	}
	return n
}

func stalled(s contract.WatchedSession, v contract.SessionView, o contract.Observation) contract.Notice {
	n := ofSession(contract.NoticeStalled, "stalled", v)
	n.Progress = s.Progress
	n.Headline = "The session has not completed " + span(o.At.Sub(v.Began)) + " after it began"
	switch {
	case v.PickedUp.IsZero() && !o.Workers.AreAlive(o.At):
		n.Cause, n.Todo = noWorker, startWorker
	case s.Stuck && !s.Resumed:
		n.Cause = lastMoved(s, o)
		n.Todo = "It goes on by itself once what holds it up is cured: see its page, and the worker's log."
	default:
		n.Cause = "It is getting on: a large tenant's first session may take that long at Defender's 30 requests a minute."
		n.Todo = "Nothing, if the expected end suits you. It goes on, and its end is told."
	}
	return n
}

func stuck(s contract.WatchedSession, v contract.SessionView, o contract.Observation) contract.Notice {
	n := ofSession(contract.NoticeStuck, "no-progress", v)
	n.Progress = s.Progress
	since := later(s.Began, s.LastProgress)
	n.Headline = "The session has got no further for " + span(o.At.Sub(since))
	switch {
	case !o.Workers.AreAlive(o.At):
		n.Cause, n.Todo = noWorker, startWorker
	case v.Waiting != "":
		n.Cause = "It is waiting for this to pass: " + v.Waiting
		n.Todo = "Do what the cause says. The session goes on by itself, or fails once INTEGRATION_GIVE_UP is over."
	default:
		n.Cause = lastMoved(s, o)
		n.Todo = "See the session's page and the worker's log; `defendersync check` tells whether both tenants answer."
	}
	return n
}

const (
	noWorker    = "No worker serves the integration's task queue."
	startWorker = "Start a defendersync-worker with this integration's settings: the session goes on where it was."
)

func lastMoved(s contract.WatchedSession, o contract.Observation) string {
	if s.LastProgress.IsZero() {
		return "It has done nothing since it began."
	}
	return "It last got further at " + stamp(s.LastProgress) + "."
}

func movesAgain(s contract.WatchedSession) contract.Notice {
	return contract.Notice{
		Key: "moving/" + s.Run, Kind: contract.NoticeRecovered, Session: s.ID, Run: s.Run, Since: s.Began, Progress: s.Progress,
		Headline: "The session gets on again",
		Cause:    "It got further at " + stamp(s.LastProgress) + ".",
	}
}

func completedAfterAll(known contract.WatchedSession, v contract.SessionView, before contract.Trouble) contract.Notice {
	n := ofSession(contract.NoticeRecovered, "completed", v)
	n.Headline = "The session completed after all, in " + span(v.Closed.Sub(v.Began))
	n.Cause = "It had been told as " + told(known) + "."
	if before.HasAny() {
		n.Cause += " " + beforeIt(before)
	}
	return n
}

func told(s contract.WatchedSession) string {
	switch {
	case s.Stalled && s.Stuck:
		return "making no progress, and as stalled"
	case s.Stalled:
		return "stalled"
	}
	return "making no progress"
}

func cancelledAfterAll(v contract.SessionView) contract.Notice {
	n := ofSession(contract.NoticeRecovered, "cancelled", v)
	n.Headline = "The session that was told of was cancelled by an operator, after " + span(v.Closed.Sub(v.Began))
	n.Todo = "The next session makes up for it; `defendersync run` starts one now."
	return n
}

func runningAgain(v contract.SessionView, before contract.Trouble) contract.Notice {
	n := ofSession(contract.NoticeRecovered, "again", v)
	n.Headline = "Sessions complete again"
	n.Cause = beforeIt(before)
	return n
}

// beforeIt says what the good session makes up for.
func beforeIt(t contract.Trouble) string {
	var what []string
	if t.Failed > 0 {
		what = append(what, plural(t.Failed, "failed session"))
	}
	if t.Missed > 0 {
		what = append(what, plural(t.Missed, "missed start"))
	}
	return fmt.Sprintf("It makes up for %s since %s.", strings.Join(what, " and "), stamp(t.Since))
}

// ofSession is a notice about a session, with what it had done.
func ofSession(kind contract.NoticeKind, key string, v contract.SessionView) contract.Notice {
	return contract.Notice{
		Key: key + "/" + v.Run, Kind: kind, Session: v.ID, Run: v.Run, Since: v.Began.UTC(),
		Progress: v.Progress, Errors: leading(v.Errors),
	}
}

// causeKind is why a session did not run when scheduled.
type causeKind string

const (
	causePaused   causeKind = "paused"
	causeDeleted  causeKind = "deleted"
	causeCatchUp  causeKind = "catch-up"
	causeOverlap  causeKind = "overlap"
	causeNoWorker causeKind = "no worker"
	causeLate     causeKind = "late"
	causeUnknown  causeKind = "unknown"
)

// why is a cause with what is known of it.
type why struct {
	kind causeKind
	text string    // the pause's note, the session that ran
	at   time.Time // when it was over; zero: it is not
}

func missedStart(at time.Time, w why) contract.Notice {
	n := contract.Notice{
		Key: "missed/" + at.UTC().Format(time.RFC3339), Kind: contract.NoticeMissed, Since: at.UTC(),
		Headline: "No session ran at " + stamp(at) + ", when one was scheduled",
	}
	switch w.kind {
	case causePaused:
		n.Cause = "The schedule was paused: " + sentence(w.text)
		n.Todo = "Resume it by `defendersync schedule resume`. To pause without notices, use `defendersync schedule pause --reason …`."
	case causeDeleted:
		n.Cause = "The schedule had been deleted."
		n.Todo = "Make it again by `defendersync schedule apply`. Nothing is scheduled until then."
		if !w.at.IsZero() {
			n.Cause = "The schedule had been deleted. It was made again at " + stamp(w.at) + "."
			n.Todo = "`defendersync run` starts a session now, if the next scheduled one is too late."
		}
	case causeCatchUp:
		n.Cause = "Temporal was down then, and for longer than a missed start is made up for (INTEGRATION_CATCH_UP)."
		n.Todo = "`defendersync run` starts a session now, if the next scheduled one is too late."
	case causeOverlap:
		n.Cause = "The session before it still ran, and sessions never overlap."
		if w.text != "" {
			n.Cause = "Another session still ran, and sessions never overlap: " + w.text
		}
		n.Todo = "Nothing, if that happens rarely. If sessions take longer than the time between two starts, schedule fewer."
	case causeNoWorker:
		n.Headline = "The session scheduled for " + stamp(at) + " was picked up by no worker"
		n.Cause, n.Todo = noWorker, startWorker
		if !w.at.IsZero() {
			n.Headline += " until " + stamp(w.at)
			n.Cause, n.Todo = "No worker served the integration's task queue.", "Nothing: it runs now. See why the workers were gone."
		}
	case causeLate:
		n.Headline = "The session scheduled for " + stamp(at) + " started late, at " + stamp(w.at)
		n.Cause, n.Todo = "Temporal started nothing at that time: it was down, or busy.", "Nothing: the start was made up for."
	default:
		n.Cause = "The schedule started nothing, and nothing tells why."
		if w.text != "" {
			n.Cause += " Its note says: " + sentence(w.text)
		}
		n.Todo = "See the schedule's page in the Web UI, and who changes it. `defendersync run` starts a session now."
	}
	return n
}

// sentence ends with a full stop.
func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		s = noReason
	}
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func stamp(t time.Time) string {
	layout := "2006-01-02 15:04 UTC"
	if t.Second() != 0 {
		layout = "2006-01-02 15:04:05 UTC"
	}
	return t.UTC().Format(layout)
}

// span is a duration as people say it: "24h", "1h30m", "45s".
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		d = d.Round(time.Minute)
	case d >= time.Second:
		d = d.Round(time.Second)
	default:
		return "less than a second"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
