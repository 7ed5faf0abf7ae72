package usersync

import (
	"slices"
	"testing"

	"defendersync/internal/contract"
)

func TestAListCutBeforeTheOrderWasKnownIsReadWholeByTheNextSession(t *testing.T) {
	early := &list{ref: contract.AppRef{App: "17"}, end: written, shortened: true}
	whole := &list{ref: contract.AppRef{App: "18"}, end: written}
	r := &run{lists: []*list{early, whole}}
	r.retryShortened()
	r.retryShortened()
	if !slices.Equal(r.cp.Retry, []string{"17"}) || whole.retry {
		t.Errorf("retry %v", r.cp.Retry)
	}
}
