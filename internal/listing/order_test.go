package listing

import (
	"testing"
	"time"

	"defendersync/internal/saas"
)

// at returns times by their distance from a moment that is no midnight, in
// hours; none is a row without a time.
func at(hours ...int) []time.Time {
	moment := time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC)
	out := make([]time.Time, len(hours))
	for i, h := range hours {
		if h != none {
			out[i] = moment.Add(time.Duration(h) * time.Hour)
		}
	}
	return out
}

const none = 1_000_000

func TestRowsAreJudgedByThePairsThatAscend(t *testing.T) {
	descending := func(n int) (hours []int) {
		for i := range n {
			hours = append(hours, -i)
		}
		return hours
	}
	for name, tc := range map[string]struct {
		hours []int
		want  Order
	}{
		"no row":                      {nil, InOrder},
		"rows without a time":         {[]int{none, none}, InOrder},
		"one row":                     {[]int{5}, InOrder},
		"rows that descend":           {[]int{5, 4, 3}, InOrder},
		"rows of the same time":       {[]int{5, 5, 4}, InOrder},
		"a gap among those":           {[]int{5, none, 4, none, 3}, InOrder},
		"a later row behind a gap":    {[]int{5, none, 6}, Unordered},
		"rows that ascend":            {[]int{1, 2, 3}, Unordered},
		"one pair of ten ascends":     {append(descending(10), -8), SlightlyOff},
		"one pair of nine ascends":    {append(descending(9), -7), Unordered},
		"one of ten, another by zero": {append(descending(10), none, -8), SlightlyOff},
	} {
		if got := JudgeRows(at(tc.hours...)); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

func TestAMidnightMayStandForAnyTimeOfItsDay(t *testing.T) {
	midnight := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		later time.Time
		want  Order
	}{
		"late on the same day":         {midnight.Add(saas.Day - time.Second), InOrder},
		"the midnight after":           {midnight.Add(saas.Day), Unordered},
		"the day before":               {midnight.Add(-time.Second), InOrder},
		"after a time that is sharper": {midnight.Add(time.Second), InOrder},
	} {
		if got := JudgeRows([]time.Time{midnight, tc.later}); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
	if got := JudgeRows([]time.Time{midnight.Add(time.Second), midnight.Add(2 * time.Second)}); got != Unordered {
		t.Errorf("a second after midnight counts as midnight: %d", got)
	}
}

func TestTheEdgeOfAPageIsOfItsKnownTimes(t *testing.T) {
	times := at(9, none, 8, 7, 6, none)
	known := at(9, 7, 6)
	if got := FindEdge(times); got != (Edge{known[0], known[1], known[2]}) {
		t.Errorf("%+v", got)
	}
	if got := FindEdge(at(none)); got != (Edge{}) {
		t.Errorf("without times it is %+v", got)
	}
}

func TestNeighbouringPagesAreJudgedByTheirEdges(t *testing.T) {
	edge := func(hours ...int) Edge { return FindEdge(at(hours...)) }
	for name, tc := range map[string]struct {
		before, after Edge
		want          Order
	}{
		"pages that descend":                    {edge(9, 8, 7), edge(6, 5), InOrder},
		"one that begins where the other ends":  {edge(9, 8, 7), edge(7, 5), InOrder},
		"one that begins above the other's end": {edge(9, 8, 7), edge(8, 5), SlightlyOff},
		"one that begins above its middle":      {edge(11, 8, 7), edge(9, 5), Unordered},
		"nothing known of the first":            {edge(none), edge(9, 5), InOrder},
		"nothing known of the second":           {edge(9, 8), edge(none), InOrder},
	} {
		if got := JudgePages(tc.before, tc.after); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
