package usersync

import (
	"errors"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
)

func TestAnEngineWorksAsHardAsItIsTold(t *testing.T) {
	usual := Options{Fetchers: 16, Writers: 8, RetryBase: time.Second, PeopleKept: 50_000}
	given := Options{Fetchers: 1, Writers: 1, RetryBase: 1, PeopleKept: 1}
	for name, tc := range map[string]struct{ opts, want Options }{
		"nothing is told":  {Options{}, usual},
		"what is nonsense": {Options{Fetchers: -1, Writers: -1, RetryBase: -1, PeopleKept: -1}, usual},
		"as little as can": {given, given},
	} {
		if got := New(nil, nil, tc.opts).opts; got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAnErrorIsToldByTheTenantsWords(t *testing.T) {
	for want, err := range map[string]error{
		"not here":                         &httpx.Error{Peer: "Oomnitza", Op: "assign", Message: "not here"},
		"Oomnitza: assign: HTTP 500":       &httpx.Error{Peer: "Oomnitza", Op: "assign", Status: 500},
		"somebody's clock is out of order": errors.New("somebody's clock is out of order"),
		"no reason given":                  nil,
	} {
		if got := shortenError(err); got != want {
			t.Errorf("%v is told as %q, not %q", err, got, want)
		}
	}
}

func TestARunTellsWhatIsUnderWay(t *testing.T) {
	open := &list{ref: contract.AppRef{App: "17"}, reader: newReader(103)}
	r := &run{lists: []*list{open, {ref: contract.AppRef{App: "18"}, end: written}}, left: 1, toRead: []*page{{}}}
	r.inFlight[writing], r.inFlight[doubtingSource] = 2, 1
	want := "1 of 2 lists left; to read 1, to write 0, doubting the source 1, writing 2\n" + open.String()
	if got := r.String(); got != want {
		t.Errorf("it says\n%s\nnot\n%s", got, want)
	}
}
