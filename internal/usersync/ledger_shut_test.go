package usersync

import "testing"

func TestARecordIsShutByDenialsInARow(t *testing.T) {
	l := newLedger(true, nil)
	deny := func(times int) {
		for range times {
			l.noteDenial("not here", fewDenied)
		}
	}
	for _, step := range []struct {
		title string
		do    func()
		shut  bool
	}{
		{"one denial fewer than it takes", func() { deny(fewDenied - 1) }, false},
		{"somebody who is taken", l.reopenRecord, false},
		{"as many denials again", func() { deny(fewDenied - 1) }, false},
		{"one more", func() { deny(1) }, true},
		{"another", func() { deny(1) }, true},
		{"somebody who is taken at last", l.reopenRecord, false},
	} {
		if step.do(); l.isShut() != step.shut {
			t.Errorf("after %s it is shut: %v", step.title, l.isShut())
		}
	}
}
