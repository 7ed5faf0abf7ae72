package usersync

import (
	"slices"
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
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
