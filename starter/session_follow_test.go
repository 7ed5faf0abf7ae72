package main

import (
	"testing"
	"time"
)

func TestASilentSessionIsToldOfAndNotFollowedForEver(t *testing.T) {
	began := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := stillness{since: began}
	tells := 0
	for at := began; ; at = at.Add(time.Second) {
		tell, over := s.checkSilence(false, at)
		if tell {
			tells++
		}
		if over {
			if at.Sub(began) != lastSilence {
				t.Errorf("given up after %s", at.Sub(began))
			}
			break
		}
	}
	if tells != 10 {
		t.Errorf("told %d times in %s", tells, lastSilence)
	}
	if tell, over := s.checkSilence(true, began.Add(lastSilence)); tell || over || !s.since.Equal(began.Add(lastSilence)) {
		t.Errorf("heard again, and %v, %v", tell, over)
	}
}
