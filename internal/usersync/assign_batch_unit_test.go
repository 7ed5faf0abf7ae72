package usersync

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

func TestWhatWasSentIsBlamedOnlyWhileTheTargetTakesOtherWrites(t *testing.T) {
	out := &httpx.Error{Kind: httpx.KindServer, Status: http.StatusServiceUnavailable}
	for name, tc := range map[string]struct {
		kind    httpx.Kind
		fails   int // of the page, before
		excused bool
		outage  error
		blamed  bool
		doubts  int
	}{
		"a refusal":                           {kind: httpx.KindRefused, blamed: true, doubts: 1},
		"a refusal in an outage":              {kind: httpx.KindRefused, outage: out, doubts: 1},
		"a second refusal":                    {kind: httpx.KindRefused, excused: true, outage: out, blamed: true},
		"a conflict":                          {kind: httpx.KindConflict, blamed: true, doubts: 1},
		"a denial":                            {kind: httpx.KindUnauthorized, blamed: true, doubts: 1},
		"a denial of everybody":               {kind: httpx.KindUnauthorized, outage: out, doubts: 1},
		"no answer, for the second time":      {kind: httpx.KindServer, fails: halveAfter - 1},
		"no answer, for the third time":       {kind: httpx.KindServer, fails: halveAfter, blamed: true, doubts: 1},
		"no answer, in an outage":             {kind: httpx.KindNetwork, fails: halveAfter, outage: out, doubts: 1},
		"an odd answer, for the third time":   {kind: httpx.KindBadAnswer, fails: halveAfter, blamed: true, doubts: 1},
		"no record, for the second time":      {kind: httpx.KindNotFound, fails: halveAfter - 1},
		"no record, which is there":           {kind: httpx.KindNotFound, fails: halveAfter, blamed: true, doubts: 1},
		"no record, which is gone":            {kind: httpx.KindNotFound, fails: halveAfter, outage: out, doubts: 1},
		"no record again, which was there":    {kind: httpx.KindNotFound, fails: halveAfter, excused: true, blamed: true},
		"a setting that is wrong":             {kind: httpx.KindConfig, fails: halveAfter},
		"a worker that stops":                 {kind: httpx.KindStopping, fails: halveAfter},
		"an answer of a shape nobody knows":   {kind: httpx.KindContract, fails: halveAfter},
		"a request that the tenant puts off":  {kind: httpx.KindRateLimited, fails: halveAfter},
		"a failure that is none of a request": {fails: halveAfter},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{outage: tc.outage}
			b := &batch{writer: writerTo(t, to), excused: tc.excused}
			b.page.fails = tc.fails
			if got := b.blamesVisits(&httpx.Error{Kind: tc.kind}); got != tc.blamed || to.doubts != tc.doubts {
				t.Errorf("blamed: %v, after %d questions; want %v after %d", got, to.doubts, tc.blamed, tc.doubts)
			}
		})
	}
}

