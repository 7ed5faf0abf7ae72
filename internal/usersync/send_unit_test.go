package usersync

import "testing"

func TestTheSmallestOfTheKnownBatchSizesCounts(t *testing.T) {
	if n := newBatchSize(0, 50, 20).getLimit(); n != 20 {
		t.Errorf("of 50 and 20 it is %d", n)
	}
	if n := newBatchSize(0, 0).getLimit(); n != maxAssign {
		t.Errorf("of nothing it is %d", n)
	}
}
