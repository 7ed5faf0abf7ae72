package culprit

import (
	"errors"
	"slices"
	"testing"
)

var (
	errRefused = errors.New("refused")
	errOut     = errors.New("out of order")
)

func TestHalveFindsTheRefusedItemsAlone(t *testing.T) {
	cases := []struct {
		name  string
		items []int
		bad   []int // are refused, and whatever is sent with them
		limit int   // most items taken at once; 0: any number
		most  int
	}{
		{"nothing to send", nil, nil, 0, 0},
		{"all are taken", []int{1, 2, 3}, nil, 0, 3},
		{"one among many", []int{1, 2, 3, 4, 5, 6, 7}, []int{5}, 0, 3},
		{"the first and the last", []int{1, 2, 3, 4}, []int{1, 4}, 0, 1},
		{"all are refused", []int{1, 2, 3}, []int{1, 2, 3}, 0, 0},
		{"a limit on how many", []int{1, 2, 3, 4, 5, 6, 7, 8}, nil, 3, 2},
		{"a limit, and one that is refused", []int{1, 2, 3, 4, 5, 6, 7, 8}, []int{2}, 5, 4},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var taken []int
			refused, most, err := Halve(c.items, func(items []int) error {
				if c.limit > 0 && len(items) > c.limit || slices.ContainsFunc(items, func(i int) bool { return slices.Contains(c.bad, i) }) {
					return errRefused
				}
				taken = append(taken, items...)
				return nil
			}, func(err error) bool { return errors.Is(err, errRefused) })
			var bad []int
			for _, r := range refused {
				bad = append(bad, r.Item)
				if !errors.Is(r.Err, errRefused) {
					t.Errorf("%d is refused without the peer's words: %v", r.Item, r.Err)
				}
			}
			if err != nil || !slices.Equal(bad, c.bad) || most != c.most {
				t.Errorf("refused %v, at most %d at once, error %v; want %v, %d", bad, most, err, c.bad, c.most)
			}
			if len(taken)+len(bad) != len(c.items) {
				t.Errorf("taken %v and refused %v of %v", taken, bad, c.items)
			}
		})
	}
}

func TestHalveStopsAtAFailureThatIsNoRefusal(t *testing.T) {
	sent := 0
	_, _, err := Halve([]int{1, 2, 3, 4}, func(items []int) error {
		if sent++; len(items) == 4 {
			return errRefused
		}
		return errOut
	}, func(err error) bool { return errors.Is(err, errRefused) })
	if !errors.Is(err, errOut) || sent != 2 {
		t.Errorf("error %v after %d requests", err, sent)
	}
}