func TestARecordThatRefusesEverybodyIsKnownByEnoughOfThem(t *testing.T) {
	refuse := func(status int, kind httpx.Kind, but string) func([]saas.Assignment) ([]saas.RowError, error) {
		return func(all []saas.Assignment) ([]saas.RowError, error) {
			if len(all) == 1 && all[0].UserID == but {
				return nil, nil
			}
			return nil, &httpx.Error{Kind: kind, Status: status, Message: "not here"}
		}
	}
	for name, tc := range map[string]struct {
		assign  func([]saas.Assignment) ([]saas.RowError, error)
		people  int
		refused int
		shut    bool
		sent    []int // people in each request
	}{
		"a refusal of five":             {refuse(400, httpx.KindRefused, ""), 5, 5, true, []int{5, 2, 1, 1, 3, 1, 2, 1, 1}},
		"a refusal of four":             {refuse(400, httpx.KindRefused, ""), 4, 4, false, []int{4, 2, 1, 1, 2, 1, 1}},
		"a refusal of all but one":      {refuse(400, httpx.KindRefused, "c"), 5, 4, false, []int{5, 2, 1, 1, 3, 1, 2, 1, 1}},
		"a denial of five":              {refuse(403, httpx.KindUnauthorized, ""), 5, 5, true, []int{5, 1, 1, 1, 5}},
		"a denial of four":              {refuse(403, httpx.KindUnauthorized, ""), 4, 4, false, []int{4, 2, 1, 1, 2, 1, 1}},
		"a denial of all but the first": {refuse(403, httpx.KindUnauthorized, "a"), 5, 4, false, []int{5, 1, 2, 1, 1, 3, 1, 2, 1, 1}},
		"a denial of all but the last":  {refuse(403, httpx.KindUnauthorized, "e"), 5, 4, false, []int{5, 1, 1, 1, 2, 1, 1, 3, 1, 2, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{assign: tc.assign}
			w := writerTo(t, to)
			visits := someVisits(tc.people)
			for i := range visits {
				visits[i].remembered = true
			}
			refused, err := w.sendBatch(visits)
			if err != nil || len(refused) != tc.refused || w.ledger.isShut() != tc.shut {
				t.Errorf("%d are refused, the record is shut: %v, error %v", len(refused), w.ledger.isShut(), err)
			}
			if !slices.Equal(to.sent, tc.sent) {
				t.Errorf("sent were %v people, want %v", to.sent, tc.sent)
			}
			for _, f := range refused {
				if denied := strings.HasPrefix(name, "a denial"); f.why != "not here" || f.remembered == denied {
					t.Errorf("%s is refused for %q, and looked up anew: %v", f.id, f.why, f.remembered)
				}
			}
		})
	}
}

func TestARecordThatIsShutIsAskedOnceForABatch(t *testing.T) {
	for name, tc := range map[string]struct {
		says    *httpx.Error // what the target says; nil: it takes the batch
		refused int
	}{
		"it is shut still":    {&httpx.Error{Kind: httpx.KindUnauthorized, Status: 403, Message: "not here"}, 5},
		"it takes people now": {nil, 0},
		"nothing is answered": {&httpx.Error{Kind: httpx.KindServer, Status: 503}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{assign: func([]saas.Assignment) ([]saas.RowError, error) {
				if tc.says != nil {
					return nil, tc.says
				}
				return nil, nil
			}}
			w := writerTo(t, to)
			w.ledger.shutRecord("not here")
			refused, err := w.sendBatch(someVisits(5))
			if failed := tc.says != nil && tc.refused == 0; (err != nil) != failed || len(refused) != tc.refused || !slices.Equal(to.sent, []int{5}) {
				t.Errorf("error %v, %d are refused, sent were %v", err, len(refused), to.sent)
			}
		})
	}
}

func TestWhatIsNotAnsweredIsSentInPartsAndAloneOnceMore(t *testing.T) {
	for name, tc := range map[string]struct {
		answered int // the request that is answered first
		refused  int
		sent     []int
	}{
		"never":                         {99, 2, []int{2, 1, 1, 1, 1}},
		"by the parts":                  {2, 0, []int{2, 1, 1}},
		"when one is sent once more":    {3, 0, []int{2, 1, 1, 1}},
		"when the second is sent alone": {4, 1, []int{2, 1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			to := &scripted{}
			to.assign = func([]saas.Assignment) ([]saas.RowError, error) {
				if len(to.sent) >= tc.answered {
					return nil, nil
				}
				return nil, &httpx.Error{Kind: httpx.KindNetwork}
			}
			w := writerTo(t, to)
			w.page.fails = halveAfter
			refused, err := w.sendBatch(someVisits(2))
			if err != nil || len(refused) != tc.refused || !slices.Equal(to.sent, tc.sent) {
				t.Errorf("%d are refused, sent were %v, error %v", len(refused), to.sent, err)
			}
		})
	}
}
