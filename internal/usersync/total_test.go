package usersync_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"defendersync/internal/contract"
)

func TestANumberOfActiveUsersIsWrittenOnceItsRecordIsFound(t *testing.T) {
	for name, tc := range map[string]struct {
		missing int // how often a record is not found to be written
		found   bool
	}{
		"at once":       {0, true},
		"a little late": {5, true},
		"too late":      {6, false},
	} {
		inBubble(t, name, func(t *testing.T) {
			r := newRig(t, small())
			s := r.open(contract.Carry{})
			in := r.usage(s, 0)
			var mu sync.Mutex
			tries := map[string]int{}
			r.OomnitzaDoor.Post(func(w http.ResponseWriter, req *http.Request) bool {
				if req.Method != http.MethodPatch || !strings.Contains(req.URL.Path, "/saas/") {
					return false
				}
				mu.Lock()
				defer mu.Unlock()
				if tries[req.URL.Path]++; tries[req.URL.Path] > tc.missing {
					return false
				}
				w.WriteHeader(http.StatusNotFound)
				return true
			})
			out := r.carryOver(in)
			if lost := out.Rejects.Total(); (lost == 0) != tc.found || lost != len(out.Retry) || len(tries) == 0 || !tc.found && lost != len(tries) {
				t.Errorf("%d records were to be written, rejects %+v, retry %v", len(tries), out.Rejects.ByReason, out.Retry)
			}
			for path, n := range tries {
				if want := min(tc.missing+1, 6); n != want {
					t.Errorf("%s was written %d times, not %d", path, n, want)
				}
			}
			if tc.found {
				r.checkContent(t, s)
			}
			r.CheckContract()
		})
	}
}
