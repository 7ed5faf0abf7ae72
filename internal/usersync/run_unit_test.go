package usersync

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

func TestARunIsDrainedAndIdleByWhatIsUnderWay(t *testing.T) {
	for name, tc := range map[string]struct {
		stage           stage // one piece of work of it; stages: none
		toRead, toWrite int
		drained, idle   bool
	}{
		"nothing":                 {stages, 0, 0, true, true},
		"a page is read":          {reading, 0, 0, false, false},
		"the source is checked":   {doubtingSource, 0, 0, false, false},
		"a page is written":       {writing, 0, 0, false, false},
		"the target is checked":   {doubtingTarget, 0, 0, false, false},
		"a number is written":     {totalling, 0, 0, false, false},
		"a page waits":            {pausing, 0, 0, true, false},
		"a page is to be read":    {stages, 1, 0, true, false},
		"a page is to be written": {stages, 0, 1, false, false},
	} {
		r := &run{toRead: make([]*page, tc.toRead), toWrite: make([]*page, tc.toWrite)}
		if tc.stage < stages {
			r.inFlight[tc.stage] = 1
		}
		if r.isDrained() != tc.drained || r.isIdle() != tc.idle {
			t.Errorf("%s: drained %v, idle %v", name, r.isDrained(), r.isIdle())
		}
	}
	// One of each never makes up for another.
	for s := range stages {
		for other := range stages {
			r := &run{}
			r.inFlight[s]++
			r.inFlight[other]++
			if r.isIdle() {
				t.Errorf("%s and %s: it is idle", s, other)
			}
			r.inFlight[other], r.toRead = 0, make([]*page, 1)
			if r.isIdle() {
				t.Errorf("%s and a page to be read: it is idle", s)
			}
		}
	}
}

// lookingRun is a run whose last checkpoint was saved some time ago; saved counts those
// that follow.
func lookingRun(ago, every time.Duration, kept bool) (r *run, saved *int) {
	saved = new(int)
	r = &run{
		Engine: New(resting{}, &scripted{}, Options{}), target: &scripted{}, keeping: newKeeper(), batch: newBatchSize(), notes: notebook.New(nil),
		attempt: Attempt{SaveEvery: every, Save: func(contract.Checkpoint) bool { *saved++; return kept }}, saved: time.Now().Add(-ago),
	}
	return r, saved
}

func TestCheckpointsAreSavedSoonWithNewsAndNowAndThenWithout(t *testing.T) {
	const every = 5 * time.Second
	for name, tc := range map[string]struct {
		dirty, kept bool
		ago         time.Duration // the last one was saved
		saves       int
		left        bool // news are left to be saved
	}{
		"news, too soon":                   {dirty: true, kept: true, ago: saveEvery - 1, left: true},
		"news, in time":                    {dirty: true, kept: true, ago: saveEvery, saves: 1},
		"news that may not have been kept": {dirty: true, ago: saveEvery, saves: 1, left: true},
		"nothing new, soon":                {kept: true, ago: every - 1},
		"nothing new, for long":            {kept: true, ago: every, saves: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, saved := lookingRun(tc.ago, every, tc.kept)
				r.dirty = tc.dirty
				if err := r.lookAround(); err != nil || *saved != tc.saves || r.dirty != tc.left {
					t.Errorf("%d checkpoints, news left: %v, error %v", *saved, r.dirty, err)
				}
			})
		})
	}
}

func TestARunGivesUpThatWaitsWithoutAWriteForLongerThanItMay(t *testing.T) {
	const limit = time.Hour
	for name, tc := range map[string]struct {
		limit   time.Duration
		failure string
		idle    time.Duration // since the last write
		gives   bool
	}{
		"just as long as it may":          {limit, "HTTP 503", limit, false},
		"longer":                          {limit, "HTTP 503", limit + 1, true},
		"longer, but at work":             {limit, "", limit + 1, false},
		"without a limit":                 {0, "HTTP 503", 100 * limit, false},
		"without a limit, from the first": {0, "HTTP 503", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, _ := lookingRun(0, time.Minute, true)
				r.in.Policy.GiveUp, r.cp.Failure, r.cp.LastWritten = tc.limit, tc.failure, time.Now().Add(-tc.idle)
				var told contract.Waiting
				r.attempt.Tell = func(w contract.Waiting) { told = w }
				err := r.lookAround()
				if final := (*FinalError)(nil); errors.As(err, &final) != tc.gives || (err != nil) != tc.gives || told.For != tc.failure {
					t.Errorf("it ends with %v, and tells that it waits for %q", err, told.For)
				}
			})
		})
	}
}

