package query

import (
	"context"
	"slices"

	"defendersync/internal/saas"
	"defendersync/internal/suggest"
)

// FindApp finds a record by its name, whatever the case. The error for an unknown
// name is an *UnknownAppError with similar names.
func (s Source) FindApp(ctx context.Context, name string) (App, error) {
	var found []saas.Record
	err := s.retryPassing(ctx, func() (err error) {
		found, err = s.Oomnitza.FindSaaS(ctx, nil, []string{name})
		return err
	})
	if err != nil {
		return App{}, err
	}
	// A deleted record of the same name may come first.
	slices.SortStableFunc(found, func(a, b saas.Record) int { return int(a.State) - int(b.State) })
	for _, r := range found {
		if saas.NameKey(r.Name) == saas.NameKey(name) && r.State != saas.Gone {
			return s.appOf(r), nil
		}
	}
	// The tenant's filters may be case-sensitive, so all names are compared here.
	all, err := s.readRecords(ctx, func(App) bool { return true })
	if err != nil {
		return App{}, err
	}
	names := make([]string, len(all))
	for i, a := range all {
		if saas.NameKey(a.Name) == saas.NameKey(name) {
			return a, nil
		}
		names[i] = a.Name
	}
	return App{}, &UnknownAppError{name, suggest.FindNearest(name, slices.Values(names), 3)}
}
