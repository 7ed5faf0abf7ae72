package watch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
)

// TestWhateverHappensEverybodyHearsOnceOfWhatTheyShould lets anything happen in
// any order and compares what was told with the truth.
func TestWhateverHappensEverybodyHearsOnceOfWhatTheyShould(t *testing.T) {
	for range 10 { // a hundred lives each
		rapid.Check(t, live)
	}
}

func live(t *rapid.T) {
	dawn := rapid.SampledFrom(instants.All()).Draw(t, "dawn").At.Truncate(step)
	w := newWorld(rapid.SampledFrom([]time.Duration{6 * time.Hour, 24 * time.Hour}).Draw(t, "schedule"), dawn)
	actions := w.happenings()
	for name, do := range actions {
		actions[name] = func(t *rapid.T) {
			do(t) // skips by panicking, and then is no part of the journal
			w.journal = append(w.journal, w.now.Format("02 15:04 ")+name)
		}
	}
	t.Repeat(actions)
	w.settle()
	w.check(t)
}

// happenings are what may happen. Time passes often, and in all measures.
func (w *world) happenings() map[string]func(*rapid.T) {
	pass := func(most int) func(*rapid.T) {
		return func(t *rapid.T) { w.pass(time.Duration(rapid.IntRange(1, most).Draw(t, "minutes")) * step) }
	}
	return map[string]func(*rapid.T){
		"minutes pass": pass(20),
		"hours pass":   pass(8 * 60),
		"days pass":    pass(40 * 60),
		"start":        w.when(func() bool { return w.temporal }, func() { w.start(time.Time{}) }),
		"finish":       w.oneEnds(contract.EndCompleted, saas.OutcomeCompleted),
		"fail":         w.oneEnds(contract.EndFailed, saas.OutcomeFailed),
		"cancel":       w.oneEnds(contract.EndCancelled, saas.OutcomeCancelled),
		"terminate":    w.oneEnds(contract.EndTerminated, ""),
		"hang": w.when(func() bool { return len(w.running()) > 0 }, func() {
			s := w.running()[0]
			s.frozen = !s.frozen
		}),
		"kill the worker": w.when(func() bool { return w.worker }, func() { w.worker = false }),
		"start a worker":  w.when(func() bool { return !w.worker }, func() { w.worker, w.fresh = true, false }),
		"Temporal down":   w.when(func() bool { return w.temporal }, func() { w.temporal = false }),
		"Temporal up": w.when(func() bool { return !w.temporal }, func() {
			w.temporal = true
			w.clockwork() // before anybody can edit
			w.fresh = false
		}),
		"pause":               w.when(w.pausable, func() { w.pause(true) }),
		"pause in the Web UI": w.when(w.pausable, func() { w.pause(false) }),
		"pause until": func(t *rapid.T) {
			if !w.pausable() || !w.fresh || w.now.Sub(w.state.Looked) > 9*w.every { // see edit
				t.Skip()
			}
			w.pauseUntil(w.now.Add(time.Duration(rapid.IntRange(1, 4*24*60).Draw(t, "minutes")) * step))
		},
		"resume": w.when(func() bool {
			return w.editable() && !w.starting() && (w.schedule.Paused || w.schedule.IsPaused(w.now) && w.fresh)
		}, w.resume),
		"edit": func(t *rapid.T) {
			// What was scheduled between two edits that no look came between,
			// or beyond the ten starts that a look is told, is nowhere to be
			// seen once the schedule is another one.
			if !w.editable() || w.starting() || !w.fresh || w.now.Sub(w.state.Looked) > 9*w.every {
				t.Skip()
			}
			w.edit(time.Duration(rapid.IntRange(0, 23*60).Draw(t, "offset")) * step)
		},
		"delete":   w.when(func() bool { return w.editable() && w.fresh && w.worker && !w.schedule.Paused && !w.starting() }, w.remove),
		"recreate": w.when(func() bool { return w.temporal && !w.schedule.Exists }, w.recreate),
	}
}

func (w *world) editable() bool { return w.temporal && w.schedule.Exists }

// pausable: the note tells of one pause on purpose only.
func (w *world) pausable() bool {
	return w.editable() && !w.schedule.IsPaused(w.now) && w.pauses == 0 && !w.starting()
}

// starting: what is done in the very moment of a start may be before or after
// it.
func (w *world) starting() bool { return w.next(w.now.Add(-step)).Equal(w.now) }

func (w *world) when(can func() bool, do func()) func(*rapid.T) {
	return func(t *rapid.T) {
		if !can() {
			t.Skip()
		}
		do()
	}
}

// oneEnds ends a session that runs. By itself it ends only in a worker.
func (w *world) oneEnds(end contract.SessionEnd, outcome saas.Outcome) func(*rapid.T) {
	can := func() bool {
		r := w.running()
		return w.temporal && len(r) > 0 && (end == contract.EndTerminated || w.worker && !r[0].PickedUp.IsZero())
	}
	return w.when(can, func() { w.end(w.running()[0], end, outcome) })
}

