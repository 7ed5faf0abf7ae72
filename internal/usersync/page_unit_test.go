package usersync

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

func TestAPageThatIsRefusedTellsEachOfItsRows(t *testing.T) {
	users := []saas.Usage{{User: "ann@contoso.com"}, {User: "bob@contoso.com"}, {User: "cy@contoso.com"}}
	l := &list{ref: contract.AppRef{App: "17", Users: 103}, reader: newReader(103)}
	ask, _ := l.reader.NextAsk()
	r := &run{in: contract.SyncUsageParams{Stream: contract.Stream{ID: "s"}}}
	p := &page{list: l, ask: ask, rows: listing.UserPage{Users: users, Rows: 100, Next: 100, Total: 103, Fingerprint: "f"}}
	turn, err := l.reader.TakePage(ask, &p.rows)
	if err != nil {
		t.Fatal(err)
	}
	p.turn = turn
	if err := r.rejectPage(p, errors.New("no kites here")); err != nil {
		t.Fatal(err)
	}
	if m, _ := l.reader.CopyMark(); r.cp.Counts.Users.Rejected != 3 || r.cp.Counts.Users.Seen != 3 || r.cp.Rejects.Total() != 3 || !l.retry || m.Written != 100 {
		t.Errorf("counts %+v, %d rejects, retry %v, written to %d", r.cp.Counts.Users, r.cp.Rejects.Total(), l.retry, m.Written)
	}
	for i, row := range r.cp.Rejects.Samples {
		want := saas.Reject{Reason: "assignment refused by Oomnitza", Stream: "s", App: "17", Subject: users[i].User, Detail: "no kites here"}
		if row != want {
			t.Errorf("row %d: %+v", i, row)
		}
	}
}

func TestAnAppThatHadNewsAgainstWhatItsRowSaysIsNoted(t *testing.T) {
	for name, tc := range map[string]struct {
		same  bool
		users saas.UserCounts
		want  bool
	}{
		"somebody new":            {true, saas.UserCounts{Seen: 1, Added: 1}, true},
		"a later activity":        {true, saas.UserCounts{Seen: 1, Updated: 1}, true},
		"one of each":             {true, saas.UserCounts{Seen: 2, Added: 1, Updated: 1}, true},
		"nothing new":             {true, saas.UserCounts{Seen: 1, Unchanged: 1}, false},
		"somebody who is refused": {true, saas.UserCounts{Seen: 1, Rejected: 1}, false},
		"news that were expected": {false, saas.UserCounts{Seen: 1, Added: 1}, false},
	} {
		r := &run{}
		for range 2 { // another page of the same app
			r.noteMissed(contract.AppRef{App: "17", Same: tc.same}, tc.users)
		}
		if got := slices.Equal(r.cp.Missed, []string{"17"}); got != tc.want || !got && len(r.cp.Missed) > 0 {
			t.Errorf("%s: noted are %v", name, r.cp.Missed)
		}
	}
}

func TestNamesFromAnotherColumnAreToldWhereTheyMayMakeTwoPeopleOfOne(t *testing.T) {
	for format, told := range map[string]bool{"": false, saas.FormatEmail: false, saas.FormatLocalPart: true} {
		for moved, other := range map[string]bool{"": false, "userPrincipalName": true} {
			r := &run{notes: notebook.New(nil), in: contract.SyncUsageParams{Policy: saas.Policy{UsernameFormat: format}}}
			r.noteNames(listing.UserPage{Moved: moved, Dialect: contract.Dialect{NameKey: "name"}})
			want := told && other
			if notes := r.notes.List(); (len(notes) > 0) != want || want && !strings.Contains(notes[0], `"name", others under "userPrincipalName"`) {
				t.Errorf("format %q, moved to %q: notes %q", format, moved, notes)
			}
		}
	}
}

