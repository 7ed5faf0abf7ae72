package applist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

func TestAPageOfAppsThatCannotBeReadCostsThatPageAlone(t *testing.T) {
	for _, bad := range []string{"400", "403", "404", "302", "shape"} {
		for _, skip := range []int{0, 100, 200} {
			inBubble(t, fmt.Sprintf("%s at %d", bad, skip), func(t *testing.T) {
				r := newRig(t, many(simulator.ListSwitches{BadPage: bad, BadSkip: skip, BadOf: "apps"}))
				apps, rejects, nameless, _ := found(r.list(wholeWindow))
				if !nameless || rejects.Total() < 1 || rejects.ByReason[0].Reason != RejectPage || rejects.Samples[0].Detail == "" {
					t.Errorf("nameless %v, rejects %+v", nameless, rejects)
				}
				there := len(r.rows())
				if lost := min(100, there-skip); len(apps) != there-lost {
					t.Errorf("%d apps of %d were read", len(apps), there)
				}
			})
		}
	}
}

func TestAPageThatMayBeReadLaterIsNotGivenUp(t *testing.T) {
	for name, tc := range map[string]struct {
		faults simulator.PeerFaults
		kind   httpx.Kind
	}{
		"5xx":           {simulator.PeerFaults{ServerErrors: 1}, httpx.KindServer},
		"dropped":       {simulator.PeerFaults{DropBefore: 1}, httpx.KindNetwork},
		"cut off":       {simulator.PeerFaults{Truncated: 1}, httpx.KindBadAnswer},
		"expired token": {simulator.PeerFaults{ExpireTokenAfter: -1}, httpx.KindUnauthorized},
	} {
		for _, last := range []bool{false, true} {
			inBubble(t, fmt.Sprintf("%s, the last try: %v", name, last), func(t *testing.T) {
				r := newRig(t, simulator.Options{Apps: 5, People: 10, Pairs: 20})
				r.SetFaults(simulator.Faults{Defender: tc.faults})
				if tc.faults.ExpireTokenAfter < 0 {
					r.DefenderDoor.Post(sandbox.AnswerStatus(http.StatusUnauthorized))
				}
				page, err := r.reader.FetchPage(t.Context(), r.first(wholeWindow), last)
				if httpx.KindOf(err) != tc.kind {
					t.Errorf("%+v, %v", page, err)
				}
			})
		}
	}
}

// script is a Source that answers one after the other.
type script struct {
	pages []error // of the pages asked for; nil: an empty list
	door  error
	asked int
}

func (s *script) ReadApps(context.Context, listing.AppQuery) (listing.AppPage, error) {
	s.asked++
	return listing.AppPage{Next: -1, Total: -1}, s.pages[s.asked-1]
}

func (s *script) Check(context.Context) error { return s.door }

func TestAPageIsGivenUpOnceOthersAreAnswered(t *testing.T) {
	fail := func(kind httpx.Kind, status int) error {
		return &httpx.Error{Peer: "Defender", Op: "read the discovered apps", Kind: kind, Status: status}
	}
	outage, refused, shape, stop := fail(httpx.KindServer, 500), fail(httpx.KindRefused, 400), fail(httpx.KindContract, 0), fail(httpx.KindStopping, 0)
	for name, tc := range map[string]struct {
		script script
		last   bool
		err    error
		lost   bool
		asked  int
	}{
		"it can be read":                               {script{pages: []error{nil}}, false, nil, false, 1},
		"an outage, to be tried again":                 {script{pages: []error{outage}}, false, outage, false, 1},
		"an outage of this page for good":              {script{pages: []error{outage, outage}}, true, nil, true, 2},
		"an outage of everything":                      {script{pages: []error{outage}, door: outage}, true, outage, false, 1},
		"an outage that has ended just then":           {script{pages: []error{outage, nil}}, true, nil, false, 2},
		"a refusal":                                    {script{pages: []error{refused, refused}}, false, nil, true, 2},
		"a refusal, while nothing else is answered":    {script{pages: []error{refused}, door: outage}, false, outage, false, 1},
		"rows of an unknown shape":                     {script{pages: []error{shape, shape}}, false, nil, true, 2},
		"the worker stops":                             {script{pages: []error{stop}}, true, stop, false, 1},
		"the worker stops while the page is asked for": {script{pages: []error{refused, stop}}, true, stop, false, 2},
		"a setting is wrong":                           {script{pages: []error{fail(httpx.KindConfig, 0)}}, true, fail(httpx.KindConfig, 0), false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := New(&tc.script).FetchPage(t.Context(), contract.FetchAppsParams{Window: wholeWindow}, tc.last)
			if (err == nil) != (tc.err == nil) || tc.err != nil && err.Error() != tc.err.Error() {
				t.Errorf("it ended with %v, want %v", err, tc.err)
			}
			if lost := page.Unidentified && page.Walk.Lost; lost != tc.lost || tc.script.asked != tc.asked {
				t.Errorf("lost %v, asked %d times", lost, tc.script.asked)
			}
		})
	}
}

func TestALostPageIsFollowedByTheNextUnlessTwoAreLostOrTheListEnds(t *testing.T) {
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		skip    int
		walk    contract.Walk
		next, n int
	}{
		"the first page":                         {0, contract.Walk{}, 100, 100},
		"a page within the total":                {100, contract.Walk{Total: 260}, 200, 100},
		"the last page":                          {200, contract.Walk{Total: 260}, -1, 60},
		"a page beyond the total":                {300, contract.Walk{Total: 260}, -1, 1},
		"the second one in a row":                {100, contract.Walk{Lost: true}, -1, 100},
		"the second one in a row, of some total": {100, contract.Walk{Lost: true, Total: 460}, -1, 360},
	} {
		page := LosePage(contract.FetchAppsParams{Skip: tc.skip, Walk: tc.walk, Stream: contract.Stream{ID: "s", Name: "Berlin"}}, broken)
		if page.Next != tc.next || page.Rejects.Total() != tc.n || !page.Unidentified || !page.Walk.Lost {
			t.Errorf("%s: next %d, %d rejected, %+v", name, page.Next, page.Rejects.Total(), page)
		}
		if detail := page.Rejects.Samples[0].Detail; !strings.Contains(detail, fmt.Sprintf("from number %d of Berlin on: broken", tc.skip+1)) && !strings.Contains(detail, fmt.Sprintf("from number %d of Berlin to its end: broken", tc.skip+1)) {
			t.Errorf("%s: %q", name, detail)
		}
	}
}
