package e2e

import (
	"defendersync/internal/contract"
	"defendersync/internal/testing/reasons"
)

// explained makes sure that the documents explain whatever a session has
// rejected, skipped and noted.
func (b *bench) explained(r contract.SessionResult) {
	b.t.Helper()
	rows, err := reasons.Load()
	if err != nil {
		b.t.Fatal(err)
	}
	look := func(kind reasons.Kind, text string) {
		if _, ok := rows.Find(kind, text); !ok {
			b.t.Errorf("docs/reasons.md has no row for what the session says (%s): %s", kind, text)
		}
	}
	for _, n := range r.Rejects.ByReason {
		look(reasons.Rejected, n.Reason)
	}
	for _, n := range r.Skips.ByReason {
		look(reasons.Skipped, n.Reason)
	}
	for _, text := range r.Warnings {
		look(reasons.Noted, text)
	}
}
