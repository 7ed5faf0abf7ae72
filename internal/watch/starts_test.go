package watch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// due is the start that the tables are about, an hour before noon.
var due = noon.Add(-time.Hour)

// planned is the start as the schedule announced it, and as it was when it came due.
func planned() contract.PlannedStart {
	return contract.PlannedStart{At: due, ScheduleCreated: noon.Add(-48 * time.Hour), Looked: true, Existed: true}
}

// startedLate is a session that a start has started so long after it was due.
func startedLate(began, picked time.Duration) *contract.SessionView {
	v := &contract.SessionView{ID: sessionID, Run: runID, Began: due.Add(began)}
	if picked >= 0 {
		v.PickedUp = due.Add(picked)
	}
	return v
}

func (v startView) ending(end contract.SessionEnd, outcome saas.Outcome) *contract.SessionView {
	out := contract.SessionView(v)
	out.End, out.Outcome, out.Closed, out.Blocker = end, outcome, noon, "session/another"
	return &out
}

type startView contract.SessionView

func TestEachCauseOfAMissedStartIsFound(t *testing.T) {
	pause := contract.PauseNote{By: "ann@desk", From: due.Add(-time.Minute), Reason: "audit"}.String()
	later := contract.PauseNote{By: "ann@desk", From: due.Add(time.Minute)}.String()
	ran := contract.SessionView{ID: "session/before", Run: "before", Began: due.Add(-time.Hour), PickedUp: due.Add(-time.Hour), LastProgress: noon}
	leaving := startedLate(0, -1)
	leaving.CancelRequested = true
	for name, tc := range map[string]struct {
		planned  func(*contract.PlannedStart)
		schedule func(*contract.ScheduleView)
		skipped  contract.SkippedStarts
		session  *contract.SessionView
		rules    int
		want     cause
		missed   bool
	}{
		"started in time":                {nil, nil, contract.SkippedStarts{}, startedLate(time.Second, 2*time.Second), 1, cause{}, false},
		"started at the last moment":     {nil, nil, contract.SkippedStarts{}, startedLate(15*time.Minute, 15*time.Minute), 1, cause{}, false},
		"started late":                   {nil, nil, contract.SkippedStarts{}, startedLate(15*time.Minute+1, 20*time.Minute), 1, cause{kind: causeLate, at: due.Add(15*time.Minute + 1)}, true},
		"picked up late":                 {nil, nil, contract.SkippedStarts{}, startedLate(0, 15*time.Minute+1), 1, cause{kind: causeNoWorker, at: due.Add(15*time.Minute + 1)}, true},
		"picked up by nobody":            {nil, nil, contract.SkippedStarts{}, startedLate(0, -1), 1, cause{kind: causeNoWorker}, true},
		"ended before it was picked up":  {nil, nil, contract.SkippedStarts{}, startView(*startedLate(0, -1)).ending(contract.EndTerminated, ""), 1, cause{}, false},
		"skipped":                        {nil, nil, contract.SkippedStarts{}, startView(*startedLate(0, 0)).ending(contract.EndCompleted, saas.OutcomeSkipped), 1, cause{kind: causeOverlap, text: "session/another"}, true},
		"cancelled":                      {nil, nil, contract.SkippedStarts{}, startView(*startedLate(0, 20*time.Minute)).ending(contract.EndCancelled, ""), 1, cause{}, false},
		"cancelled, older rules":         {nil, nil, contract.SkippedStarts{}, startView(*startedLate(0, 20*time.Minute)).ending(contract.EndCancelled, ""), 0, cause{kind: causeNoWorker, at: due.Add(20 * time.Minute)}, true},
		"being cancelled":                {nil, nil, contract.SkippedStarts{}, leaving, 1, cause{}, false},
		"being cancelled, older rules":   {nil, nil, contract.SkippedStarts{}, leaving, 0, cause{kind: causeNoWorker}, true},
		"paused on purpose then":         {func(p *contract.PlannedStart) { p.OnPurpose = true }, nil, contract.SkippedStarts{}, nil, 1, cause{}, false},
		"paused on purpose, by its note": {nil, func(s *contract.ScheduleView) { s.Note = pause }, contract.SkippedStarts{}, nil, 1, cause{}, false},
		"paused on purpose since":        {nil, func(s *contract.ScheduleView) { s.Note = later }, contract.SkippedStarts{}, nil, 1, cause{kind: causeUnknown, text: later}, true},
		"edited":                         {func(p *contract.PlannedStart) { p.Edited = true }, nil, contract.SkippedStarts{}, nil, 1, cause{}, false},
		"deleted":                        {func(p *contract.PlannedStart) { p.Existed = false }, func(s *contract.ScheduleView) { *s = contract.ScheduleView{} }, contract.SkippedStarts{}, nil, 1, cause{kind: causeDeleted}, true},
		"deleted and created again":      {func(p *contract.PlannedStart) { p.Existed = false }, func(s *contract.ScheduleView) { s.Created = noon }, contract.SkippedStarts{}, nil, 1, cause{kind: causeDeleted, at: noon}, true},
		"paused":                         {func(p *contract.PlannedStart) { p.Paused = "via web UI" }, nil, contract.SkippedStarts{Overlap: 1}, nil, 1, cause{kind: causePaused, text: "via web UI"}, true},
		"caught up no more":              {nil, nil, contract.SkippedStarts{CatchUp: 1}, nil, 1, cause{kind: causeCatchUp}, true},
		"overlapped":                     {nil, nil, contract.SkippedStarts{Overlap: 1}, nil, 1, cause{kind: causeOverlap}, true},
		"either, and none was running":   {nil, nil, contract.SkippedStarts{CatchUp: 1, Overlap: 1}, nil, 1, cause{kind: causeCatchUp}, true},
		"unknown":                        {nil, func(s *contract.ScheduleView) { s.Note = "a note" }, contract.SkippedStarts{}, nil, 1, cause{kind: causeUnknown, text: "a note"}, true},
	} {
		p := planned()
		if tc.planned != nil {
			tc.planned(&p)
		}
		seen := observed()
		seen.Rules = tc.rules
		if tc.schedule != nil {
			tc.schedule(&seen.Schedule)
		}
		d := &decider{state: knownBefore(), seen: seen}
		d.state.Causes = tc.skipped
		got, missed := d.findCause(p, contract.StartView{At: due, Session: tc.session})
		if got != tc.want || missed != tc.missed {
			t.Errorf("%s: %+v, missed %v", name, got, missed)
		}
		left := tc.skipped
		switch got.kind {
		case causeOverlap:
			left.Overlap = max(0, left.Overlap-1)
		case causeCatchUp:
			left.CatchUp--
		}
		if d.state.Causes != left {
			t.Errorf("%s: there are %+v left", name, d.state.Causes)
		}
	}
	d := &decider{state: knownBefore(), seen: observed(ran)}
	d.state.Causes = contract.SkippedStarts{CatchUp: 1, Overlap: 1}
	if got := d.findSkipped(due); got != (cause{kind: causeOverlap, text: "session/before"}) || d.state.Causes != (contract.SkippedStarts{CatchUp: 1}) {
		t.Errorf("while another ran: %+v", got)
	}
}

