package sessions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
)

func TestFingerprintsAreFoundAtTheEndOfARun(t *testing.T) {
	f := newFake(t)
	sync := f.addSync(f.add(&fakeRun{id: "session/hr-1", run: "r1", kind: contract.WorkflowSession, began: noon}))
	ref := contract.PrintsRef{Workflow: sync.id, Run: sync.run}
	page := f.begin(sync, time.Second, contract.ActivityFetchApps, contract.FetchAppsParams{})
	f.complete(sync, 2*time.Second, page, contract.AppsPage{Prints: []byte("of a page")})
	if data, err := f.reader().ReadPrints(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "no fingerprints") {
		t.Errorf("of a run that has kept none: %q, %v", data, err)
	}
	kept := f.begin(sync, 3*time.Second, contract.ActivityKeepPrints, contract.KeepPrintsParams{})
	f.complete(sync, 4*time.Second, kept, contract.KeepPrintsResult{Set: []byte("a set"), Count: 1})
	for range 5 {
		f.pickUp(sync, 5*time.Second)
	}
	if data, err := f.reader().ReadPrints(t.Context(), ref); err != nil || string(data) != "a set" {
		t.Errorf("%q, %v", data, err)
	}
	sealed, err := withKey(t, keyOne).ToPayloads(contract.KeepPrintsResult{})
	if err != nil {
		t.Fatal(err)
	}
	f.complete(sync, 6*time.Second, f.begin(sync, 6*time.Second, contract.ActivityKeepPrints, 1), nil)
	sync.events[len(sync.events)-1].GetActivityTaskCompletedEventAttributes().Result = sealed
	if _, err := f.reader().ReadPrints(t.Context(), ref); !errors.Is(err, ErrKey) {
		t.Errorf("with another key: %v", err)
	}
}
