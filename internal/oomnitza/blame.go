package oomnitza

import (
	"context"
	"slices"
	"sync"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

const (
	// provenFor is how long a successful write proves that the tenant takes
	// writes, where the refusal of a row is no sign of anything else.
	provenFor = time.Minute
	// provenBriefly is the same after a failure that every request might meet:
	// a revoked token, an outage.
	provenBriefly = 2 * time.Second
	// maxWitnesses bounds how many of our records are tried before writes are
	// taken to be forbidden: one of them may be what the tenant refuses.
	maxWitnesses = 3
	// maxExcused bounds the refusals that are taken to be a row's own fault
	// although no write was ever seen to succeed.
	maxExcused = 1
)

// writeProof remembers when the tenant last took a write, so that the refusal
// of one row can be told from a tenant that refuses everything.
type writeProof struct {
	mu        sync.Mutex
	wrote     time.Time // when a write last succeeded
	witnesses []string  // ids of records of ours, the latest last
	excused   int       // refusals excused without proof since a write succeeded
	trying    turn.Lock // held by whoever tries a write
}

// noteWrite notes that the tenant took a write.
func (p *writeProof) noteWrite() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote, p.excused = time.Now(), 0
}

// noteRecord notes that the tenant took a write of a record of ours. Writing
// the record once more changes nothing, and shows whether writes are taken.
func (p *writeProof) noteRecord(id string) {
	p.noteWrite()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.witnesses = slices.DeleteFunc(p.witnesses, func(have string) bool { return have == id })
	if p.witnesses = append(p.witnesses, id); len(p.witnesses) > maxWitnesses {
		p.witnesses = p.witnesses[1:]
	}
}

// wroteWithin reports whether a write succeeded no longer ago than that.
func (p *writeProof) wroteWithin(d time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.wrote.IsZero() && time.Since(p.wrote) < d
}

// listWitnesses returns the ids of records of ours, the latest first.
func (p *writeProof) listWitnesses() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := slices.Clone(p.witnesses)
	slices.Reverse(ids)
	return ids
}

// dropWitness forgets a record that no longer exists.
func (p *writeProof) dropWitness(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.witnesses = slices.DeleteFunc(p.witnesses, func(have string) bool { return have == id })
}

// excuseOnce reports whether one more refusal may pass without proof.
func (p *writeProof) excuseOnce() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.excused++
	return p.excused <= maxExcused
}

// Blame decides whose fault a refused or failing write is. nil means that the
// tenant is proven to work, so that the row alone is at fault; else the error is
// the tenant's, to be waited out if its kind is retryable.
//
// That a list can be read does not prove that anything may be written. After a
// 401 or 403 the proof is another write that succeeds: one of a moment ago, or
// one that writes a record of ours as it is.
func (c *Client) Blame(ctx context.Context, cause error) error {
	kind := httpx.KindOf(cause)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case kind == httpx.KindStopping, kind == httpx.KindRateLimited, kind == httpx.KindConfig && !httpx.IsAnswer(cause):
		return cause
	case kind == httpx.KindUnauthorized, kind == httpx.KindContract, kind == httpx.KindConfig:
		return c.blameDenial(ctx, cause)
	case kind.Retryable():
		return c.blameOutage(ctx, cause)
	case c.proof.wroteWithin(provenFor):
		return nil
	}
	return c.Check(ctx)
}

// blameDenial decides about a 401 or 403: the token is at fault, or something
// in this row that a firewall or a rule of the tenant does not let through.
func (c *Client) blameDenial(ctx context.Context, cause error) error {
	proven, err := c.ProveWrites(ctx)
	switch {
	case err != nil && httpx.KindOf(err) == httpx.KindOf(cause):
		return cause
	case err != nil:
		return err
	case proven, c.proof.wroteWithin(provenFor):
		return nil
	}
	return c.blameUnproven(ctx, cause)
}

// blameOutage decides about a write that keeps failing.
func (c *Client) blameOutage(ctx context.Context, cause error) error {
	if proven, err := c.ProveWrites(ctx); proven || err != nil {
		return err
	}
	return c.blameUnproven(ctx, cause)
}

// blameUnproven decides where there is no record of ours to write: the first
// failure is the row's, further ones are the tenant's.
func (c *Client) blameUnproven(ctx context.Context, cause error) error {
	if err := c.Check(ctx); err != nil {
		return err
	}
	if c.proof.excuseOnce() {
		return nil
	}
	return cause
}

// ProveWrites writes a record of ours as it is. It returns true when that
// succeeds, or another write succeeded a moment ago; an error when the tenant
// takes no write; and neither when there is no record of ours to try.
func (c *Client) ProveWrites(ctx context.Context) (proven bool, err error) {
	c.proof.trying.Lock()
	defer c.proof.trying.Unlock()
	if c.proof.wroteWithin(provenBriefly) {
		return true, nil
	}
	ids := c.proof.listWitnesses()
	if len(ids) == 0 {
		if ids, err = c.RecordsFrom(ctx, saas.Source, maxWitnesses); err != nil {
			return false, err
		}
	}
	for _, id := range ids {
		switch again := c.TouchSaaS(ctx, id); httpx.KindOf(again) {
		case "":
			if again != nil {
				return false, again
			}
			return true, nil
		case httpx.KindRefused, httpx.KindConflict:
			return true, nil // it reached the tenant, which took offence at a field
		case httpx.KindNotFound:
			c.proof.dropWitness(id)
		default:
			err = again
		}
	}
	return false, err
}
