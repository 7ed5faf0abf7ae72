package watch

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/moment"
)

func TestAFailureSaysWhyAndWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		end   contract.SessionEnd
		cause string
		todo  string
	}{
		"failed":     {contract.EndFailed, "Defender is out", "Do what the cause says, then run `defendersync check` to see whether it helped. " + catchesUp},
		"terminated": {contract.EndTerminated, "Defender is out", "It was ended by force and could not finish its work. " + catchesUp},
		"timed out":  {contract.EndTimedOut, "It reached its time limit in Temporal.", "Check that workers are running, then run `defendersync run`. The new session catches up."},
		"gone":       {contract.EndGone, "It was running when it was last seen. Since then it was deleted, or the namespace lost its data.", "Run `defendersync run` to start another session, and find out who deletes workflows."},
	} {
		v := ended(tc.end, "")
		v.Error = "Defender is out"
		if n := noticeFailed(contract.WatchedSession{}, v); n.Cause != tc.cause || n.Todo != tc.todo || n.Kind != contract.NoticeFailed {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

func TestAStalledSessionSaysWhetherItMakesProgress(t *testing.T) {
	alive, dead := observed(), observed()
	dead.Workers = contract.WorkersView{}
	stuck := contract.WatchedSession{Stuck: true, LastProgress: noon.Add(-time.Hour), Progress: &contract.NoticeProgress{AppsRead: 7}}
	resumed := stuck
	resumed.Resumed = true
	queued := running(25*time.Hour, 0)
	queued.PickedUp = time.Time{}
	for name, tc := range map[string]struct {
		known contract.WatchedSession
		view  contract.SessionView
		seen  contract.Observation
		cause string
		todo  string
	}{
		"makes progress":         {contract.WatchedSession{}, running(25*time.Hour, 0), alive, "It is making progress.", "No action is needed"},
		"makes progress again":   {resumed, running(25*time.Hour, 0), alive, "It is making progress.", "No action is needed"},
		"no worker picked it up": {stuck, queued, dead, noWorker, startWorker},
		"a worker is back":       {stuck, queued, alive, "It last made progress at 2026-11-24 11:00 UTC.", "It resumes by itself"},
		"its worker is gone":     {stuck, running(25*time.Hour, 0), dead, "It last made progress at 2026-11-24 11:00 UTC.", "It resumes by itself"},
	} {
		n := noticeStalled(tc.known, tc.view, tc.seen, nil)
		if !strings.HasPrefix(n.Cause, tc.cause) || !strings.HasPrefix(n.Todo, tc.todo) || n.Kind != contract.NoticeStalled || n.Progress != tc.known.Progress || n.Key != "stalled/"+runID {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

func TestAStuckSessionSaysWhatItWaitsFor(t *testing.T) {
	dead := observed()
	dead.Workers = contract.WorkersView{}
	waiting := running(2*time.Hour, time.Hour)
	waiting.Waiting = "Defender answered 429"
	unrouted := observed()
	unrouted.Workers = contract.WorkersView{Problem: "no build is current", Todo: "run 'defendersync workers promote 1'"}
	known := contract.WatchedSession{Began: noon.Add(-2 * time.Hour), LastProgress: noon.Add(-time.Hour), Progress: &contract.NoticeProgress{}}
	for name, tc := range map[string]struct {
		known contract.WatchedSession
		view  contract.SessionView
		seen  contract.Observation
		cause string
		todo  string
	}{
		"for a worker": {known, waiting, dead, noWorker, startWorker},
		"for a build":  {known, running(2*time.Hour, time.Hour), unrouted, "No build is current.", "Run 'defendersync workers promote 1'. The session resumes"},
		"for a tenant, on another build than the one without a worker": {known, waiting, unrouted, "It is waiting: Defender answered 429", "Do what the cause says."},
		"for a tenant":           {known, waiting, observed(), "It is waiting: Defender answered 429", "Do what the cause says. The session resumes by itself, or fails after INTEGRATION_GIVE_UP."},
		"for nothing it says":    {known, running(2*time.Hour, time.Hour), observed(), "It last made progress at 2026-11-24 11:00 UTC.", "See the session's page and the worker's log."},
		"since it was picked up": {contract.WatchedSession{}, running(2*time.Hour, time.Hour), observed(), "It has made no progress since it began.", "See the session's page and the worker's log."},
	} {
		n := noticeStuck(tc.known, tc.view, tc.seen, nil)
		if n.Cause != tc.cause || !strings.HasPrefix(n.Todo, tc.todo) || n.Kind != contract.NoticeStuck || n.Progress != tc.known.Progress || n.Key != "no-progress/"+runID {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

func TestGoodNewsSaysWhatItIsAbout(t *testing.T) {
	s := contract.WatchedSession{ID: sessionID, Run: runID, Began: noon.Add(-time.Hour), LastProgress: noon, Progress: &contract.NoticeProgress{}}
	n := noticeMoving(s, nil)
	if n.Key != "moving/"+runID || n.Kind != contract.NoticeRecovered || n.Session != sessionID || n.Run != runID || !n.Since.Equal(s.Began) || n.Progress != s.Progress || n.Cause != "It made progress at 2026-11-24 12:00 UTC." {
		t.Errorf("%+v", n)
	}
	if n := noticeCancelled(contract.WatchedSession{Stalled: true}, ended(contract.EndCancelled, "")); n.Todo != catchesUp || n.Key != "cancelled/"+runID {
		t.Errorf("%+v", n)
	}
	if n := noticeRecovered(ended(contract.EndCompleted, ""), contract.Trouble{Missed: 1, Since: noon}, nil); n.Key != "again/"+runID || n.Cause != "It makes up for 1 missed start since 2026-11-24 12:00 UTC." {
		t.Errorf("%+v", n)
	}
	if n := noticeRecovered(ended(contract.EndCompleted, ""), contract.Trouble{Failed: 2, Since: noon}, nil); n.Cause != "It makes up for 2 failed sessions since 2026-11-24 12:00 UTC." {
		t.Errorf("%+v", n)
	}
}

func TestAMissedStartSaysWhyAndWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		of       cause
		headline string
		cause    string
		todo     string
	}{
		"paused":                    {cause{kind: causePaused, text: "via web UI"}, "No session ran at 2026-11-24 11:00 UTC as scheduled", "The schedule was paused: via web UI.", "Resume it with `defendersync schedule resume`."},
		"paused without a word":     {cause{kind: causePaused, text: " "}, "No session ran", "The schedule was paused: no reason was given.", "Resume it"},
		"deleted":                   {cause{kind: causeDeleted}, "No session ran", "The schedule had been deleted.", "Create it again with `defendersync schedule apply`."},
		"deleted and created again": {cause{kind: causeDeleted, at: noon}, "No session ran", "The schedule had been deleted. It was created again at 2026-11-24 12:00 UTC.", runEarlier},
		"caught up no more":         {cause{kind: causeCatchUp}, "No session ran", "Temporal was down for longer than missed starts are made up for (INTEGRATION_CATCH_UP).", runEarlier},
		"overlap":                   {cause{kind: causeOverlap}, "No session ran", "The previous session was still running, and sessions never overlap.", "No action is needed if this is rare."},
		"overlap with another":      {cause{kind: causeOverlap, text: "session/x"}, "No session ran", "Another session was still running, and sessions never overlap: session/x", "No action is needed if this is rare."},
		"no worker":                 {cause{kind: causeNoWorker}, "No worker picked up the session scheduled for 2026-11-24 11:00 UTC", noWorker, startWorker},
		"no worker of the build":    {cause{kind: causeNoWorker, workers: contract.WorkersView{Problem: "no build is current", Todo: "run x"}}, "No worker picked up the session scheduled for 2026-11-24 11:00 UTC", "No build is current.", "Run x. The session resumes"},
		"no worker until now":       {cause{kind: causeNoWorker, at: noon}, "No worker picked up the session scheduled for 2026-11-24 11:00 UTC until 2026-11-24 12:00 UTC", "No worker was polling the integration's task queue.", "No action is needed: the session is running now."},
		"late":                      {cause{kind: causeLate, at: noon}, "The session scheduled for 2026-11-24 11:00 UTC started late, at 2026-11-24 12:00 UTC", "Temporal did not start it on time, because it was down or busy.", "No action is needed: the start was made up for."},
		"unknown":                   {cause{kind: causeUnknown}, "No session ran", "The schedule started no session, and the reason is unknown.", "See the schedule's page in the Web UI"},
		"unknown, with a note":      {cause{kind: causeUnknown, text: "a note."}, "No session ran", "The schedule started no session, and the reason is unknown. Its note says: a note.", "See the schedule's page in the Web UI"},
	} {
		n := noticeMissed(due, tc.of, nil)
		if !strings.HasPrefix(n.Headline, tc.headline) || n.Cause != tc.cause || !strings.HasPrefix(n.Todo, tc.todo) || n.Kind != contract.NoticeMissed || n.Key != "missed/2026-11-24T11:00:00Z" || !n.Since.Equal(due) {
			t.Errorf("%s: %+v", name, n)
		}
		if full := strings.Contains(tc.headline, "2026"); full && n.Headline != tc.headline {
			t.Errorf("%s: %s", name, n.Headline)
		}
	}
}

func TestSpansAreWrittenAsPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a second", time.Second - 1: "less than a second", time.Second: "1s", 1500 * time.Millisecond: "2s", time.Minute: "1m", 90 * time.Second: "1m30s",
		time.Hour: "1h", time.Hour - 1: "1h", 90 * time.Minute: "1h30m", 24*time.Hour + 29*time.Second: "24h", 24*time.Hour + 31*time.Second: "24h1m",
		10 * time.Minute: "10m", 20 * time.Hour: "20h",
	} {
		if got := formatSpan(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

func TestTimesInNoticesAreInTheZoneOfTheirReaders(t *testing.T) {
	zone := moment.LoadZone("Asia/Kolkata")
	s := contract.WatchedSession{LastProgress: noon.Add(time.Second)}
	for want, got := range map[string]string{
		"No session ran at 2026-11-24 17:30 IST as scheduled":          noticeMissed(noon, cause{}, zone).Headline,
		"It last made progress at 2026-11-24 17:30:01 IST.":            lastProgress(s, zone),
		"It made progress at 2026-11-24 17:30:01 IST.":                 noticeMoving(s, zone).Cause,
		"It makes up for 1 failed session since 2026-11-24 17:30 IST.": makesUpFor(contract.Trouble{Failed: 1, Since: noon}, zone),
	} {
		if got != want {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
	d := decider{state: contract.Watched{Settings: contract.WatchSettings{Integration: "hr", Timezone: "America/St_Johns"}}, seen: contract.Observation{At: noon}}
	d.addNotice(noticeMissed(noon, cause{}, d.zone()))
	if n := d.notices[0]; n.Timezone != "America/St_Johns" || n.Headline != "No session ran at 2026-11-24 08:30 NST as scheduled" || !n.At.Equal(noon) || n.Key != "hr/missed/2026-11-24T12:00:00Z" {
		t.Errorf("the notice is %+v", n)
	}
}
