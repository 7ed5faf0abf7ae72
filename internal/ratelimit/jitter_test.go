package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestJitterIsEvenAndFollowsFromTheClock(t *testing.T) {
	var first []float64
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			var got []float64
			sum, low, high := 0.0, 1.0, 0.0
			for range 1000 {
				x := Jitter()
				got = append(got, x)
				sum, low, high = sum+x, min(low, x), max(high, x)
				time.Sleep(time.Nanosecond)
			}
			if low < 0 || high >= 1 || sum < 450 || sum > 550 {
				t.Errorf("from %v to %v, with a mean of %v", low, high, sum/1000)
			}
			for i := range first {
				if got[i] != first[i] {
					t.Fatalf("number %d is %v, and was %v", i, got[i], first[i])
				}
			}
			first = got
		})
	}
}
