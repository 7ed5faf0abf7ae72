package watch

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
)

// The notices about sessions. Each says what happened, why, and what to do. The reader may
// never have heard of Temporal.

const (
	noWorker    = "No worker is polling the integration's task queue."
	startWorker = "Start a defendersync-worker with this integration's settings. The session resumes where it stopped."
	catchesUp   = "The next session catches up; to start one now, run `defendersync run`."
)

// noticeFailed is about a session that failed or was ended from outside.
func noticeFailed(known contract.WatchedSession, v contract.SessionView) contract.Notice {
	n := newSessionNotice(contract.NoticeFailed, "failed", v)
	took := formatSpan(v.Closed.Sub(v.Began))
	switch v.End {
	case contract.EndTerminated:
		n.Headline = "The session was terminated after " + took
		n.Cause = v.Error
		n.Todo = "It was ended by force and could not finish its work. " + catchesUp
	case contract.EndTimedOut:
		n.Headline = "The session timed out after " + took
		n.Cause = "It reached its time limit in Temporal."
		n.Todo = "Check that workers are running, then run `defendersync run`. The new session catches up."
	case contract.EndGone:
		n.Headline = "The session no longer exists in Temporal"
		n.Cause = "It was running when it was last seen. Since then it was deleted, or the namespace lost its data."
		n.Todo = "Run `defendersync run` to start another session, and find out who deletes workflows."
	default:
		n.Headline = "The session failed after " + took
		n.Cause = v.Error
		n.Todo = "Do what the cause says, then run `defendersync check` to see whether it helped. " + catchesUp
	}
	if known.Stalled {
		n.Headline += "; it had been reported as stalled"
	}
	return n
}

// noticeStalled is about a session that runs for too long.
func noticeStalled(s contract.WatchedSession, v contract.SessionView, seen contract.Observation, zone *time.Location) contract.Notice {
	n := newSessionNotice(contract.NoticeStalled, "stalled", v)
	n.Progress = s.Progress
	n.Headline = "The session has not completed within " + formatSpan(seen.At.Sub(v.Began))
	switch {
	case v.PickedUp.IsZero() && !seen.Workers.AreAlive(seen.At):
		n.Cause, n.Todo = explainWorkers(seen.Workers)
	case s.Stuck && !s.Resumed:
		n.Cause = lastProgress(s, zone)
		n.Todo = "It resumes by itself once the obstacle is gone. See the session's page and the worker's log."
	default:
		n.Cause = "It is making progress. The first session of a large tenant can take this long at Defender's 30 requests a minute."
		n.Todo = "No action is needed if the expected end is acceptable. The session continues, and you will be notified when it ends."
	}
	return n
}

// explainWorkers says why no worker does the work, and what to do.
func explainWorkers(w contract.WorkersView) (cause, todo string) {
	if w.Problem == "" {
		return noWorker, startWorker
	}
	return capitalize(w.Problem) + ".", capitalize(w.Todo) + ". The session resumes where it stopped."
}

