package appsync

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"defendersync/internal/saas"
)

// rehearsal remembers what the latest dry run would have written, so that it
// says the same as a session would: what one page creates, the next one finds.
// It lives in one worker's memory. A dry run that moves to another worker counts
// some records twice.
type rehearsal struct {
	mu     sync.Mutex
	run    string // run id of the session
	target *dryRun
}

// joinRun returns the target of a dry run; another run than the latest starts
// afresh.
func (r *rehearsal) joinRun(run string, tenant Reader) *dryRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.run != run {
		r.run, r.target = run, &dryRun{Reader: tenant, written: map[string]saas.Record{}, found: map[string]saas.Record{}, byKey: map[string]string{}}
	}
	return r.target
}

// dryRun is a Target that reads the tenant and writes to memory. Its writes
// never fail.
type dryRun struct {
	Reader // the tenant

	mu      sync.Mutex
	written map[string]saas.Record // as they would be now, by id
	found   map[string]saas.Record // those of them that the tenant has, as it has them
	byKey   map[string]string      // ids of those made, by their link keys and names
}

// FindSaaS implements Target.
func (d *dryRun) FindSaaS(ctx context.Context, linkKeys, names []string) ([]saas.Record, error) {
	found, err := d.Reader.FindSaaS(ctx, linkKeys, names)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, rec := range found {
		if now, ok := d.written[rec.ID]; ok {
			found[i] = now
		}
	}
	seen := map[string]bool{}
	for _, key := range slices.Concat(linkKeys, names) {
		if id := d.byKey[saas.Fold(key)]; id != "" && !seen[id] {
			seen[id] = true
			found = append(found, d.written[id])
		}
	}
	return found, nil
}

// GetSaaS implements Target.
func (d *dryRun) GetSaaS(ctx context.Context, id string) (saas.Record, error) {
	d.mu.Lock()
	rec, ok := d.written[id]
	d.mu.Unlock()
	if ok {
		return rec, nil
	}
	return d.Reader.GetSaaS(ctx, id)
}

// CreateSaaS implements Target. The record gets an id that no tenant has.
func (d *dryRun) CreateSaaS(_ context.Context, r saas.Record) (id string, err error) {
	app, _ := saas.ParseLinkKey(r.LinkKey)
	r.ID = saas.ImaginaryID(cmp.Or(app, r.Name))
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written[r.ID] = r
	for _, key := range []string{r.LinkKey, r.Name} {
		if key != "" {
			d.byKey[saas.Fold(key)] = r.ID
		}
	}
	return r.ID, nil
}

// WriteSaaS implements Target.
func (d *dryRun) WriteSaaS(_ context.Context, current, change saas.Record) (saas.Record, error) {
	change.ID = current.ID
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, again := d.written[change.ID]; !again {
		d.found[change.ID] = current
	}
	d.written[change.ID] = change
	return change, nil
}

// compareRecord returns a record as the tenant has it and as it would be; what is
// unknown of it by id is as it was found last.
func (d *dryRun) compareRecord(id string, last saas.Record) (before, after saas.Record) {
	d.mu.Lock()
	defer d.mu.Unlock()
	after, changed := d.written[id]
	if !changed {
		return last, last
	}
	return d.found[id], after
}

// TouchSaaS implements Target.
func (d *dryRun) TouchSaaS(context.Context, string) error { return nil }

// RefusedFields implements Target.
func (d *dryRun) RefusedFields(error, saas.Record, []saas.Field) []saas.Field { return nil }

// Blame implements Target.
func (d *dryRun) Blame(_ context.Context, cause error) error { return cause }

// ProveWrites implements Target.
func (d *dryRun) ProveWrites(context.Context) (bool, error) { return true, nil }
