package activities

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

const (
	// provenFor is how long a write that worked proves that Oomnitza takes
	// writes, where the refusal of a row is no sign of anything else.
	provenFor = time.Minute
	// provenNow is the same after a failure that every request might meet: a
	// token that was revoked, an outage.
	provenNow = 2 * time.Second
	// maxWitnesses bounds how many of our records are tried before writes are
	// believed to be forbidden: one of them may be what is refused.
	maxWitnesses = 3
	// maxExcused bounds the refusals that are held to be a row's own fault
	// although no write was ever seen to work.
	maxExcused = 1
)

// proof remembers when Oomnitza last took a write, so that a refusal can be
// told from a tenant that refuses everything.
type proof struct {
	mu        sync.Mutex
	wrote     time.Time // when a write last worked
	witnesses []string  // ids of records of ours, the latest last
	excused   int       // refusals passed over without any proof, since a write worked
	trying    turn
}

// worked notes that Oomnitza took a write.
func (p *proof) worked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote, p.excused = time.Now(), 0
}

// ours notes a record of ours that could be written. Writing it once more
// changes nothing, and tells whether Oomnitza takes writes.
func (p *proof) ours(id string) {
	if imaginary(id) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.witnesses = slices.DeleteFunc(p.witnesses, func(have string) bool { return have == id })
	if p.witnesses = append(p.witnesses, id); len(p.witnesses) > maxWitnesses {
		p.witnesses = p.witnesses[1:]
	}
}

// within reports whether a write worked no longer ago than that.
func (p *proof) within(d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.wrote.IsZero() && time.Since(p.wrote) < d
}

// known are the ids of records of ours, the latest first.
func (p *proof) known() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := slices.Clone(p.witnesses)
	slices.Reverse(ids)
	return ids
}

// excuse reports whether one more refusal may pass without any proof.
func (p *proof) excuse() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.excused++
	return p.excused <= maxExcused
}

// blameOomnitza decides whose fault a refused or failing write is. nil means
// that the tenant is proven to work, so that the fault is the row's alone;
// else the error is the tenant's, to be waited out if its kind is retryable.
//
// That a list can be read does not prove that anything may be written. After
// a 401 or 403 the proof is another write that works: one of a moment ago, or
// one that writes a record of ours as it is. Callers say worked after each
// write that Oomnitza took.
func (a *Activities) blameOomnitza(ctx context.Context, cause error) error {
	kind := httpx.KindOf(cause)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case kind == httpx.KindStopping, kind == httpx.KindRateLimited, kind == httpx.KindConfig && !answered(cause):
		return cause
	case kind == httpx.KindUnauthorized, kind == httpx.KindContract, kind == httpx.KindConfig:
		return a.blameForbidden(ctx, cause)
	case kind.Retryable():
		return a.blameOutage(ctx, cause)
	case a.proof.within(provenFor):
		return nil
	}
	return a.oomnitza.Check(ctx)
}

// answered reports whether an error is of an answer: a redirect to a login page,
// say, which a firewall may give to a single request.
func answered(err error) bool {
	var e *httpx.Error
	return errors.As(err, &e) && e.Status != 0
}

// blameForbidden decides about a 401 or 403: the token's fault, or something
// about this row that a firewall or a rule of the tenant's does not like.
func (a *Activities) blameForbidden(ctx context.Context, cause error) error {
	proven, err := a.tryWrite(ctx)
	switch {
	case err != nil && httpx.KindOf(err) == httpx.KindOf(cause):
		return cause
	case err != nil:
		return err
	case proven, a.proof.within(provenFor):
		return nil
	}
	return a.blameUnproven(ctx, cause)
}

// blameOutage decides about a write that keeps failing.
func (a *Activities) blameOutage(ctx context.Context, cause error) error {
	if proven, err := a.tryWrite(ctx); proven || err != nil {
		return err
	}
	return a.blameUnproven(ctx, cause)
}

// blameUnproven decides where nothing of ours is there yet that could be
// written: one failure is the row's, further ones are the tenant's.
func (a *Activities) blameUnproven(ctx context.Context, cause error) error {
	if err := a.oomnitza.Check(ctx); err != nil {
		return err
	}
	if a.proof.excuse() {
		return nil
	}
	return cause
}

// tryWrite writes a record of ours as it is. It is proven that Oomnitza takes
// writes when that works, or worked a moment ago; an error says that it takes
// none. Neither: there is no record of ours to try.
func (a *Activities) tryWrite(ctx context.Context) (proven bool, err error) {
	a.proof.trying.Lock()
	defer a.proof.trying.Unlock()
	if a.proof.within(provenNow) {
		return true, nil
	}
	ids := a.proof.known()
	if len(ids) == 0 {
		if ids, err = a.oomnitza.RecordsFrom(ctx, saas.Source, maxWitnesses); err != nil {
			return false, err
		}
	}
	for _, id := range ids {
		switch again := a.oomnitza.TouchSaaS(ctx, id); httpx.KindOf(again) {
		case "":
			if again != nil {
				return false, again
			}
			a.proof.worked()
			a.proof.ours(id)
			return true, nil
		case httpx.KindRefused, httpx.KindConflict:
			// It came through to the tenant, which took offence at a field.
			return true, nil
		case httpx.KindNotFound:
			a.proof.forget(id)
		default:
			err = again
		}
	}
	return false, err
}

// forget drops a record that is no longer there.
func (p *proof) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.witnesses = slices.DeleteFunc(p.witnesses, func(have string) bool { return have == id })
}