func TestWhatBecomesOfAListWhoseNumberCannotBeWritten(t *testing.T) {
	denied := &httpx.Error{Kind: httpx.KindUnauthorized}
	wrong := &httpx.Error{Kind: httpx.KindConfig}
	for name, tc := range map[string]struct {
		err    error
		end    end
		stage  stage
		fails  int
		ending error // of the run
	}{
		"it is written":         {end: written, stage: stages},
		"no answer":             {err: &httpx.Error{Kind: httpx.KindServer}, stage: doubtingTarget, fails: 1},
		"it is singled out":     {err: &httpx.Error{Kind: httpx.KindServer, Err: httpx.ErrSingledOut}, end: rejected, stage: stages},
		"it is refused":         {err: &httpx.Error{Kind: httpx.KindRefused}, end: rejected, stage: stages},
		"the record is gone":    {err: &httpx.Error{Kind: httpx.KindNotFound}, end: rejected, stage: stages},
		"the token has expired": {err: denied, stage: stages, ending: denied},
		"a setting is wrong":    {err: wrong, stage: stages, ending: wrong},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r := failingPage(t, &scripted{}, 0, false)
				if got := r.takeTotal(totalSet{p.list, tc.err}); got != tc.ending || p.list.end != tc.end || p.list.total.fails != tc.fails {
					t.Errorf("the list ends as %d after %d failures, the run with %v", p.list.end, p.list.total.fails, got)
				}
				r.checkFate(t, tc.stage, 0)
			})
		})
	}
}

func TestWhatBecomesOfANumberOnceItIsKnownWhetherTheTargetIsWell(t *testing.T) {
	silence, denied := &httpx.Error{Kind: httpx.KindServer}, &httpx.Error{Kind: httpx.KindUnauthorized}
	for name, tc := range map[string]struct {
		target   error
		spared   bool // it was written once more already
		stopping bool
		end      end
		stage    stage
		again    bool // another time is to spare
		ending   error
	}{
		"well":                         {stage: pausing},
		"well, for the second time":    {spared: true, end: rejected, stage: stages},
		"out of order":                 {target: silence, stage: pausing, again: true},
		"out of order once more":       {target: silence, spared: true, stage: pausing, again: true},
		"closed to us":                 {target: denied, stage: stages, again: true, ending: denied},
		"well, while the worker stops": {stopping: true, stage: stages},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r := failingPage(t, &scripted{}, 0, false)
				r.stopping, p.list.total.spared = tc.stopping, tc.spared
				if got := r.takeTotalBlame(totalBlamed{p.list, silence, tc.target}); got != tc.ending || p.list.end != tc.end || p.list.total.spared == tc.again {
					t.Errorf("the list ends as %d, another time is to spare: %v, the run ends with %v", p.list.end, !p.list.total.spared, got)
				}
				r.checkFate(t, tc.stage, 0)
			})
		})
	}
}

func TestANumberIsToldOnlyFromWhatIsKnownWhole(t *testing.T) {
	for name, tc := range map[string]struct {
		keeping contract.Keeping
		mode    saas.Mode
		resumed bool
		told    bool
	}{
		"last activity is kept":                            {contract.KeepingKept, saas.ModeIncremental, true, true},
		"it is not, but the list was read whole":           {contract.KeepingIgnored, saas.ModeFull, false, true},
		"it is not, and another worker read a part":        {contract.KeepingIgnored, saas.ModeFull, true, false},
		"it is not, and only what is newer was read":       {contract.KeepingIgnored, saas.ModeIncremental, false, false},
		"it is not known, and only what is newer was read": {contract.KeepingUnknown, saas.ModeIncremental, false, false},
	} {
		r := &run{keeping: newKeeper(tc.keeping), in: contract.SyncUsageParams{Window: saas.Window{Mode: tc.mode}}, resumed: tc.resumed}
		if got := r.canTellTotal(); got != tc.told {
			t.Errorf("%s: %v", name, got)
		}
	}
}
