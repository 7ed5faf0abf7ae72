package main

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// bench is what the lines share.
type bench struct {
	server *harness.Server
	scale  float64
	real   bool
}

// scaleSize scales a number of things in a tenant.
func (b *bench) scaleSize(n int) int { return max(int(float64(n)*b.scale), 10) }

// tenant is an integration with a worker that serves it.
type tenant struct {
	*harness.Integration
	worker *harness.Process
}

// openTenant makes simulated tenants and starts a worker for them.
func (b *bench) openTenant(o simulator.Options, settings ...string) (*tenant, error) {
	o.Seed = 7
	in := b.server.NewIntegration(o, append([]string{"INTEGRATION_HEARTBEAT=15s"}, settings...)...)
	w, err := in.StartWorker("INTEGRATION_HEARTBEAT=15s")
	if err != nil {
		in.Close()
		return nil, err
	}
	return &tenant{in, w}, nil
}

func (t *tenant) closeTenant() {
	t.worker.KillAndWait()
	t.Integration.Close()
}

// runSession runs a session that is expected to complete.
func (t *tenant) runSession(ctx context.Context, flags ...string) (contract.SessionResult, error) {
	r, out, err := t.RunSession(ctx, flags...)
	if err != nil {
		return r, err
	}
	if r.Outcome != saas.OutcomeCompleted {
		return r, fmt.Errorf("the session ended as %q: %s %s\n%s", r.Outcome, r.Error, out.Err, t.worker.ReadLog())
	}
	return r, nil
}

// checkComplete makes sure that Oomnitza holds every pair of the truth: a fast
// session that did half the work is none.
func (t *tenant) checkComplete(r contract.SessionResult) error {
	rows, pairs := 0, 0 // a pair has a row in every stream that knows it
	for app := range t.Sim.Truth() {
		people := map[int]bool{}
		for _, u := range app.Users {
			people[u.Person] = true
		}
		rows, pairs = rows+len(app.Users), pairs+len(people)
	}
	held := t.Sim.Totals().Assignments
	if r.Counts.Users.Seen != rows || held != pairs {
		return fmt.Errorf("Defender has %d pairs in %d rows, the session saw %d rows, Oomnitza holds %d pairs", pairs, rows, r.Counts.Users.Seen, held)
	}
	if v := t.Sim.Violations(); len(v) > 0 {
		return fmt.Errorf("the session broke the vendors' rules: %s", v[0])
	}
	return nil
}

// pairsPerSecond is the pairs carried over a second, over the session's whole duration.
func pairsPerSecond(r contract.SessionResult) float64 {
	return float64(r.Counts.Users.Seen) / max(r.Ended.Sub(r.Began), time.Millisecond).Seconds()
}
