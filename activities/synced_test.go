package activities

import (
	"testing"

	"defendersync/internal/contract"
	"defendersync/internal/testing/simulator"
)

// The tests of reports start from tenants that the simulator has filled as a
// session would: this shows that a session has nothing to add to them.
func TestASessionFindsNothingToDoInATenantThatIsSynced(t *testing.T) {
	o := small()
	o.Synced, o.SameNames, o.ExistingPeople, o.ExistingApps, o.Names, o.Streams = true, 1, 0.2, 0.2, simulator.RealisticNames(), 2
	r := newRig(t, o)
	plan := r.open(contract.Carry{})
	for stream := range plan.Streams {
		must[contract.SyncUsageResult](r, contract.ActivitySyncUsage, r.usage(plan, stream))
	}
	if c := r.sim.Counts(); c.SaaSCreated+c.SaaSPatched+c.PeopleCreated+c.Rows > 0 {
		t.Errorf("a session wrote %+v", c)
	}
	r.clean()
}
