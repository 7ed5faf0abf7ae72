package usersync

import (
	"errors"
	"testing"
)

func TestWorkThatHasEndedIsNotUnderWayAnyMore(t *testing.T) {
	done := &page{list: &list{end: rejected}} // nothing is to be done about it
	for name, tc := range map[string]struct {
		event event
		stage stage
	}{
		"a page is read":                     {pageRead{page: done}, reading},
		"the source is checked":              {sourceChecked{page: done}, doubtingSource},
		"a page has waited":                  {pauseEnded{done}, pausing},
		"a page is written":                  {pageWritten{page: done}, writing},
		"the target is checked":              {targetBlamed{page: done}, doubtingTarget},
		"a number is written":                {totalSet{list: done.list, err: errors.New("no request")}, totalling},
		"the target is checked for a number": {totalBlamed{list: done.list, cause: errors.New("no request")}, doubtingTarget},
		"a number has waited":                {totalPauseEnded{done.list}, pausing},
	} {
		t.Run(name, func(t *testing.T) {
			w := writerTo(t, &scripted{})
			r := w.run
			r.ctx, r.cancel = t.Context(), func() {}
			r.stopping = true
			var want [stages]int
			for s := range r.inFlight {
				r.inFlight[s], want[s] = 1, 1
			}
			want[tc.stage] = 0
			done.list.ledger, done.list.reader = newLedger(true, nil), newReader(0)
			_ = r.handleEvent(tc.event)
			if r.inFlight != want {
				t.Errorf("under way are %v, not %v", r.inFlight, want)
			}
		})
	}
}
