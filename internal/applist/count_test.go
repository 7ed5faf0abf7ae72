package applist

import (
	"testing"
	"testing/synctest"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestAListIsCountedByOneRowOrNotAtAll(t *testing.T) {
	for name, test := range map[string]struct {
		page listing.AppPage
		want int
	}{
		"the whole list's total":     {listing.AppPage{Total: 300, Rows: 1, Next: 1}, 300},
		"a list of one":              {listing.AppPage{Total: 1, Rows: 1, Next: -1}, 1},
		"an empty list":              {listing.AppPage{Total: 0, Rows: 0, Next: -1}, 0},
		"no total":                   {listing.AppPage{Total: -1, Rows: 1, Next: 1}, -1},
		"no total, and no more":      {listing.AppPage{Total: -1, Rows: 0, Next: -1}, -1},
		"the page's total":           {listing.AppPage{Total: 1, Rows: 1, Next: 1}, -1},
		"a total below what is seen": {listing.AppPage{Total: 40, Rows: 100, Next: 100}, -1},
	} {
		if got := countFromRow(test.page); got != test.want {
			t.Errorf("%s: counted %d, want %d", name, got, test.want)
		}
	}
}

// TestAnIncrementIsCountedDownToItsThreshold, if that is on the first page, by one request.
func TestAnIncrementIsCountedDownToItsThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, many(simulator.ListSwitches{}))
		counted := map[bool]int{}
		for days := 1; days <= 90; days++ {
			window := r.since(days)
			want := 0
			for _, row := range r.rows() {
				if saas.IsNewer(row.LastActivity, window.Threshold) {
					want++
				}
			}
			before := r.Requests().Defender.Requests
			n, err := r.reader.CountApps(t.Context(), r.first(window))
			if asked := r.Requests().Defender.Requests - before; err != nil || days > 1 && asked != 1 {
				t.Fatalf("%d days: %d requests, %v", days, asked, err)
			}
			if want >= contract.PageSize {
				want = -1
			}
			if counted[n >= 0]++; n != want {
				t.Errorf("%d days: counted %d apps, want %d", days, n, want)
			}
		}
		if counted[true] == 0 || counted[false] == 0 {
			t.Errorf("counted or not: %v", counted)
		}
	})
}

// TestCountingFetchesNoPage: the page that the session reads later is asked for once.
func TestCountingFetchesNoPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, many(simulator.ListSwitches{}))
		in := r.first(wholeWindow)
		n, err := r.reader.CountApps(t.Context(), in)
		if err != nil || n <= contract.PageSize {
			t.Fatalf("counted %d, %v", n, err)
		}
		page, err := r.reader.ReadPage(t.Context(), in)
		if err != nil || page.Total != n {
			t.Fatalf("the page tells %d apps, %d were counted: %v", page.Total, n, err)
		}
		fetched := 0
		for _, p := range r.Requests().Pages {
			if p.Limit == contract.PageSize {
				fetched += len(p.Asked)
			}
		}
		if fetched != 1 {
			t.Errorf("a page was asked for %d times", fetched)
		}
	})
}
