package preflight

import (
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/sandbox"
	"defendersync/internal/testing/simulator"
)

// rig is both simulated tenants with a checker.
type rig struct {
	*sandbox.Sandbox
	t       *testing.T
	clients sandbox.Clients
	checker *Checker
	policy  saas.Policy
}

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	r := &rig{t: t, Sandbox: sandbox.OpenSandbox(t, o)}
	r.policy = r.Policy()
	r.clients = r.NewClients()
	r.checker = New(r.clients.Defender, r.clients.Oomnitza, time.Second)
	return r
}

// small is a tenant with lists of one and of several pages.
func small() simulator.Options {
	return simulator.Options{Apps: 12, People: 400, Pairs: 1500}
}

// behaving is a tenant whose lists behave in a way.
func behaving(o simulator.Options, l simulator.ListSwitches) simulator.Options {
	o.Variants.Unkind.Lists = l
	return o
}

// inBubble runs a subtest in which all waits are virtual.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// checkAll makes all checks. The tests decide about errors.
func (r *rig) checkAll(in contract.OpenSessionParams) (Findings, error) {
	in.Policy = r.policy
	return r.checker.CheckAll(r.t.Context(), in)
}

// must makes all checks, which are to succeed.
func (r *rig) must(in contract.OpenSessionParams) Findings {
	r.t.Helper()
	found, err := r.checkAll(in)
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}
