package e2e

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
)

// agree expects Oomnitza to hold all that an oracle says and nothing else.
func (b *bench) agree(o *oracle.Oracle) {
	b.t.Helper()
	if found := o.FindDifferences(b.Sim); len(found) > 0 {
		b.t.Errorf("%d differences from the oracle, the first:\n%s", len(found), oracle.JoinTexts(found))
	}
}

// agreeOnActive compares the Total Active Users of our records, as of a session
// that read everything.
func (b *bench) agreeOnActive(o *oracle.Oracle, began time.Time) {
	b.t.Helper()
	if found := o.ActiveDifferences(b.Sim, began); len(found) > 0 {
		b.t.Errorf("Total Active Users is wrong %d times:\n%s", len(found), oracle.JoinTexts(found))
	}
}

// session runs a session and expects an outcome of it.
func (b *bench) session(want saas.Outcome, flags ...string) contract.SessionResult {
	b.t.Helper()
	r, out, err := b.RunSession(b.ctx, flags...)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Outcome != want {
		b.t.Fatalf("outcome %q, not %q: %s\nrejects: %+v\n%s", r.Outcome, want, r.Error, r.Rejects, out.Err)
	}
	codes := map[saas.Outcome]int{saas.OutcomeCompleted: 0, saas.OutcomeCompletedWithErrors: 3}
	code, ok := codes[want]
	if !ok {
		code = 1
	}
	if out.Code != code {
		b.t.Errorf("%s ended with exit code %d, not %d", want, out.Code, code)
	}
	b.explained(r)
	return r
}
