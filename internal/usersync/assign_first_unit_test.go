package usersync

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

func TestWhoIsSentAloneAndNotAnsweredIsSentOnceMore(t *testing.T) {
	silence := &httpx.Error{Kind: httpx.KindNetwork, Message: "no answer"}
	for name, tc := range map[string]struct {
		says   []error // of each request
		fails  int     // of the page, before
		outage error
		why    string
		fatal  bool
	}{
		"answered at once":              {says: []error{nil}},
		"answered the second time":      {says: []error{silence, nil}, fails: halveAfter},
		"never answered":                {says: []error{silence, silence}, fails: halveAfter, why: "no answer"},
		"not answered, at first":        {says: []error{silence}, fails: 0, fatal: true},
		"not answered, in an outage":    {says: []error{silence}, fails: halveAfter, outage: silence, fatal: true},
		"refused":                       {says: []error{&httpx.Error{Kind: httpx.KindRefused, Message: "not here"}}, why: "not here"},
		"refused while nobody is taken": {says: []error{&httpx.Error{Kind: httpx.KindRefused}}, outage: silence, fatal: true},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{outage: tc.outage}
			to.assign = func([]saas.Assignment) ([]saas.RowError, error) { return nil, tc.says[len(to.sent)-1] }
			w := writerTo(t, to)
			w.page.fails = tc.fails
			why, denied, err := w.sendOne(someVisits(1)[0], contract.KeepingUnknown)
			if why != tc.why || denied || (err != nil) != tc.fatal || len(to.sent) != len(tc.says) {
				t.Errorf("refused for %q (denied: %v), error %v, after %d requests", why, denied, err, len(to.sent))
			}
		})
	}
}

func TestWhatIsReadBackTellsWhetherTheLastActivityIsKept(t *testing.T) {
	unreadable := &httpx.Error{Kind: httpx.KindServer}
	for name, tc := range map[string]struct {
		before entry
		shows  int       // read that shows the person first; 0: none does
		last   time.Time // with what
		fails  error
		want   contract.Keeping
		reads  int
	}{
		"at once":                         {shows: 1, last: day(3), want: contract.KeepingKept, reads: 1},
		"the last time it is looked":      {shows: briefTries + 1, last: day(3), want: contract.KeepingKept, reads: briefTries + 1},
		"never":                           {want: contract.KeepingUnknown, reads: briefTries + 1},
		"without a last activity":         {shows: 1, want: contract.KeepingIgnored, reads: briefTries + 1},
		"with what was there before":      {before: entry{assigned: true, last: day(3).Unix()}, shows: 1, last: day(3), want: contract.KeepingUnknown, reads: briefTries + 1},
		"with something else than that":   {before: entry{assigned: true, last: day(2).Unix()}, shows: 1, last: day(3), want: contract.KeepingKept, reads: 1},
		"of a list that can't be read":    {fails: unreadable, want: contract.KeepingUnknown, reads: 1},
		"of a record not to be found yet": {fails: &httpx.Error{Kind: httpx.KindNotFound}, want: contract.KeepingUnknown, reads: briefTries + 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &scripted{assigned: func(read int, visit func(saas.Assigned) error) (bool, error) {
					if tc.shows > 0 && read >= tc.shows {
						return true, visit(saas.Assigned{UserID: "a", LastActivity: tc.last})
					}
					return true, tc.fails
				}}
				w := writerTo(t, to)
				w.ledger.people["a"] = tc.before
				got, err := w.readBack(someVisits(1)[0])
				if got != tc.want || to.reads != tc.reads || (err != nil) != (tc.fails == unreadable) {
					t.Errorf("%q, %v after %d reads", got, err, to.reads)
				}
			})
		})
	}
}

func TestSomebodyIsLookedForByThemselvesWhereTheListIsCutOff(t *testing.T) {
	fault := errors.New("out of order")
	for name, tc := range map[string]struct {
		shown    []string // by the list
		whole    bool
		fails    error
		standing saas.Standing
		seen     bool
		last     time.Time
		surveyed []string
	}{
		"in the list":                      {shown: []string{"a", "b"}, seen: true, last: day(2)},
		"not in a list that is whole":      {shown: []string{"b"}, whole: true},
		"not in a list that is cut off":    {shown: []string{"b"}, standing: saas.Standing{Exact: true, Assigned: true, Last: day(1)}, seen: true, last: day(1), surveyed: []string{"a"}},
		"not assigned, and not in a list":  {standing: saas.Standing{Exact: true}, surveyed: []string{"a"}},
		"perhaps assigned, and not listed": {standing: saas.Standing{Assigned: true, Bounded: true, Last: day(1)}, last: day(1), surveyed: []string{"a"}},
		"in a list that breaks off":        {shown: []string{"a"}, fails: fault, seen: true, last: day(2)},
		"not in a list that breaks off":    {shown: []string{"b"}, fails: fault},
		"of a record that is not found":    {fails: &httpx.Error{Kind: httpx.KindNotFound}},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{standings: map[string]saas.Standing{"a": tc.standing}, assigned: func(_ int, visit func(saas.Assigned) error) (bool, error) {
				for _, id := range tc.shown {
					if err := visit(saas.Assigned{UserID: id, LastActivity: day(2)}); err != nil {
						return false, err
					}
				}
				return tc.whole, tc.fails
			}}
			seen, last, err := writerTo(t, to).findAssigned("a")
			if seen != tc.seen || !last.Equal(tc.last) || !slices.Equal(to.surveyed, tc.surveyed) || (err == nil) == (tc.fails == fault && !tc.seen) {
				t.Errorf("seen: %v, at %s, error %v; asked for were %v", seen, last, err, to.surveyed)
			}
		})
	}
}