func TestASessionRanFromItsBeginningToItsEnd(t *testing.T) {
	v := contract.SessionView{Began: noon, Closed: noon.Add(time.Hour)}
	for after, want := range map[time.Duration]bool{-1: false, 0: true, time.Hour - 1: true, time.Hour: false} {
		if ranAt(v, noon.Add(after)) != want {
			t.Errorf("after %s: %v", after, !want)
		}
	}
	if !ranAt(contract.SessionView{Began: noon}, noon.Add(1000*time.Hour)) {
		t.Error("one that has not ended does not run")
	}
}

func TestAStartIsDecidedOnceItsGraceIsOverAndTheScheduleHasProcessedIt(t *testing.T) {
	over := due.Add(15 * time.Minute)
	for name, tc := range map[string]struct {
		at      time.Time
		next    bool // the schedule still has it among the next
		paused  bool
		skipped contract.SkippedStarts
		session *contract.SessionView
		want    bool
	}{
		"before":                      {over.Add(-1), false, false, contract.SkippedStarts{}, nil, false},
		"over":                        {over, false, false, contract.SkippedStarts{}, nil, true},
		"not processed":               {over.Add(scheduleLag), true, false, contract.SkippedStarts{}, nil, false},
		"not processed for long":      {over.Add(scheduleLag + 1), true, false, contract.SkippedStarts{}, nil, true},
		"started":                     {over, true, false, contract.SkippedStarts{}, startedLate(0, 0), true},
		"paused":                      {over, true, true, contract.SkippedStarts{}, nil, true},
		"a start is known to be lost": {over, true, false, contract.SkippedStarts{CatchUp: 1}, nil, true},
	} {
		d := &decider{state: knownBefore(), seen: observed()}
		d.seen.At, d.seen.Schedule.Paused, d.state.Causes = tc.at, tc.paused, tc.skipped
		if tc.next {
			d.seen.Schedule.Next = []time.Time{due, due.Add(24 * time.Hour)}
		} else {
			d.seen.Schedule.Next = []time.Time{due.Add(24 * time.Hour)}
		}
		if got := d.isRipe(contract.StartView{At: due, Session: tc.session}); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheScheduleIsRecordedWhenAStartComesDue(t *testing.T) {
	pause := contract.PauseNote{By: "ann@desk", From: due.Add(-time.Minute)}.String()
	for name, tc := range map[string]struct {
		schedule contract.ScheduleView
		valid    bool
		want     contract.PlannedStart
	}{
		"there":             {contract.ScheduleView{Exists: true, Created: due}, true, contract.PlannedStart{Existed: true}},
		"created since":     {contract.ScheduleView{Exists: true, Created: due.Add(1)}, true, contract.PlannedStart{}},
		"gone":              {contract.ScheduleView{}, false, contract.PlannedStart{}},
		"edited before":     {contract.ScheduleView{Exists: true, Updated: due}, false, contract.PlannedStart{Existed: true, Edited: true}},
		"edited since":      {contract.ScheduleView{Exists: true, Updated: due.Add(1)}, false, contract.PlannedStart{Existed: true}},
		"edited, and valid": {contract.ScheduleView{Exists: true, Updated: due}, true, contract.PlannedStart{Existed: true}},
		"never edited":      {contract.ScheduleView{Exists: true}, false, contract.PlannedStart{Existed: true}},
		"paused":            {contract.ScheduleView{Exists: true, Paused: true, Note: "x"}, true, contract.PlannedStart{Existed: true, Paused: "x"}},
		"paused, no note":   {contract.ScheduleView{Exists: true, Paused: true}, true, contract.PlannedStart{Existed: true, Paused: noReason}},
		"a note alone":      {contract.ScheduleView{Exists: true, Note: "x"}, true, contract.PlannedStart{Existed: true}},
		"on purpose":        {contract.ScheduleView{Exists: true, Paused: true, Note: pause}, true, contract.PlannedStart{Existed: true, OnPurpose: true, Paused: pause}},
	} {
		d := &decider{seen: contract.Observation{Schedule: tc.schedule}}
		p := contract.PlannedStart{At: due}
		d.recordSchedule(&p, contract.StartView{At: due, Valid: tc.valid})
		tc.want.At, tc.want.Looked = due, true
		if p != tc.want {
			t.Errorf("%s: %+v", name, p)
		}
		d.seen.Schedule = contract.ScheduleView{Exists: true, Paused: true, Note: "later"}
		if before := p; true {
			d.recordSchedule(&p, contract.StartView{At: due})
			if p != before {
				t.Errorf("%s is recorded again: %+v", name, p)
			}
		}
	}
}

func TestStartsThatTheScheduleSkippedAreCountedFromItsCounters(t *testing.T) {
	created := noon.Add(-48 * time.Hour)
	now := contract.ScheduleView{Exists: true, Created: created, CatchUp: 5, Overlap: 7}
	for name, tc := range map[string]struct {
		before    contract.ScheduleView
		first     bool
		since     time.Time
		inherited bool
		want      contract.SkippedStarts
	}{
		"since the last look":                 {contract.ScheduleView{Exists: true, Created: created, CatchUp: 4, Overlap: 4}, false, created, false, contract.SkippedStarts{CatchUp: 1, Overlap: 3}},
		"nothing new":                         {now, false, created, false, contract.SkippedStarts{}},
		"reset":                               {contract.ScheduleView{Exists: true, Created: created, CatchUp: 9, Overlap: 9}, false, created, false, contract.SkippedStarts{}},
		"of another schedule":                 {contract.ScheduleView{Exists: true, Created: created.Add(-1), CatchUp: 4, Overlap: 4}, false, created, false, contract.SkippedStarts{CatchUp: 5, Overlap: 7}},
		"there was none":                      {contract.ScheduleView{Created: created, CatchUp: 4}, false, created, false, contract.SkippedStarts{CatchUp: 5, Overlap: 7}},
		"first look, both new":                {contract.ScheduleView{}, true, created.Add(newborn), false, contract.SkippedStarts{CatchUp: 5, Overlap: 7}},
		"first look, the schedule was there":  {contract.ScheduleView{}, true, created.Add(newborn + 1), false, contract.SkippedStarts{}},
		"first look, as all once did":         {contract.ScheduleView{}, true, created, true, contract.SkippedStarts{}},
		"later look of a watch that once did": {contract.ScheduleView{Exists: true, Created: created}, false, created, true, contract.SkippedStarts{CatchUp: 5, Overlap: 7}},
	} {
		d := &decider{state: knownBefore(), seen: contract.Observation{Schedule: now, Inherited: tc.inherited}}
		d.state.Schedule, d.state.Since = tc.before, tc.since
		if tc.first {
			d.state.Looked = tc.since
		}
		d.countSkipped()
		if d.state.Causes != tc.want {
			t.Errorf("%s: %+v", name, d.state.Causes)
		}
	}
}

func TestAMissedStartIsReportedWithItsSession(t *testing.T) {
	known := knownBefore()
	known.Starts = []contract.PlannedStart{planned(), {At: noon.Add(time.Hour), ScheduleCreated: planned().ScheduleCreated}}
	seen := observed()
	seen.Schedule.Next = []time.Time{noon.Add(2 * time.Hour), noon}
	waiting := startedLate(0, -1)
	seen.Starts = []contract.StartView{{At: due, Valid: true, Session: waiting}}
	d := Decide(known, seen)
	if got := headlines(d); !slices.Equal(got, []string{"missed: No worker picked up the session scheduled for 2026-11-24 11:00 UTC"}) {
		t.Fatalf("%q", got)
	}
	n := d.Notices[0]
	if n.Key != "hr/missed/2026-11-24T11:00:00Z" || n.Session != sessionID || n.Run != runID || !n.Since.Equal(due) {
		t.Errorf("%+v", n)
	}
	if s := d.State.Sessions; len(s) != 1 || !s[0].Late || !s[0].Began.Equal(due) {
		t.Errorf("it knows %+v", s)
	}
	if d.State.Trouble != (contract.Trouble{Missed: 1, Since: due}) {
		t.Errorf("%+v", d.State.Trouble)
	}
	if s := d.State.Starts; len(s) != 1 || !s[0].At.Equal(noon.Add(2*time.Hour)) || !s[0].ScheduleCreated.Equal(seen.Schedule.Created) {
		t.Errorf("it plans %+v", s)
	}
	if again := Decide(d.State, seen); len(again.Notices) > 0 {
		t.Errorf("the same again: %q", headlines(again))
	}
	seen.Starts[0].Session = startView(*startedLate(0, 0)).ending(contract.EndCompleted, saas.OutcomeSkipped)
	if d := Decide(known, seen); len(d.Notices) != 1 || d.Notices[0].Run != runID || len(d.State.Sessions) > 0 {
		t.Errorf("a session that has ended: %q, it knows %+v", headlines(d), d.State.Sessions)
	}
	seen.Starts[0].Session = startedLate(0, 0)
	if d := Decide(known, seen); len(d.Notices) > 0 || d.State.Trouble.HasAny() {
		t.Errorf("in time: %q", headlines(d))
	}
}

func TestStartsThatWereNotAnnouncedAreDecidedToo(t *testing.T) {
	for name, tc := range map[string]struct {
		at     time.Time
		looked time.Time
		since  time.Time
		exists bool
		want   int
	}{
		"came due since the last look":    {due, due.Add(-1), noon.Add(-48 * time.Hour), true, 1},
		"came due at the last look":       {due, due, noon.Add(-48 * time.Hour), true, 0},
		"before the watch began":          {due, due.Add(-1), due, true, 0},
		"without a schedule":              {due, due.Add(-1), noon.Add(-48 * time.Hour), false, 0},
		"before the schedule was made":    {noon.Add(-48*time.Hour - 1), noon.Add(-50 * time.Hour), noon.Add(-50 * time.Hour), true, 0},
		"when the schedule was made":      {noon.Add(-48 * time.Hour), noon.Add(-50 * time.Hour), noon.Add(-50 * time.Hour), true, 1},
		"in its grace period, so not yet": {noon.Add(-time.Minute), due, noon.Add(-48 * time.Hour), true, 0},
	} {
		known := knownBefore()
		known.Looked, known.Since = tc.looked, tc.since
		seen := observed()
		seen.Schedule.Exists = tc.exists
		seen.Starts = []contract.StartView{{At: tc.at, Valid: true}}
		if d := Decide(known, seen); len(d.Notices) != tc.want {
			t.Errorf("%s: %q", name, headlines(d))
		} else if tc.want == 0 && name == "in its grace period, so not yet" && (len(d.State.Starts) != 1 || !d.State.Starts[0].ScheduleCreated.Equal(seen.Schedule.Created)) {
			t.Errorf("%s: it plans %+v", name, d.State.Starts)
		}
	}
}

func TestAStartThatWasAnnouncedIsPlannedOnce(t *testing.T) {
	known := knownBefore()
	known.Looked = due.Add(-1)
	known.Starts = []contract.PlannedStart{{At: due, ScheduleCreated: known.Schedule.Created}}
	seen := observed()
	seen.At = due.Add(time.Minute)
	seen.Starts = []contract.StartView{{At: due, Valid: true}}
	if d := Decide(known, seen); len(d.State.Starts) != 1 || !d.State.Starts[0].Looked {
		t.Errorf("it plans %+v", d.State.Starts)
	}
}

func TestOfADeletedScheduleTheFirstStartAloneIsReported(t *testing.T) {
	known := knownBefore()
	other := contract.PlannedStart{At: noon.Add(time.Minute), ScheduleCreated: noon.Add(-time.Hour)}
	mine := contract.PlannedStart{At: due, ScheduleCreated: known.Schedule.Created}
	next, atNow := mine, mine
	next.At, atNow.At = noon.Add(time.Nanosecond), noon
	known.Starts = []contract.PlannedStart{mine, atNow, next, other}
	seen := observed()
	seen.Schedule = contract.ScheduleView{}
	seen.Starts = []contract.StartView{{At: due}}
	d := Decide(known, seen)
	if len(d.Notices) != 1 || !strings.Contains(d.Notices[0].Cause, "deleted") || !slices.Equal(d.State.Starts, []contract.PlannedStart{atNow, other}) {
		t.Errorf("%q, it plans %+v", headlines(d), d.State.Starts)
	}
}

func TestSkippedStartsThatNobodyWaitsForAreForgotten(t *testing.T) {
	known := knownBefore()
	known.Causes = contract.SkippedStarts{CatchUp: 1, Overlap: 2}
	if d := Decide(known, observed()); d.State.Causes != (contract.SkippedStarts{}) {
		t.Errorf("%+v", d.State.Causes)
	}
	known.Starts = []contract.PlannedStart{{At: noon}}
	if d := Decide(known, observed()); d.State.Causes != known.Causes {
		t.Errorf("while a start is due: %+v", d.State.Causes)
	}
}

// Nobody may look between the making of a schedule and its first starts.
func TestTheFirstLookKnowsWhyAStartOfANewScheduleWasSkipped(t *testing.T) {
	since := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	due := since.Add(time.Hour)
	for name, test := range map[string]struct {
		older            time.Duration // of the schedule than the watch
		catchUp, overlap int
		want             string
	}{
		"given up, new":  {time.Second, 1, 0, "INTEGRATION_CATCH_UP"},
		"overlap, new":   {0, 0, 1, "still running"},
		"counted before": {24 * time.Hour, 1, 1, "the reason is unknown"},
	} {
		s := contract.Watched{Since: since, Looked: since, Settings: settings}
		d := Decide(s, contract.Observation{
			At:       due.Add(time.Hour),
			Schedule: contract.ScheduleView{Exists: true, Created: since.Add(-test.older), CatchUp: test.catchUp, Overlap: test.overlap, Next: []time.Time{due.Add(24 * time.Hour)}},
			Starts:   []contract.StartView{{At: due, Valid: true}},
		})
		if len(d.Notices) != 1 || !strings.Contains(d.Notices[0].Cause, test.want) {
			t.Errorf("%s: %+v", name, d.Notices)
		}
	}
}