// capitalize begins a sentence.
func capitalize(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// noticeStuck is about a session that makes no progress.
func noticeStuck(s contract.WatchedSession, v contract.SessionView, seen contract.Observation, zone *time.Location) contract.Notice {
	n := newSessionNotice(contract.NoticeStuck, "no-progress", v)
	n.Progress = s.Progress
	n.Headline = "The session has made no progress for " + formatSpan(seen.At.Sub(later(s.Began, s.LastProgress)))
	switch {
	case !seen.Workers.AreAlive(seen.At) && (v.Waiting == "" || seen.Workers.Problem == ""):
		n.Cause, n.Todo = explainWorkers(seen.Workers)
	case v.Waiting != "":
		n.Cause = "It is waiting: " + v.Waiting
		n.Todo = "Do what the cause says. The session resumes by itself, or fails after INTEGRATION_GIVE_UP."
	default:
		n.Cause = lastProgress(s, zone)
		n.Todo = "See the session's page and the worker's log. Run `defendersync check` to see whether both tenants answer."
	}
	return n
}

// lastProgress says when a session last made progress.
func lastProgress(s contract.WatchedSession, zone *time.Location) string {
	if s.LastProgress.IsZero() {
		return "It has made no progress since it began."
	}
	return "It last made progress at " + moment.FormatExact(s.LastProgress, zone) + "."
}

// noticeMoving is about a session that was stuck and makes progress again.
func noticeMoving(s contract.WatchedSession, zone *time.Location) contract.Notice {
	return contract.Notice{
		Key: "moving/" + s.Run, Kind: contract.NoticeRecovered, Session: s.ID, Run: s.Run, Since: s.Began, Progress: s.Progress,
		Headline: "The session is making progress again",
		Cause:    "It made progress at " + moment.FormatExact(s.LastProgress, zone) + ".",
	}
}

// noticeCompleted is about a session that completed after it was reported as stalled or
// stuck.
func noticeCompleted(known contract.WatchedSession, v contract.SessionView, before contract.Trouble, zone *time.Location) contract.Notice {
	n := newSessionNotice(contract.NoticeRecovered, "completed", v)
	n.Headline = "The session completed after all, in " + formatSpan(v.Closed.Sub(v.Began))
	n.Cause = wasReported(known)
	if before.HasAny() {
		n.Cause += " " + makesUpFor(before, zone)
	}
	return n
}

// noticeCancelled is about a session that was cancelled after it was reported as stalled
// or stuck.
func noticeCancelled(known contract.WatchedSession, v contract.SessionView) contract.Notice {
	n := newSessionNotice(contract.NoticeRecovered, "cancelled", v)
	n.Headline = "An operator cancelled the session after " + formatSpan(v.Closed.Sub(v.Began))
	n.Cause = wasReported(known)
	n.Todo = catchesUp
	return n
}

// wasReported says what an earlier notice reported of a session.
func wasReported(s contract.WatchedSession) string {
	switch {
	case s.Stalled && s.Stuck:
		return "It had been reported as making no progress and as stalled."
	case s.Stalled:
		return "It had been reported as stalled."
	}
	return "It had been reported as making no progress."
}

// noticeRecovered is about the first session that completed after failed or missed ones.
func noticeRecovered(v contract.SessionView, before contract.Trouble, zone *time.Location) contract.Notice {
	n := newSessionNotice(contract.NoticeRecovered, "again", v)
	n.Headline = "Sessions complete again"
	n.Cause = makesUpFor(before, zone)
	return n
}

// makesUpFor says what the work of a session makes up for.
func makesUpFor(t contract.Trouble, zone *time.Location) string {
	var what []string
	if t.Failed > 0 {
		what = append(what, formatCount(t.Failed, "failed session"))
	}
	if t.Missed > 0 {
		what = append(what, formatCount(t.Missed, "missed start"))
	}
	return fmt.Sprintf("It makes up for %s since %s.", strings.Join(what, " and "), moment.FormatExact(t.Since, zone))
}

// nameLimit says in a notice that its session was one of a few apps, after which nobody
// has to catch up.
func nameLimit(n contract.Notice, v contract.SessionView) contract.Notice {
	if v.LimitApps > 0 {
		n.Headline = strings.Replace(n.Headline, "The session", fmt.Sprintf("The session, limited to %d apps,", v.LimitApps), 1)
		n.Todo = strings.TrimSpace(strings.Replace(n.Todo, catchesUp, "Scheduled sessions go on as if it had not been started.", 1))
	}
	return n
}

// newSessionNotice is a notice about a session, with what the session had done.
func newSessionNotice(kind contract.NoticeKind, key string, v contract.SessionView) contract.Notice {
	return contract.Notice{
		Key: key + "/" + v.Run, Kind: kind, Session: v.ID, Run: v.Run, Since: v.Began.UTC(),
		Progress: v.Progress, Errors: topReasons(v.Errors),
	}
}