// settle brings everything up, lets what runs complete, and waits until all
// that is due is told.
func (w *world) settle() {
	w.temporal, w.worker = true, true
	w.pass(10 * time.Minute)
	if w.starting() {
		w.pass(step)
	}
	if w.schedule.IsPaused(w.now) {
		w.resume()
	}
	for _, s := range w.running() {
		w.end(s, contract.EndCompleted, saas.OutcomeCompleted)
	}
	w.pass(2 * time.Hour)
	for _, s := range w.running() {
		w.end(s, contract.EndCompleted, saas.OutcomeCompleted)
	}
	w.pass(time.Hour)
	w.schedule.Paused, w.schedule.Note = true, "" // no more starts; nothing of it is looked at
}

// check compares what was told with the truth.
func (w *world) check(t *rapid.T) {
	told := map[contract.NoticeKind]map[string]bool{}
	seen := map[string]bool{}
	trouble := false
	bad, good := map[string]int{}, map[string]int{} // about one session, by run
	for _, n := range w.notices {
		if seen[n.Key] {
			t.Errorf("told twice: %s", n.Key)
		}
		seen[n.Key] = true
		if told[n.Kind] == nil {
			told[n.Kind] = map[string]bool{}
		}
		told[n.Kind][n.Key[strings.LastIndex(n.Key, "/")+1:]] = true
		if n.Kind == contract.NoticeRecovered {
			if !trouble {
				t.Errorf("good news without bad before: %s", n.Key)
			}
		} else {
			trouble = true
		}
		switch what := strings.Split(n.Key, "/")[1]; {
		case n.Kind == contract.NoticeStuck, n.Kind == contract.NoticeStalled:
			bad[n.Run]++
		case n.Kind == contract.NoticeRecovered && what != "again":
			good[n.Run]++
		}
		if good[n.Run] > bad[n.Run] {
			t.Errorf("one trouble brings good news twice: %s", n.Key)
		}
	}
	compare(t, "failed", w.failed, told[contract.NoticeFailed])
	compare(t, "stalled", w.stalled, told[contract.NoticeStalled])
	compare(t, "no progress", w.stuck, told[contract.NoticeStuck])
	w.forgiveCancelled(told[contract.NoticeMissed])
	compare(t, "missed", w.missed, told[contract.NoticeMissed])
	w.checkClosure(t, told)
	w.checkTotals(t)
	if t.Failed() {
		t.Log(w.String())
	}
}

// forgiveCancelled takes out the late starts of which nobody was told because an operator
// had cancelled the session before anybody looked.
func (w *world) forgiveCancelled(told map[string]bool) {
	for _, s := range w.sessions {
		if at := s.planned.Format(time.RFC3339); s.End == contract.EndCancelled && !told[at] {
			delete(w.missed, at)
		}
	}
}

func compare(t *rapid.T, what string, want, got map[string]bool) {
	for key := range want {
		if !got[key] {
			t.Errorf("%s, but nobody was told: %s", what, key)
		}
	}
	for key := range got {
		if !want[key] {
			t.Errorf("told as %s, but was not: %s", what, key)
		}
	}
}

// checkClosure makes sure that bad news is followed by good once a session
// completes.
func (w *world) checkClosure(t *rapid.T, told map[contract.NoticeKind]map[string]bool) {
	for _, s := range w.sessions {
		if s.End == contract.EndCompleted && s.Outcome == saas.OutcomeCompleted && (w.stalled[s.Run] || w.stuck[s.Run]) && !told[contract.NoticeRecovered][s.Run] {
			t.Errorf("%s was told as stalled or stuck and completed, but nobody was told", s.Run)
		}
	}
	if w.state.Trouble.HasAny() && w.lastBad().Before(w.lastGood()) {
		t.Errorf("bad news at %s was followed by a good session at %s, but not by good news: %+v", w.lastBad(), w.lastGood(), w.state.Trouble)
	}
}

// checkTotals makes sure that each session is counted once, with its rows.
func (w *world) checkTotals(t *rapid.T) {
	want := map[saas.Outcome]int{}
	rows := 0
	for _, s := range w.sessions {
		outcome := s.Outcome
		if s.End == contract.EndNone {
			continue
		}
		if s.End == contract.EndTerminated {
			outcome = saas.OutcomeTerminated
		}
		want[outcome]++
		if outcome != saas.OutcomeSkipped {
			rows++
		}
	}
	got := map[saas.Outcome]int{}
	for _, c := range w.state.Totals.Sessions {
		got[c.Outcome] += c.Count
	}
	if !maps.Equal(want, got) || w.state.Totals.Rows.Users.Added != rows {
		t.Errorf("counted %v with %d rows, and there were %v with %d", got, w.state.Totals.Rows.Users.Added, want, rows)
	}
}

func (w *world) lastBad() (at time.Time) {
	for _, n := range w.notices {
		if n.Kind == contract.NoticeFailed || n.Kind == contract.NoticeMissed {
			at = n.At
		}
	}
	return at
}

func (w *world) lastGood() (at time.Time) {
	for _, s := range w.sessions {
		if s.Outcome == saas.OutcomeCompleted {
			at = later(at, s.Closed)
		}
	}
	return at
}

// String tells a world when a property fails.
func (w *world) String() string {
	var b strings.Builder
	for _, n := range w.notices {
		fmt.Fprintf(&b, "%s %s %s\n", n.At.Format(time.RFC3339), n.Key, n.Headline)
	}
	fmt.Fprintf(&b, "missed: %v\n", slices.Sorted(maps.Keys(w.missed)))
	return strings.Join(w.journal, "\n") + "\n" + b.String()
}
