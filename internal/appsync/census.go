package appsync

import (
	"context"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// keptFor is how long what was read of the tenant as a whole is good for.
const keptFor = 10 * time.Minute

// census is every record's id and name, read when a name is taken and no filter
// finds the record that has it.
type census struct {
	lock turn.Lock
	at   time.Time
	list []saas.Record
}

// findSameNames returns the records that have a name in whatever form the tenant
// gave it: escaped, cut off.
func (e *Engine) findSameNames(ctx context.Context, name string) ([]saas.Record, error) {
	e.census.lock.Lock()
	defer e.census.lock.Unlock()
	if e.census.at.IsZero() || time.Since(e.census.at) > keptFor {
		var list []saas.Record
		for rec, err := range e.target.AllSaaS(ctx) {
			if err != nil {
				return nil, err
			}
			list = append(list, saas.Record{ID: rec.ID, Name: rec.Name})
		}
		e.census.at, e.census.list = time.Now(), list
	}
	var out []saas.Record
	for _, rec := range e.census.list {
		if !saas.StoredAs(name, rec.Name) && saas.NameKey(name) != saas.NameKey(rec.Name) {
			continue
		}
		full, err := e.target.GetSaaS(ctx, rec.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, full)
	}
	return out, nil
}
