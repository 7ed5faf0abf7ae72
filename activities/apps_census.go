package activities

import (
	"context"
	"time"

	"defendersync/internal/oomnitza"
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
	list []oomnitza.SaaS
}

// sameNames are the records that stand under a name in whatever form the
// tenant gave it: escaped, cut off.
func (a *Activities) sameNames(ctx context.Context, name string) ([]oomnitza.SaaS, error) {
	a.census.mu.Lock()
	defer a.census.mu.Unlock()
	if a.census.at.IsZero() || time.Since(a.census.at) > censusKept {
		var list []oomnitza.SaaS
		for rec, err := range a.oomnitza.AllSaaS(ctx) {
			if err != nil {
				return nil, err
			}
			list = append(list, oomnitza.SaaS{ID: rec.ID, Name: rec.Name})
		}
		a.census.at, a.census.list = time.Now(), list
	}
	var out []oomnitza.SaaS
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
