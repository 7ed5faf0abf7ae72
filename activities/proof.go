package activities

import (
	"context"
	"sync/atomic"
	"time"
)

// provenFor is how long a write that worked proves that Oomnitza takes writes.
const provenFor = time.Minute

// proof remembers when Oomnitza last took a write, so that a refusal can be
// told from a tenant that refuses everything.
type proof struct{ wrote atomic.Int64 } // Unix nanoseconds; 0: never

// worked notes that Oomnitza took a write.
func (p *proof) worked() { p.wrote.Store(time.Now().UnixNano()) }

// fresh reports whether a write worked a short while ago.
func (p *proof) fresh() bool {
	at := p.wrote.Load()
	return at > 0 && time.Since(time.Unix(0, at)) < provenFor
}

// blameOomnitza decides whose fault a refused or failing write is. nil means
// that the tenant is proven to work, by a write that it took a short while ago
// or by a read that is known to work, so that the fault is the row's alone;
// else the error is the tenant's.
func (a *Activities) blameOomnitza(ctx context.Context, cause error) error {
	if a.proof.fresh() {
		return nil
	}
	if err := a.oomnitza.Check(ctx); err != nil {
		return err
	}
	return nil
}
