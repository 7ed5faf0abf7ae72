package watch

import (
	"fmt"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// world is a simple model of Temporal, its schedule, the workers and the
// sessions, a minute a step. It keeps the truth, from which it is told apart
// from the watch's judgement what the contacts should have heard.
type world struct {
	now      time.Time
	temporal bool // up
	worker   bool // alive
	schedule contract.ScheduleView
	every    time.Duration
	offset   time.Duration // of the starts, which an edit changes
	done     time.Time     // how far the schedule's clockwork has come
	sessions []*fact
	n        int

	state   contract.Watched
	soon    bool // a session has said that it ends
	fresh   bool // a look has been taken since the schedule was made or edited
	pauses  int  // on purpose, made or ended since the last look
	notices []contract.Notice

	failed, stalled, stuck map[string]bool // by run: what should be told
	missed                 map[string]bool // by start
	journal                []string        // what happened
}

// fact is a session as it truly is.
type fact struct {
	contract.SessionView
	planned time.Time
	frozen  bool
}

const (
	step    = time.Minute
	catchUp = 2 * time.Hour
)

func newWorld(every time.Duration, dawn time.Time) *world {
	w := &world{
		now: dawn, temporal: true, worker: true, every: every, done: dawn,
		failed: map[string]bool{}, stalled: map[string]bool{}, stuck: map[string]bool{}, missed: map[string]bool{},
	}
	w.schedule = contract.ScheduleView{Exists: true, Created: dawn}
	w.state = contract.Watched{Since: dawn, Looked: dawn, Settings: contract.WatchSettings{
		Integration: "test", StallAfter: 24 * time.Hour, NoProgress: time.Hour, Grace: 15 * time.Minute, Every: 5 * time.Minute,
	}}
	w.look()
	return w
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	for ; d > 0; d -= step {
		w.now = w.now.Add(step)
		w.tick()
	}
}

func (w *world) tick() {
	w.due()
	if !w.temporal {
		return
	}
	w.clockwork()
	if !w.worker {
		return
	}
	for _, s := range w.running() {
		if s.PickedUp.IsZero() {
			s.PickedUp = w.now
			w.begun(s)
		}
		if !s.frozen {
			s.LastProgress = w.now
		}
		w.overdue(s)
	}
	if w.soon || !NextLook(w.state).After(w.now) {
		w.look()
	}
}

// begun settles what is true of a session that has only now been taken up.
func (w *world) begun(s *fact) {
	if !s.planned.IsZero() && s.PickedUp.Sub(s.planned) > w.state.Settings.Grace {
		w.miss(s.planned)
	}
}

// overdue notes what the contacts should hear of a session that runs.
func (w *world) overdue(s *fact) {
	if w.now.Sub(s.Began) >= w.state.Settings.StallAfter {
		w.stalled[s.Run] = true
	}
	if w.now.Sub(later(s.Began, s.LastProgress)) >= w.state.Settings.NoProgress {
		w.stuck[s.Run] = true
	}
}

// next is the first start after a time, and not before the schedule starts anything.
func (w *world) next(after time.Time) time.Time {
	after = later(after, w.schedule.NotBefore.Add(-1))
	t := after.Truncate(w.every).Add(w.offset)
	for !t.After(after) {
		t = t.Add(w.every)
	}
	return t
}

// due notes the starts of this moment that nothing will come of.
func (w *world) due() {
	if w.schedule.Exists && w.next(w.now.Add(-step)).Equal(w.now) && w.schedule.Paused && !w.schedule.OnPurpose(w.now) {
		w.miss(w.now)
	}
}

func (w *world) miss(at time.Time) { w.missed[at.Format(time.RFC3339)] = true }

// clockwork is Temporal's schedule: it does what came due since it last could.
func (w *world) clockwork() {
	for t := w.next(w.done); w.schedule.Exists && !t.After(w.now); t = w.next(t) {
		switch {
		case w.schedule.Paused:
		case w.now.Sub(t) > catchUp:
			w.schedule.CatchUp++
			w.miss(t)
		case slices.ContainsFunc(w.running(), func(s *fact) bool { return !s.planned.IsZero() }):
			w.schedule.Overlap++
			w.miss(t)
		default:
			w.start(t)
		}
	}
	w.done = w.now
}

// start starts a session; the lane skips it when another one runs.
func (w *world) start(planned time.Time) {
	lane := slices.ContainsFunc(w.running(), func(*fact) bool { return true })
	w.n++
	s := &fact{planned: planned, SessionView: contract.SessionView{ID: fmt.Sprintf("session/%d", w.n), Run: fmt.Sprintf("run-%d", w.n), Began: w.now}}
	w.sessions = append(w.sessions, s)
	if !planned.IsZero() && w.now.Sub(planned) > w.state.Settings.Grace {
		w.miss(planned)
	}
	if lane {
		// A worker skips it at once when it is there, else when it comes back.
		s.PickedUp = w.now
		w.end(s, contract.EndCompleted, saas.OutcomeSkipped)
		if !planned.IsZero() {
			w.miss(planned)
		}
	}
}

func (w *world) running() []*fact {
	var out []*fact
	for _, s := range w.sessions {
		if s.End == contract.EndNone {
			out = append(out, s)
		}
	}
	return out
}

func (w *world) end(s *fact, end contract.SessionEnd, outcome saas.Outcome) {
	s.End, s.Outcome, s.Closed = end, outcome, w.now
	s.Progress = &contract.NoticeProgress{Counts: saas.Counts{Users: saas.UserCounts{Added: 1}}}
	if end == contract.EndFailed || end == contract.EndTerminated || end == contract.EndTimedOut {
		w.failed[s.Run] = true
	}
	w.soon = w.soon || end == contract.EndCompleted || end == contract.EndFailed || end == contract.EndCancelled
}

// look is one look of the watch, and what it makes of it.
func (w *world) look() {
	before := w.state
	o := contract.Observation{At: w.now, Rules: RulesNow, Schedule: w.schedule, Workers: contract.WorkersView{Seen: w.now}}
	if w.schedule.Exists {
		for t := w.next(w.done); len(o.Schedule.Next) < 10; t = w.next(t) {
			o.Schedule.Next = append(o.Schedule.Next, t)
		}
	}
	for _, s := range w.sessions {
		if s.End == contract.EndNone || !s.Closed.Before(before.Looked.Add(-10*time.Minute)) {
			o.Sessions = append(o.Sessions, s.SessionView)
		}
	}
	for _, t := range w.asked(before) {
		o.Starts = append(o.Starts, w.fate(t))
	}
	var told []contract.Notice
	decision := Decide(before, o)
	w.state, told = decision.State, decision.Notices
	w.notices = append(w.notices, told...)
	w.soon, w.fresh, w.pauses = false, true, 0
}

// asked are the starts that a look asks about, as activities.Observe does.
func (w *world) asked(s contract.Watched) []time.Time {
	out := DueStarts(s, w.now)
	if s.Looked.IsZero() || !w.schedule.Exists {
		return out
	}
	from := later(later(s.Looked, w.schedule.Created), w.schedule.Updated)
	for t := w.next(from); !t.After(w.now); t = w.next(t) {
		if !slices.ContainsFunc(out, t.Equal) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

func (w *world) fate(t time.Time) contract.StartView {
	start := contract.StartView{At: t}
	for _, s := range w.sessions {
		if s.planned.Equal(t) {
			v := s.SessionView
			start.Session = &v
		}
	}
	start.Valid = w.schedule.Exists && w.next(t.Add(-time.Second)).Equal(t)
	return start
}

// pause pauses the schedule, on purpose by our command or otherwise.
func (w *world) pause(onPurpose bool) {
	w.schedule.Paused, w.schedule.Note = true, "Paused via web UI"
	if onPurpose {
		w.schedule.Note = contract.PauseNote{By: "ann@desk", From: w.now}.String()
		w.pauses++
	}
}

// pauseUntil pauses the schedule on purpose until a time, which Temporal sees to.
func (w *world) pauseUntil(ends time.Time) {
	w.schedule.NotBefore, w.schedule.Updated = ends, w.now
	w.schedule.Note = contract.PauseNote{By: "ann@desk", From: w.now, Ends: ends}.String()
	w.pauses++
	w.done, w.fresh = w.now, false
}

// resume undoes any kind of pause.
func (w *world) resume() {
	if w.schedule.NotBefore.After(w.now) {
		w.schedule.NotBefore, w.schedule.Updated = time.Time{}, w.now
		w.done, w.fresh = w.now, false
	}
	w.schedule.Paused = false
	if p, ok := contract.ParsePauseNote(w.schedule.Note); ok {
		p.Until, p.Resumer = w.now, "ann@desk"
		w.pauses++ // another pause would overwrite what the note says of this one
		w.schedule.Note = p.String()
	} else {
		w.schedule.Note = "Unpaused via web UI"
	}
}

// remove deletes the schedule. The start that it had announced is missed,
// unless another schedule is there by then.
func (w *world) remove() {
	announced := w.next(w.now)
	w.schedule = contract.ScheduleView{}
	w.fresh = false
	w.pending(announced)
}

// pending waits for the announced start of a schedule that is gone.
func (w *world) pending(announced time.Time) {
	for !w.now.After(announced.Add(w.state.Settings.Grace)) {
		w.pass(step)
	}
	w.miss(announced)
}

// recreate makes a schedule anew.
func (w *world) recreate() {
	w.schedule = contract.ScheduleView{Exists: true, Created: w.now}
	w.done, w.fresh = w.now, false
}

// edit moves the starts.
func (w *world) edit(offset time.Duration) {
	w.offset = offset % w.every
	w.schedule.Updated, w.done, w.fresh = w.now, w.now, false
}