func TestARefusedVisitIsNotCountedAsDone(t *testing.T) {
	all := saas.UserCounts{Seen: 6, Added: 2, Updated: 2, Repeated: 2}
	for as, want := range map[counted]saas.UserCounts{
		asAdded:    {Seen: 6, Added: 1, Updated: 2, Repeated: 2},
		asUpdated:  {Seen: 6, Added: 2, Updated: 1, Repeated: 2},
		asRepeated: {Seen: 6, Added: 2, Updated: 2, Repeated: 1},
	} {
		w := &writer{out: outcome{users: all}}
		if w.uncountVisit(visit{counted: as}); w.out.users != want {
			t.Errorf("counted as %d: it leaves %+v", as, w.out.users)
		}
	}
}

func TestNoMoreIsWrittenThanWritersAreFree(t *testing.T) {
	for name, tc := range map[string]struct {
		writing, doubting, totalling int
		want                         int // pages that are begun to be written
	}{
		"all are free":                  {want: 4},
		"one writes":                    {writing: 1, want: 3},
		"one of each kind is at work":   {writing: 1, doubting: 1, totalling: 1, want: 1},
		"all write numbers":             {totalling: 4},
		"all see to whether it is well": {doubting: 4},
	} {
		t.Run(name, func(t *testing.T) {
			w := writerTo(t, &scripted{})
			w.Engine = New(resting{}, nil, Options{Writers: 4})
			w.inFlight[writing], w.inFlight[doubtingTarget], w.inFlight[totalling] = tc.writing, tc.doubting, tc.totalling
			for range 2 * 4 {
				w.toWrite = append(w.toWrite, &page{list: w.page.list})
			}
			if err := w.startPages(); err != nil {
				t.Fatal(err)
			}
			if got := w.inFlight[writing] - tc.writing; got != tc.want || len(w.toWrite) != 2*4-got {
				t.Errorf("%d pages are written, not %d", got, tc.want)
			}
			w.workers.Wait()
		})
	}
}

func TestWhatBecomesOfAPageThatCannotBeWritten(t *testing.T) {
	for name, tc := range map[string]struct {
		kind   httpx.Kind
		fails  int  // before this one
		spared bool // it was tried once more already
		others bool // were written since it failed first
		stage  stage
		given  int // rows that are given up
	}{
		"no answer": {kind: httpx.KindServer, stage: pausing},
		"no answer, once before it is looked why":        {kind: httpx.KindServer, fails: patience - 2, stage: pausing},
		"no answer for the last time":                    {kind: httpx.KindServer, fails: patience - 1, stage: doubtingTarget},
		"no answer, while others are written":            {kind: httpx.KindServer, fails: patience - 1, others: true, stage: pausing},
		"no answer, while others are written, once more": {kind: httpx.KindServer, fails: patience, others: true, spared: true, stage: stages, given: 3},
		"a refusal":                   {kind: httpx.KindRefused, stage: pausing},
		"a refusal for the last time": {kind: httpx.KindRefused, fails: patience - 1, others: true, stage: doubtingTarget},
		"a denial":                    {kind: httpx.KindUnauthorized, stage: doubtingTarget},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r := failingPage(t, &scripted{}, tc.fails, tc.spared)
				if tc.others {
					r.lastWrite = p.firstFail.Add(time.Second)
				}
				if err := r.writeFailed(p, &httpx.Error{Kind: tc.kind}); err != nil {
					t.Fatal(err)
				}
				r.checkFate(t, tc.stage, tc.given)
			})
		})
	}
}

