package usersync

import (
	"slices"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

func TestAListCutBeforeTheOrderWasKnownIsReadWholeByTheNextSession(t *testing.T) {
	r := &usageRun{in: contract.SyncUsageParams{Window: saas.Window{Threshold: time.Unix(1000, 0)}}, notes: notebook.New(nil)}
	early := &appRun{ref: contract.AppRef{App: "17"}, finished: true}
	late := &appRun{ref: contract.AppRef{App: "18"}}
	r.shortened = []*appRun{early, late}
	r.unsorted()
	if !slices.Equal(r.cp.Retry, []string{"17"}) || !late.retry || !r.cp.Dialect.UsersUnsorted {
		t.Errorf("retry %v, late %v, dialect %+v", r.cp.Retry, late.retry, r.cp.Dialect)
	}
}
