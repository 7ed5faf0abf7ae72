package usersync

import (
	"context"
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// unreadPage is the second page of a list of three, which could not be read some
// times.
func unreadPage(t *testing.T, fails int) (*page, *run) {
	t.Helper()
	r := writerTo(t, &scripted{}).run
	r.Engine = New(resting{}, &scripted{}, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	r.ctx = ctx
	t.Cleanup(func() { cancel(); r.workers.Wait() })
	l := &list{ref: contract.AppRef{App: "17", SaaS: "7", Users: 203}, ledger: newLedger(true, nil)}
	l.reader = listing.NewReader(&r.habits, listing.NewLength(203), listing.Options{Ahead: 2})
	first, _ := l.reader.NextAsk()
	if _, err := l.reader.TakePage(first, &listing.UserPage{Users: make([]saas.Usage, PageRows), Rows: PageRows, Next: PageRows, Total: 203, Fingerprint: "f"}); err != nil {
		t.Fatal(err)
	}
	ask, ok := l.reader.NextAsk()
	if !ok || ask.Skip != PageRows {
		t.Fatalf("the second page is asked for at %d, %v", ask.Skip, ok)
	}
	p := &page{list: l, ask: ask}
	p.fails = fails
	return p, r
}

// checkRead asserts what is under way, and whether the page is given up.
func (p *page) checkRead(t *testing.T, r *run, s stage, lost bool) {
	t.Helper()
	r.checkFate(t, s, 0)
	if p.list.reader.HasLost() != lost {
		t.Errorf("the page is given up: %v", !lost)
	}
}

func TestWhatBecomesOfAPageThatCannotBeRead(t *testing.T) {
	wrong, stopping := &httpx.Error{Kind: httpx.KindConfig}, &httpx.Error{Kind: httpx.KindStopping}
	for name, tc := range map[string]struct {
		err     *httpx.Error
		fails   int // before this one
		deepest int // skip that the source is known to refuse; 0: none
		stage   stage
		lost    bool
		ending  error
		stops   bool
	}{
		"no answer":                             {err: &httpx.Error{Kind: httpx.KindNetwork}, stage: pausing},
		"no answer, for the last time":          {err: &httpx.Error{Kind: httpx.KindNetwork}, fails: patience - 1, stage: doubtingSource},
		"no answer, of a page that is too deep": {err: &httpx.Error{Kind: httpx.KindNetwork}, deepest: PageRows, stage: pausing},
		"a refusal":                             {err: &httpx.Error{Kind: httpx.KindRefused, Status: 400}, stage: pausing},
		"a second refusal":                      {err: &httpx.Error{Kind: httpx.KindRefused, Status: 400}, fails: 1, stage: doubtingSource},
		"a refusal of a page that is too deep":  {err: &httpx.Error{Kind: httpx.KindRefused, Status: 400}, deepest: PageRows, stage: stages, lost: true},
		"a refusal of one that is not so deep":  {err: &httpx.Error{Kind: httpx.KindRefused, Status: 400}, deepest: PageRows + 1, stage: pausing},
		"a setting is wrong":                    {err: wrong, stage: stages, ending: wrong},
		"the worker is to stop":                 {err: stopping, stage: stages, stops: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r := unreadPage(t, tc.fails)
				r.habits.MaxSkip = tc.deepest
				if err := r.readFailed(p, tc.err); err != tc.ending || r.stopping != tc.stops {
					t.Errorf("the run ends with %v, or stops: %v", err, r.stopping)
				}
				p.checkRead(t, r, tc.stage, tc.lost)
			})
		})
	}
}

func TestWhatBecomesOfAPageOnceItIsKnownWhetherTheSourceIsWell(t *testing.T) {
	out, denied := &httpx.Error{Kind: httpx.KindServer}, &httpx.Error{Kind: httpx.KindUnauthorized}
	for name, tc := range map[string]struct {
		cause  httpx.Kind // why the page can't be read
		fails  int
		source error
		stage  stage
		lost   bool
		left   int // failures that still count
		ending error
	}{
		"well, and an outage may have ended": {cause: httpx.KindServer, fails: patience, stage: pausing, left: patience},
		"well, and it was tried once more":   {cause: httpx.KindServer, fails: patience + 1, stage: stages, lost: true, left: patience + 1},
		"well, and the page is refused":      {cause: httpx.KindRefused, fails: 2, stage: stages, lost: true, left: 2},
		"out of order":                       {cause: httpx.KindServer, fails: patience, source: out, stage: pausing, left: patience - 1},
		"out of order after a refusal":       {cause: httpx.KindRefused, fails: 2, source: out, stage: pausing, left: 1},
		"closed to us":                       {cause: httpx.KindServer, fails: patience, source: denied, stage: stages, left: patience, ending: denied},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r := unreadPage(t, tc.fails)
				if err := r.takeCheck(sourceChecked{p, &httpx.Error{Kind: tc.cause}, tc.source}); err != tc.ending || p.fails != tc.left {
					t.Errorf("the run ends with %v, %d failures count", err, p.fails)
				}
				p.checkRead(t, r, tc.stage, tc.lost)
			})
		})
	}
}
