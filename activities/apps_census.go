package activities

import (
	"context"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// censusKept is how long a reading of all records is good for.
const censusKept = 10 * time.Minute

// census is every record's id and name, read when a name is taken and no
// filter finds the record that has it.
type census struct {
	mu   turn.Lock
	at   time.Time
	list []saas.Record
}

// sameNames are the records that stand under a name in whatever form the
// tenant gave it: escaped, cut off.
func (a *Activities) sameNames(ctx context.Context, name string) ([]saas.Record, error) {
	a.census.mu.Lock()
	defer a.census.mu.Unlock()
	if a.census.at.IsZero() || time.Since(a.census.at) > censusKept {
		var list []saas.Record
		for rec, err := range a.oomnitza.AllSaaS(ctx) {
			if err != nil {
				return nil, err
			}
			list = append(list, saas.Record{ID: rec.ID, Name: rec.Name})
		}
		a.census.at, a.census.list = time.Now(), list
	}
	var out []saas.Record
	for _, rec := range a.census.list {
		if !saas.StoredAs(name, rec.Name) && saas.NameKey(name) != saas.NameKey(rec.Name) {
			continue
		}
		full, err := a.oomnitza.GetSaaS(ctx, rec.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, full)
	}
	return out, nil
}
