package usersync

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
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