func TestWhatBecomesOfAPageOnceItIsKnownWhetherTheTargetIsWell(t *testing.T) {
	out := &httpx.Error{Kind: httpx.KindServer, Message: "out of order"}
	denied := &httpx.Error{Kind: httpx.KindUnauthorized}
	for name, tc := range map[string]struct {
		cause  httpx.Kind // why the page fails
		fails  int
		spared bool
		target error
		stage  stage
		given  int  // rows that are given up
		ended  bool // the list is
		left   int  // failures that still count
		err    error
	}{
		"well, after few failures":           {cause: httpx.KindUnauthorized, fails: patience - 1, stage: pausing, left: patience - 1},
		"well, and an outage may have ended": {cause: httpx.KindServer, fails: patience, stage: pausing, left: patience},
		"well, and it was tried once more":   {cause: httpx.KindServer, fails: patience, spared: true, stage: stages, given: 3, left: patience},
		"well, and the record is gone":       {cause: httpx.KindNotFound, fails: patience, stage: stages, ended: true, left: patience},
		"well, and the list is refused":      {cause: httpx.KindRefused, fails: patience, stage: stages, ended: true, left: patience},
		"out of order":                       {cause: httpx.KindServer, fails: patience, spared: true, target: out, stage: pausing, left: patience - 1},
		"closed to us":                       {cause: httpx.KindUnauthorized, fails: 1, target: denied, stage: stages, left: 1, err: denied},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, r := failingPage(t, &scripted{}, tc.fails, tc.spared)
				err := r.takeBlame(targetBlamed{p, &httpx.Error{Kind: tc.cause}, tc.target})
				if err != tc.err || p.fails != tc.left || p.list.isEnded() != tc.ended {
					t.Errorf("%d failures count, the list has ended: %v, error %v", p.fails, p.list.isEnded(), err)
				}
				r.checkFate(t, tc.stage, tc.given)
			})
		})
	}
}

// failingPage is a page with three rows, of a list with more, that could not be
// written some times.
func failingPage(t *testing.T, to Target, fails int, spared bool) (*page, *run) {
	t.Helper()
	r := writerTo(t, to).run
	ctx, cancel := context.WithCancel(t.Context())
	r.ctx = ctx
	t.Cleanup(func() { cancel(); r.workers.Wait() })
	l := &list{ref: contract.AppRef{App: "17", SaaS: "7", Users: 103}, reader: newReader(103), ledger: newLedger(true, nil)}
	ask, _ := l.reader.NextAsk()
	p := &page{list: l, ask: ask, isRead: true, rows: listing.UserPage{Users: make([]saas.Usage, 3), Rows: 100, Next: 100, Total: 103, Fingerprint: "f"}}
	var err error
	if p.turn, err = l.reader.TakePage(ask, &p.rows); err != nil {
		t.Fatal(err)
	}
	p.fails, p.spared, p.firstFail = fails, spared, time.Now()
	r.left = 1
	return p, r
}

// checkFate asserts what is under way, and how many rows are given up.
func (r *run) checkFate(t *testing.T, s stage, given int) {
	t.Helper()
	var want [stages]int
	if s < stages {
		want[s] = 1
	}
	if r.inFlight != want || r.cp.Counts.Users.Rejected != given {
		t.Errorf("under way are %v, given up %d rows", r.inFlight, r.cp.Counts.Users.Rejected)
	}
}

func TestATraceShowsOfWhatKindAFailureIs(t *testing.T) {
	for want, err := range map[string]error{"": nil, string(httpx.KindRefused): &httpx.Error{Kind: httpx.KindRefused}, "Failed": errors.New("out of order")} {
		if got := kindOf(err); got != want {
			t.Errorf("%v: %q", err, got)
		}
	}
}

func TestRowsOfNoUseAreSeenAndRejected(t *testing.T) {
	w := writerTo(t, &scripted{})
	w.page.rows = listing.UserPage{Users: make([]saas.Usage, 3), Bad: make([]listing.BadRow, 2)}
	if w.noteBadRows(); w.out.users.Seen != 5 || w.out.users.Rejected != 2 || w.out.rejects.Total() != 2 {
		t.Errorf("%+v, %d rejects", w.out.users, w.out.rejects.Total())
	}
}

