package appsync

import (
	"context"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/turn"
)

// accounts remembers for a while whom a name means.
type accounts struct {
	lock  turn.Lock
	since time.Time
	known map[string]saas.Account // without an id: nobody, or several people
}

// resolveName returns the account that a name means; without an id where that cannot
// be told.
func (a *accounts) resolveName(ctx context.Context, from Reader, name string) (saas.Account, error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if a.known == nil || time.Since(a.since) > keptFor {
		a.known, a.since = map[string]saas.Account{}, time.Now()
	}
	key := saas.Fold(name)
	if account, ok := a.known[key]; ok {
		return account, nil
	}
	account, _, err := from.FindAccount(ctx, name)
	if err == nil {
		a.known[key] = account
	}
	return account, err
}

// isKnown reports whether "Created by" means a user of whom all names are known
// already.
func (a *accounts) isKnown(user, createdBy string) bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.known[saas.Fold(user)].IsNamed(createdBy)
}

// noteAccount takes in the account that a name means, as somebody else found it.
func (a *accounts) noteAccount(name string, account saas.Account) {
	a.lock.Lock()
	defer a.lock.Unlock()
	if a.known == nil {
		a.known, a.since = map[string]saas.Account{}, time.Now()
	}
	a.known[saas.Fold(name)] = account
}
