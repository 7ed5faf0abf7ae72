package contract

import (
	"testing"

	"defendersync/internal/saas"
)

func TestAPositionIsSaidInOneWay(t *testing.T) {
	for want, p := range map[string]Position{
		"":                                 {Streams: 2},
		"apps 0 of ~83":                    {Known: 83, Streams: 2},
		"apps 27 of ~83":                   {Done: 27, Known: 83, Streams: 2},
		"apps 27 of ~28 in 1 of 2 streams": {Done: 27, Known: 28, Uncounted: 1, Streams: 2},
		"apps 127 so far":                  {Done: 127, Uncounted: 1, Streams: 2},
		"apps 300 of ~300":                 {Done: 300, Known: 200, Streams: 1}, // more than were expected
		"apps 9 of ~10":                    {Done: 9, Known: 10, Uncounted: 1},  // of a version that did not tell of streams
	} {
		if got := p.Describe(); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

// TestAListThatEndsWhereRowsAreTooOldIsNotCountedByItsTotal: that total is of rows which an
// increment never reads.
func TestAListThatEndsWhereRowsAreTooOldIsNotCountedByItsTotal(t *testing.T) {
	apps := make([]saas.App, 100)
	for name, test := range map[string]struct {
		page   AppsPage
		before int
		want   int
	}{
		"a list by name":                              {AppsPage{Apps: apps, Total: 300, Next: 100, Walk: Walk{Sort: SortName}}, 0, 300},
		"its last page":                               {AppsPage{Apps: apps[:40], Total: 250, Next: -1, Walk: Walk{Sort: SortName}}, 200, 240},
		"its total is not told":                       {AppsPage{Apps: apps, Total: -1, Next: 100, Walk: Walk{Sort: SortName}}, 0, -1},
		"its total is refuted":                        {AppsPage{Apps: apps, Total: 100, Next: 200, Walk: Walk{Sort: SortName}}, 100, -1},
		"by last activity":                            {AppsPage{Apps: apps, Total: 300, Next: 100, Walk: Walk{Sort: SortLastActivity}}, 0, -1},
		"by last activity, down to the threshold":     {AppsPage{Apps: apps[:55], Older: 45, Cut: true, Total: 300, Next: -1, Walk: Walk{Sort: SortLastActivity}}, 100, 155},
		"by last activity, to its end":                {AppsPage{Apps: apps[:55], Total: 55, Next: -1, Walk: Walk{Sort: SortLastActivity}}, 0, 55},
		"nothing is new":                              {AppsPage{Older: 100, Cut: true, Total: 300, Next: -1, Walk: Walk{Sort: SortLastActivity}}, 0, 0},
		"not sorted as asked, and so read whole":      {AppsPage{Apps: apps[:30], Older: 70, Total: 300, Next: 100, Walk: Walk{Sort: SortLastActivity, Whole: true}}, 0, 300},
		"read whole, its older rows are read as well": {AppsPage{Apps: apps[:10], Older: 40, Total: 250, Next: -1, Walk: Walk{Sort: SortName}}, 200, 250},
	} {
		if got := test.page.CountList(test.before); got != test.want {
			t.Errorf("%s: counted %d, want %d", name, got, test.want)
		}
	}
}