func TestRowsThatNobodyKnowsAreAFewListsOwnFault(t *testing.T) {
	asked := contract.Dialect{Prefix: "api", UsersEndpoint: "users", NameKey: "name"}
	r := &run{}
	r.cp.Dialect = asked
	if !asked.KnowsUsers() {
		t.Fatal("this dialect knows no users")
	}
	for i := 1; i <= maxStrange; i++ {
		l := &list{reader: newReader(3)}
		for range 2 { // the same list again counts once
			if got := r.isShapeKnown(l); got != (i < maxStrange) {
				t.Errorf("list %d in a row: it is its own fault: %v", i, got)
			}
		}
	}
	if r = (&run{}); r.isShapeKnown(&list{reader: newReader(3)}) {
		t.Error("before any users could be read it is a list's own fault")
	}
}

func TestTheFirstFailureThatCountsIsTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p tries
		r := &run{}
		began := time.Now()
		for i, want := range []time.Duration{0, time.Second, time.Second, time.Second} {
			r.noteFailure(&p, errors.New("out of order"))
			if got := p.firstFail.Sub(began); got != want || p.fails != i+1 || r.cp.Failure != "out of order" {
				t.Errorf("after %d failures the first that counts was after %s, of %d; told is %q", i+1, got, p.fails, r.cp.Failure)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestVisitsAreJudgedOneByOneUntilItIsKnownWhatIsKept(t *testing.T) {
	for name, tc := range map[string]struct {
		keeping contract.Keeping
		learnt  contract.Keeping // while another page judges; "": nobody does
		shut    bool
		batch   int
		held    bool // nobody else judges meanwhile
	}{
		"known":                          {keeping: contract.KeepingIgnored, batch: 3},
		"not known":                      {batch: 1, held: true},
		"not known of a record shut":     {shut: true, batch: 3},
		"found out by another meanwhile": {learnt: contract.KeepingKept, batch: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := writerTo(t, &scripted{})
				w.keeping = newKeeper(tc.keeping)
				if tc.shut {
					w.ledger.shutRecord("not here")
				}
				if tc.learnt != "" {
					w.keeping.judging.Lock()
					go func() {
						time.Sleep(time.Second)
						w.keeping.learnKeeping(tc.learnt)
						w.keeping.judging.Unlock()
					}()
				}
				batch, rest, judged := w.pickJudgeable(someVisits(3))
				if len(batch) != tc.batch || len(batch)+len(rest) != 3 {
					t.Errorf("%d visits are judged, and %d later", len(batch), len(rest))
				}
				free := make(chan struct{})
				go func() { w.keeping.judging.Lock(); close(free); w.keeping.judging.Unlock() }()
				synctest.Wait()
				select {
				case <-free:
					if tc.held {
						t.Error("another page may judge meanwhile")
					}
				default:
					if !tc.held {
						t.Error("no other page may judge")
					}
				}
				judged()
				<-free
			})
		})
	}
}

func TestNoMoreIsReadThanMayBeReadAndWritten(t *testing.T) {
	for name, tc := range map[string]struct {
		reading, doubting, unwritten int
		stopping                     bool
		want                         int // pages that are asked for
	}{
		"nothing is under way":          {want: 4},
		"some are being read":           {reading: 2, doubting: 1, want: 1},
		"as many as may be":             {reading: 2, doubting: 2},
		"nearly all wait to be written": {unwritten: maxUnwritten - 1, want: 4},
		"all wait to be written":        {unwritten: maxUnwritten},
		"the worker is to stop":         {stopping: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := writerTo(t, &scripted{})
			w.Engine = New(resting{}, nil, Options{Fetchers: 4, Writers: 2})
			w.inFlight[reading], w.inFlight[doubtingSource], w.inFlight[writing] = tc.reading, tc.doubting, 2
			w.toWrite, w.stopping = make([]*page, tc.unwritten), tc.stopping
			for range 2 * 4 {
				w.toRead = append(w.toRead, &page{list: w.page.list})
			}
			if err := w.startPages(); err != nil {
				t.Fatal(err)
			}
			if got := w.inFlight[reading] - tc.reading; got != tc.want || len(w.toWrite) != tc.unwritten {
				t.Errorf("%d pages are asked for, not %d", got, tc.want)
			}
			w.workers.Wait()
		})
	}
}
