package usersync

import (
	"slices"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

func TestAListCutBeforeTheOrderWasKnownIsReadWholeByTheNextSession(t *testing.T) {
	early := &list{ref: contract.AppRef{App: "17"}, end: written, shortened: true}
	whole := &list{ref: contract.AppRef{App: "18"}, end: written}
	r := &run{lists: []*list{early, whole}}
	r.retryShortened()
	r.retryShortened()
	if !slices.Equal(r.cp.Retry, []string{"17"}) || whole.retry {
		t.Errorf("retry %v", r.cp.Retry)
	}
}

func TestNumbersOfAnEarlierSessionAreNoLengths(t *testing.T) {
	for name, tc := range map[string]struct {
		stale bool
		users int
		want  listing.Length
	}{
		"of this session":                     {false, 4, listing.Length{Total: -1, Counted: 4}},
		"of this session, not counted":        {false, -1, listing.Length{Total: -1, Counted: -1}},
		"of an earlier one":                   {true, 4, listing.Length{Total: -1, Counted: -1, CountedBefore: 4}},
		"of an earlier one that counted none": {true, -1, listing.Length{Total: -1, Counted: -1}},
	} {
		r := &run{in: contract.SyncUsageParams{StaleCounts: tc.stale}}
		if got := r.lengthOf(contract.AppRef{Users: tc.users}); got != tc.want {
			t.Errorf("%s: %+v, not %+v", name, got, tc.want)
		}
	}
}

func TestHalfOfTheFetchersMayServeOneList(t *testing.T) {
	for fetchers, want := range map[int]int{1: minAhead, 2 * minAhead: minAhead, 2*minAhead + 2: minAhead + 1, 40: 20} {
		r := &run{Engine: New(nil, nil, Options{Fetchers: fetchers}), in: contract.SyncUsageParams{Refs: []contract.AppRef{{App: "17", Users: 100 * PageRows}}}}
		r.openLists()
		reader := r.lists[0].reader
		first, _ := reader.NextAsk()
		if _, err := reader.TakePage(first, &listing.UserPage{Users: make([]saas.Usage, PageRows), Rows: PageRows, Next: PageRows, Total: 100 * PageRows, Fingerprint: "f"}); err != nil {
			t.Fatal(err)
		}
		pages := 1 // which is not written yet
		for _, ok := reader.NextAsk(); ok; _, ok = reader.NextAsk() {
			pages++
		}
		if pages != want {
			t.Errorf("of %d fetchers %d serve one list, not %d", fetchers, pages, want)
		}
	}
}

func TestWhoIsAssignedIsLeftToFurtherStreamsOnceNoListIsAboutTheRecord(t *testing.T) {
	for name, tc := range map[string]struct {
		further bool
		ends    []end // of the lists about one record, one after another
		left    bool
	}{
		"one list":                       {true, []end{written}, true},
		"of the last stream":             {false, []end{written}, false},
		"one list of two":                {true, []end{written, notEnded}, false},
		"both lists":                     {true, []end{written, written}, true},
		"a list that is rejected":        {true, []end{rejected}, false},
		"one that is, of two, the first": {true, []end{rejected, written}, false},
		"one that is, of two, the last":  {true, []end{written, rejected}, false},
	} {
		in := contract.SyncUsageParams{Further: tc.further}
		for range tc.ends {
			in.Refs = append(in.Refs, contract.AppRef{App: "17", SaaS: "7", Users: 3, New: true})
		}
		r := &run{Engine: New(nil, nil, Options{}), in: in}
		r.turn = r.ledgers.beginRun("s", "", false)
		r.openLists()
		for i, how := range tc.ends {
			if how != notEnded {
				r.endList(r.lists[i], how)
			}
		}
		if got := r.ledgers.takePast(r.turn, "7"); (got != nil) != tc.left {
			t.Errorf("%s: left is %+v", name, got)
		}
	}
}

func TestTheRestOfAListGoesBeforeAListThatIsNotBegun(t *testing.T) {
	begun := &list{reader: listing.ResumeReader(&listing.Habits{}, listing.NewLength(4*PageRows), listing.Options{}, contract.ListMark{Written: PageRows, End: -1})}
	r := &run{}
	for _, l := range []*list{{reader: newReader(3)}, begun, {reader: newReader(4)}} {
		if err := r.queuePages(l); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.toRead) < 3 || r.toRead[0].list != begun || r.toRead[len(r.toRead)-1].list == begun || r.toRead[len(r.toRead)-2].list == begun {
		t.Errorf("queued are %d pages, the first at %d", len(r.toRead), r.toRead[0].ask.Skip)
	}
}

// newReader makes the reader of a list whose app's row tells so many users.
func newReader(users int) *listing.Reader {
	return listing.NewReader(&listing.Habits{}, listing.NewLength(users), listing.Options{})
}
