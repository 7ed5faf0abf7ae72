package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/simulator"
)

// statusJSON is what the status command prints as JSON.
type statusJSON struct {
	Code   int
	Status string
	Data   []integrationJSON
}

// rowOf is the row of an integration; nil if there is none.
func (o statusJSON) rowOf(name string) *integrationJSON {
	if i := slices.IndexFunc(o.Data, func(r integrationJSON) bool { return r.Integration == name }); i >= 0 {
		return &o.Data[i]
	}
	return nil
}

// readStatus runs the status command until the row of an integration is as it should be:
// other tests have integrations in the namespace, and Temporal's lists lag behind.
func (r *rig) readStatus(settings []string, what, name string, so func(integrationJSON) bool) (row integrationJSON, all statusJSON) {
	r.t.Helper()
	eventually(r.t, what, func() bool {
		got := r.runWith(settings, "status", "--output", "json")
		got.decodeWhole(&all)
		if got.code != all.Code || all.Status != plugWords[all.Code] {
			r.t.Fatalf("it ended with %d, and says %d %s", got.code, all.Code, all.Status)
		}
		found := all.rowOf(name)
		if found == nil {
			return false
		}
		row = *found
		return so(row)
	})
	return row, all
}

func TestStatusShowsEveryIntegrationOfTheNamespace(t *testing.T) {
	good := newIntegrations(t)
	row, all := good.worked.readStatus(nil, "the good session", good.worked.Name, func(r integrationJSON) bool { return !r.LastGood.IsZero() })
	if row.Status != "OK" || row.Next.IsZero() || row.Paused != nil || len(row.Running) != 0 || row.Unread != 0 || row.Undelivered != 0 || row.WorkerPolled.IsZero() || row.Error != "" || len(row.Problems) != 0 {
		t.Errorf("the one that works is %+v", row)
	}
	idle := all.rowOf(good.idle.Name)
	if idle == nil || idle.Code != plugWarning || idle.Paused == nil || !idle.Paused.OnPurpose || !idle.Next.IsZero() || !idle.WorkerPolled.IsZero() || !idle.LastGood.IsZero() || !strings.Contains(idle.Problems[0].Text, "no worker") {
		t.Errorf("the one without a worker is %+v", idle)
	}
	if severity[all.Code] < severity[plugWarning] {
		t.Errorf("all are %s", all.Status)
	}

	text := good.worked.run("status")
	if text.code != all.Code && text.code == plugOK {
		t.Errorf("it ended with %d", text.code)
	}
	text.prints("Integration ", "Last good session", "paused for ", "! "+good.idle.Name+": no worker is polling the task queue")
	// Wherever it is asked from: the settings' own integration is but one of them.
	good.worked.runWith([]string{"INTEGRATION_NAME=nobody"}, "status").prints(good.worked.Name, good.idle.Name)
}

// integrations are two of one namespace: one that works and one that nobody serves.
type integrations struct{ worked, idle *rig }

func newIntegrations(t *testing.T) integrations {
	worked := newRig(t, simulator.Options{})
	idle := openRig(t, simulator.Options{})
	t.Cleanup(idle.Close)
	worked.work()
	worked.run("schedule", "apply").ends(exitCompleted)
	worked.session(exitCompleted)
	idle.run("schedule", "apply").ends(exitCompleted)
	idle.run("schedule", "pause", "--reason", "audit week").ends(exitCompleted)
	return integrations{worked, idle}
}

func TestStatusShowsAnIntegrationUnderAnotherKeyAsUnknown(t *testing.T) {
	r := newRig(t, simulator.Options{}, "PAYLOAD_ENCRYPTION_KEY=k:"+keyOne)
	r.work()
	r.run("schedule", "apply").ends(exitCompleted)
	r.session(exitCompleted)
	other := []string{"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo}
	row, all := r.readStatus(other, "what is not encrypted", r.Name, func(s integrationJSON) bool {
		return !s.LastGood.IsZero() && !s.Next.IsZero() && !s.WorkerPolled.IsZero()
	})
	if row.Status != "UNKNOWN" || !strings.Contains(row.Error, "PAYLOAD_ENCRYPTION_KEY") || severity[all.Code] < severity[plugUnknown] {
		t.Errorf("%s: %+v", all.Status, row)
	}
	r.runWith(other, "status").prints("– " + r.Name + ": not all can be read: ")
	both := []string{"PAYLOAD_ENCRYPTION_KEY=l:" + keyTwo + ",k:" + keyOne}
	r.readStatus(both, "it reads under both keys", r.Name, func(s integrationJSON) bool { return s.Status == "OK" && s.Error == "" })
}

func TestStatusShowsHowFarASessionIs(t *testing.T) {
	r := newRig(t, simulator.Options{
		Seed: 7, Apps: 150, People: 50, Pairs: 1500, Faults: simulator.Faults{Defender: simulator.PeerFaults{Latency: 2 * time.Second}},
	})
	r.run("schedule", "apply").ends(exitCompleted)
	r.run("run", "--full").ends(exitCompleted)
	waits, _ := r.readStatus(nil, "it waits", r.Name, func(s integrationJSON) bool { return len(s.Running) == 1 })
	if waits.Running[0].PickedUp || waits.Status != "WARNING" {
		t.Errorf("without a worker it is %+v", waits)
	}
	r.work()
	row, _ := r.readStatus(nil, "it has progress", r.Name, func(s integrationJSON) bool {
		return len(s.Running) == 1 && s.Running[0].AppsDone > 0
	})
	if got := row.Running[0]; !got.PickedUp || got.AppsKnown == 0 || got.Began.IsZero() || row.Code != plugOK {
		t.Errorf("it is %+v", row)
	}
	r.run("sessions", "cancel", "running").ends(exitCompleted)
}

func TestStatusIsUnknownWhereTemporalCannotBeAsked(t *testing.T) {
	r := newRig(t, simulator.Options{})
	r.runWith([]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "status").ends(plugUnknown).says("127.0.0.1:1")
	r.runWith([]string{"TEMPORAL_NAMESPACE=nowhere"}, "status").ends(plugUnknown).says("nowhere")
	r.runWith([]string{"INTEGRATION_NAME=not a name"}, "status").ends(plugUnknown).says("INTEGRATION_NAME")
	r.run("status", "now").ends(plugUnknown).says(`"now"`)
	r.run("status", "--timeout", "soon").ends(plugUnknown).says("timeout")
	r.run("status", "--timeout", "0s").ends(plugUnknown).says("--timeout")
	if began := time.Now(); r.run("status", "--timeout", "1ns").ends(plugUnknown).err == "" || time.Since(began) > 30*time.Second {
		t.Errorf("a status without time took %s", time.Since(began))
	}
}
