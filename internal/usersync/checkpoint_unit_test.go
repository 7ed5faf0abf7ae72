package usersync

import (
	"context"
	"errors"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

// resting is a Source that has nothing.
type resting struct {
	Source
	waiting contract.Waiting
}

func (resting) ReadUsers(context.Context, listing.UserQuery) (listing.UserPage, error) {
	return listing.UserPage{}, nil
}
func (resting) Check(context.Context) error { return nil }
func (resting) Requests() saas.Requests     { return saas.Requests{} }
func (r resting) Waiting() contract.Waiting { return r.waiting }
func (resting) Recent() contract.RecentRequests {
	return contract.RecentRequests{Holders: []contract.BudgetHolder{{ID: "mine"}}}
}

func TestARunThatReadsNothingMoreSaysSoToItsSuccessor(t *testing.T) {
	for name, tc := range map[string]struct {
		stopping          bool
		reading, doubting int
		settled           bool
	}{
		"at work":                            {false, 0, 0, false},
		"stopping, and waiting for a page":   {true, 1, 0, false},
		"stopping, and waiting for a check":  {true, 0, 1, false},
		"stopping, and waiting for both":     {true, 1, 1, false},
		"stopping, and reading nothing more": {true, 0, 0, true},
	} {
		r := &run{Engine: New(resting{}, &scripted{}, Options{}), target: &scripted{}, keeping: newKeeper(), batch: newBatchSize(), notes: notebook.New(nil), stopping: tc.stopping}
		r.inFlight[reading], r.inFlight[doubtingSource], r.inFlight[writing] = tc.reading, tc.doubting, 3
		if got := r.makeCheckpoint().Recent.Holders[0].Stopped; got != tc.settled {
			t.Errorf("%s: stopped is %v", name, got)
		}
	}
}

func TestARunTellsWhatItWaitsForTheLongest(t *testing.T) {
	soon, late := time.Date(2026, 11, 3, 9, 1, 0, 0, time.UTC), time.Date(2026, 11, 3, 9, 2, 0, 0, time.UTC)
	pause := func(peer string, until time.Time) contract.Waiting { return contract.Waiting{For: peer, Until: until} }
	for name, tc := range map[string]struct {
		source, target contract.Waiting
		failure        string
		giveUp         time.Duration
		want           contract.Waiting
	}{
		"nothing":                        {},
		"the source":                     {source: pause("Defender", late), target: pause("Oomnitza", soon), want: pause("Defender", late)},
		"the target":                     {source: pause("Defender", soon), target: pause("Oomnitza", late), want: pause("Oomnitza", late)},
		"both as long":                   {source: pause("Defender", soon), target: pause("Oomnitza", soon), want: pause("Defender", soon)},
		"a pause, and a failure":         {source: pause("Defender", soon), failure: "HTTP 503", want: pause("Defender", soon)},
		"a failure, for as long as ever": {failure: "HTTP 503", want: contract.Waiting{For: "HTTP 503", Since: day(3)}},
		"a failure, until it gives up":   {failure: "HTTP 503", giveUp: time.Minute, want: contract.Waiting{For: "HTTP 503", Since: day(3), Until: soon}},
	} {
		r := &run{Engine: New(resting{waiting: tc.source}, nil, Options{}), target: &scripted{waiting: tc.target}}
		r.cp.Failure, r.cp.LastWritten, r.in.Policy.GiveUp = tc.failure, day(3), tc.giveUp
		if got := r.findWaiting(); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestACheckpointKeepsTheRowsOfSoManyPagesAndNoMore(t *testing.T) {
	pages := func(n int) contract.ListMark {
		m := contract.ListMark{Written: 100, Rows: map[int][]byte{}}
		for i := range n {
			m.Rows[i*PageRows] = make([]byte, 8)
		}
		return m
	}
	for name, tc := range map[string]struct {
		has, want []int // pages with rows, by list
	}{
		"few":                            {[]int{1, 2, 3}, []int{1, 2, 3}},
		"just as many":                   {[]int{4, 5, 1}, []int{4, 5, 1}},
		"one too many":                   {[]int{4, 5, 2}, []int{4, 5, 0}},
		"a list that is too long itself": {[]int{2, 11, 3}, []int{2, 0, 3}},
	} {
		open := map[int]contract.ListMark{}
		for i, n := range tc.has {
			open[i] = pages(n)
		}
		boundRows(open, 10)
		for i, want := range tc.want {
			if m := open[i]; len(m.Rows) != want || m.Written != 100 {
				t.Errorf("%s: list %d has the rows of %d pages, not %d", name, i, len(m.Rows), want)
			}
		}
	}
}

func TestAPageOfAppsThatIsBegunOverAndOverTellsItsLastFailure(t *testing.T) {
	for failure, want := range map[string]string{
		"Oomnitza: HTTP 503": "last failure: Oomnitza: HTTP 503",
		"":                   "last failure: none that was recorded",
	} {
		var e *httpx.Error
		if err := gotNowhere(contract.Checkpoint{Failure: failure}); !errors.As(err, &e) || e.Message != "30 attempts in a row ended without a page being written; "+want {
			t.Errorf("%q: %v", failure, err)
		}
	}
}
