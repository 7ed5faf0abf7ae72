package usersync

import (
	"errors"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
)

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
	open := &list{ref: contract.AppRef{App: "17"}, reader: listing.NewReader(&listing.Habits{}, listing.NewLength(103), listing.Options{})}
	r := &run{lists: []*list{open, {ref: contract.AppRef{App: "18"}, end: written}}, left: 1, toRead: []*page{{}}}
	r.inFlight[writing], r.inFlight[doubtingSource] = 2, 1
	want := "1 of 2 lists left; to read 1, to write 0, doubting the source 1, writing 2\n" + open.String()
	if got := r.String(); got != want {
		t.Errorf("it says\n%s\nnot\n%s", got, want)
	}
}
