package usersync

import (
	"slices"
	"testing"
)

func TestTheSmallestOfTheKnownBatchSizesCounts(t *testing.T) {
	for name, tc := range map[string]struct {
		known []int
		want  int
	}{
		"none":                      {[]int{0, 0}, maxAssign},
		"one":                       {[]int{0, 50}, 50},
		"the last is smaller":       {[]int{0, 50, 20}, 20},
		"the last is larger":        {[]int{20, 50}, 20},
		"the last is not known":     {[]int{50, 0}, 50},
		"more than is sent at once": {[]int{2 * maxAssign}, maxAssign},
	} {
		if n := newBatchSize(tc.known...).getLimit(); n != tc.want {
			t.Errorf("%s: %d at once, not %d", name, n, tc.want)
		}
	}
}

func TestNewsAreSentInBatchesOfTheSizeThatIsTaken(t *testing.T) {
	for most, want := range map[int][]int{0: {5}, 5: {5}, 3: {3, 2}, 2: {2, 2, 1}} {
		to := &scripted{assign: takeAll}
		w := writerTo(t, to)
		w.batch = newBatchSize(most)
		if refused, err := w.sendNews(slices.Clip(someVisits(5))); err != nil || len(refused) > 0 || !slices.Equal(to.sent, want) {
			t.Errorf("at most %d: sent were %v, refused %v, error %v", most, to.sent, refused, err)
		}
	}
}
