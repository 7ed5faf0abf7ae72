package usersync

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

func TestAnEmptyAnswerIsBelievedOnceTheLastAssignmentShows(t *testing.T) {
	sent := day(3).Add(500 * time.Millisecond)
	unreadable := &httpx.Error{Kind: httpx.KindServer, Message: "out of order"}
	for name, tc := range map[string]struct {
		shows     int       // read that shows it first
		person    string    // whom it shows
		last      time.Time // with what
		talkative bool
		unread    error
		want      error
		reads     int
	}{
		"it shows at once":                   {shows: 1, person: "b", last: day(3), reads: 1},
		"it shows late":                      {shows: briefTries + 1, person: "b", last: day(3), reads: briefTries + 1},
		"it shows too late":                  {shows: briefTries + 2, person: "b", last: day(3), want: httpx.ErrUnconfirmed, reads: briefTries + 1},
		"it shows without a last activity":   {shows: 1, person: "b", reads: 1},
		"it shows with a later one":          {shows: 1, person: "b", last: day(4), reads: 1},
		"it shows with an earlier one":       {shows: 1, person: "b", last: day(2), want: httpx.ErrUnconfirmed, reads: briefTries + 1},
		"somebody else of the batch shows":   {shows: 1, person: "a", last: day(3), want: httpx.ErrUnconfirmed, reads: briefTries + 1},
		"the list can't be read":             {shows: 1, unread: unreadable, want: unreadable, reads: 1},
		"the tenant's answers say something": {shows: 1, person: "b", last: day(3), talkative: true, want: httpx.ErrUnconfirmed},
	} {
		inBubble := func(t *testing.T) {
			to := &scripted{
				talkative: tc.talkative,
				assign: func([]saas.Assignment) ([]saas.RowError, error) {
					return nil, &httpx.Error{Kind: httpx.KindBadAnswer, Err: httpx.ErrUnconfirmed}
				},
				assigned: func(read int, visit func(saas.Assigned) error) (bool, error) {
					if tc.unread == nil && read >= tc.shows {
						return true, visit(saas.Assigned{UserID: tc.person, LastActivity: tc.last})
					}
					return true, tc.unread
				},
			}
			w := writerTo(t, to)
			visits := someVisits(2)
			visits[1].lastActivity = sent
			_, err := w.assignConfirmed(visits, w.keeping.getKeeping())
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) || to.reads != tc.reads || to.believed != (tc.want == nil) {
				t.Errorf("error %v after %d reads, silence believed: %v", err, to.reads, to.believed)
			}
		}
		t.Run(name, func(t *testing.T) { synctest.Test(t, inBubble) })
	}
}
