package sessions

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"defendersync/internal/contract"
)

func progressAt(at time.Duration, done, known int, left time.Duration) Progress {
	p := Progress{AppsDone: done}
	p.At, p.AppsKnown = noon.Add(at), known
	if left >= 0 {
		p.Ends = p.At.Add(left)
	}
	return p
}

func TestWhatWasSaidOfASessionIsNotTakenBack(t *testing.T) {
	for name, tc := range map[string]struct {
		before, now, want Progress
	}{
		"nothing was said":             {Progress{}, progressAt(0, 3, 10, time.Minute), progressAt(0, 3, 10, time.Minute)},
		"it gets on":                   {progressAt(0, 3, 10, time.Minute), progressAt(time.Second, 4, 10, 50*time.Second), progressAt(time.Second, 4, 10, 50*time.Second)},
		"a worker was killed":          {progressAt(0, 7, 10, time.Minute), progressAt(time.Second, 4, 10, 2*time.Minute), progressAt(time.Second, 7, 10, time.Minute)},
		"the total shrinks":            {progressAt(0, 7, 10, time.Minute), progressAt(time.Second, 8, 9, 30*time.Second), progressAt(time.Second, 8, 10, 30*time.Second)},
		"the pace falls":               {progressAt(0, 7, 10, time.Minute), progressAt(time.Minute, 7, 10, 90*time.Second), progressAt(time.Minute, 7, 10, time.Minute)},
		"the end is not known any":     {progressAt(0, 7, 10, time.Minute), progressAt(time.Second, 7, 10, -1), progressAt(time.Second, 7, 10, time.Minute)},
		"the total grows":              {progressAt(0, 27, 28, 2*time.Second), progressAt(time.Second, 28, 83, 58*time.Minute), progressAt(time.Second, 28, 83, 58*time.Minute)},
		"more is done than was known":  {progressAt(0, 7, 10, time.Minute), progressAt(time.Second, 12, 10, -1), progressAt(time.Second, 12, 12, time.Minute)},
		"the total is no longer known": {progressAt(0, 27, 28, -1), progressAt(time.Second, 128, 0, -1), progressAt(time.Second, 128, 0, -1)},
		"the total was never known":    {progressAt(0, 0, 0, -1), progressAt(time.Second, 0, 0, -1), progressAt(time.Second, 0, 0, -1)},
		"a report of a moment earlier": {progressAt(0, 7, 10, 0), progressAt(time.Second, 6, 10, time.Minute), progressAt(time.Second, 7, 10, 0)},
	} {
		got := tc.now.KeepForward(tc.before)
		if got.AppsDone != tc.want.AppsDone || got.AppsKnown != tc.want.AppsKnown || !got.Ends.Equal(tc.want.Ends) || !got.At.Equal(tc.want.At) {
			t.Errorf("%s: %d of %d until %s, want %d of %d until %s", name, got.AppsDone, got.AppsKnown, got.Ends, tc.want.AppsDone, tc.want.AppsKnown, tc.want.Ends)
		}
	}
}

// TestShownProgressNeverRunsBackwards shows one observation after another, right or wrong,
// and compares each with what was shown before.
func TestShownProgressNeverRunsBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var shown Progress
		at := time.Duration(0)
		for range rapid.IntRange(1, 20).Draw(t, "looks") {
			at += time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second
			now := progressAt(at, rapid.IntRange(0, 120).Draw(t, "done"), rapid.IntRange(0, 100).Draw(t, "known"),
				time.Duration(rapid.IntRange(-1, 3600).Draw(t, "left"))*time.Second)
			now.Uncounted = rapid.IntRange(0, 1).Draw(t, "uncounted")
			now.Counts.Users.Seen, now.Requests.Defender = rapid.IntRange(0, 99).Draw(t, "users"), rapid.IntRange(0, 99).Draw(t, "requests")
			next := now.KeepForward(shown)
			if next.AppsDone < now.AppsDone || next.AppsKnown < now.AppsKnown || next.AppsKnown > 0 && next.AppsDone > next.AppsKnown && shown.At != (time.Time{}) {
				t.Fatalf("%d of %d is shown of %d of %d", next.AppsDone, next.AppsKnown, now.AppsDone, now.AppsKnown)
			}
			if shown.At.IsZero() {
				shown = next
				continue
			}
			if next.AppsDone < shown.AppsDone || next.AppsKnown < shown.AppsKnown && now.AppsKnown > 0 || next.Counts.Users.Seen < shown.Counts.Users.Seen || next.Requests.Defender < shown.Requests.Defender {
				t.Fatalf("%+v was followed by %+v", shown, next)
			}
			before, said := shown.timeLeft()
			left, ok := next.timeLeft()
			grown := next.AppsKnown > shown.AppsKnown || next.Uncounted > shown.Uncounted
			if said && !grown && (!ok || left > before) {
				t.Fatalf("%s were left, and then %s (%v)", before, left, ok)
			}
			shown = next
		}
	})
}

func TestNoEndIsEstimatedBeforeAllStreamsAreCounted(t *testing.T) {
	p := Progress{Progress: contract.Progress{AppsKnown: 28, Uncounted: 1}, AppsDone: 27}
	if end := p.estimateEnd(noon.Add(-time.Minute), noon); !end.IsZero() {
		t.Errorf("the end is said to be %s", end)
	}
	p.Uncounted = 0
	if end := p.estimateEnd(noon.Add(-time.Minute), noon); end.IsZero() {
		t.Error("no end is estimated")
	}
}
