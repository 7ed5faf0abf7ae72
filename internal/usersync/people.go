package usersync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/httpx"
	"defendersync/internal/notebook"
	"defendersync/internal/saas"
)

// resolved is what came of looking for a person in Oomnitza.
type resolved struct {
	id         string // "" when the person could not be had
	created    bool
	remembered bool  // the id is of an earlier page, so it may be out of date
	err        error // why not; this person's fault alone
}

// resolver finds people in Oomnitza and creates those who are not there.
type resolver struct {
	*Engine
	target  Target
	known   *peopleMemory
	notes   *notebook.Notebook // what was found out about the tenant
	waiting func(what string)  // tells that something is waited for
}

// resolve finds or creates people. The answer has an entry for every key (see
// personKey). An error is a failure of the tenant, not of a person.
func (r *resolver) resolve(ctx context.Context, people map[string]saas.Person) (map[string]resolved, error) {
	out := make(map[string]resolved, len(people))
	missing := make(map[string]saas.Person)
	for key, p := range people {
		if id := r.known.get(key); id != "" {
			out[key] = resolved{id: id, remembered: true}
		} else if why := r.known.whyNot(key); why != nil {
			out[key] = resolved{err: why}
		} else {
			missing[key] = p
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	found, err := r.lookUp(ctx, missing)
	if err == nil {
		err = r.findStoredOtherwise(ctx, missing, found)
	}
	if err != nil {
		return nil, err
	}
	r.claim(missing, found, out)
	return out, r.createAll(ctx, missing, out)
}

// match is what a look-up says of a person.
type match struct {
	id      string // of the one who is meant; "" when nobody is
	named   bool   // found by the username
	err     error  // why nobody can be meant; this person's fault alone
	deleted string // id of somebody deleted who has the username
}

// lookUp asks Oomnitza for people by username, then by email. Both the
// spelling that Defender gave and the folded one are asked for, since a
// tenant's filters may heed case; spell adds further spellings. Of several
// people the living go before the suspended, and the oldest before the others;
// the deleted are nobody.
func (r *resolver) lookUp(ctx context.Context, want map[string]saas.Person, spell ...func(string) string) (map[string]match, error) {
	have, refused, err := r.target.LookUpPeople(ctx, spelled(want, spell))
	if err != nil {
		return nil, err
	}
	byName, byEmail, dead := indexPeople(have)
	found := make(map[string]match, len(have))
	for key, p := range want {
		m := pickPerson(p, byName, byEmail)
		m.deleted = dead[saas.Fold(p.Username)].ID
		if m.id == "" && m.err == nil {
			m.err = unasked(p, refused)
		}
		found[key] = m
	}
	return found, nil
}

// unasked is why the tenant can't be asked for a person; nil when it can.
func unasked(p saas.Person, refused map[string]error) error {
	for _, name := range []string{p.Username, p.Email} {
		if why := refused[saas.Fold(name)]; why != nil {
			return why
		}
	}
	return nil
}

// pickPerson chooses who a person is among those whom Oomnitza has: who has
// their username, unless that is somebody else, then who has their address,
// then who has a guest's user principal name.
func pickPerson(p saas.Person, byName, byEmail map[string]saas.Person) match {
	named, ok := byName[saas.Fold(p.Username)]
	taken := ok && saas.AnotherAddress(p, named.Email)
	if ok && !taken {
		return match{id: named.ID, named: true}
	}
	if other, ok := byEmail[saas.Fold(p.Email)]; ok && p.Email != "" {
		return match{id: other.ID}
	}
	if p.UPN != "" {
		for _, by := range []map[string]saas.Person{byName, byEmail} {
			if other, ok := by[saas.Fold(p.UPN)]; ok {
				return match{id: other.ID}
			}
		}
	}
	if taken {
		return match{err: &twoPeople{saas.MaskName(named.Email)}}
	}
	return match{}
}

// spelled are the names under which people are asked for.
func spelled(want map[string]saas.Person, spell []func(string) string) []string {
	keys := make([]string, 0, 2*len(want))
	for _, p := range want {
		name := saas.Fold(p.Username)
		keys = append(keys, name)
		if p.Username != name {
			keys = append(keys, p.Username)
		}
		for _, other := range []string{p.Email, p.UPN} {
			if other != "" && !strings.EqualFold(other, p.Username) {
				keys = append(keys, other)
			}
		}
		for _, f := range spell {
			keys = append(keys, f(name))
		}
	}
	slices.Sort(keys) // so that the same people are asked for in the same words
	return keys
}

// indexPeople finds people by folded username and email: of each the one who is
// meant by it, and of the usernames also those of the deleted.
func indexPeople(have []saas.Person) (byName, byEmail, dead map[string]saas.Person) {
	byName, byEmail, dead = map[string]saas.Person{}, map[string]saas.Person{}, map[string]saas.Person{}
	enter := func(into map[string]saas.Person, name string, p saas.Person) {
		if other, ok := into[saas.Fold(name)]; name != "" && (!ok || before(p, other)) {
			into[saas.Fold(name)] = p
		}
	}
	for _, p := range have {
		if p.Deleted {
			enter(dead, p.Username, p)
			continue
		}
		enter(byName, p.Username, p)
		enter(byEmail, p.Email, p)
	}
	return byName, byEmail, dead
}

// before reports whether a person is meant rather than another of the same
// name: who may log in goes first, then who was there first.
func before(a, b saas.Person) bool { return comparePrecedence(a, b) < 0 }

// comparePrecedence orders people of one name by who is meant first. Ids are
// numbers, so the shorter one is the older one.
func comparePrecedence(a, b saas.Person) int {
	switch {
	case a.Restricted && !b.Restricted:
		return 1
	case !a.Restricted && b.Restricted:
		return -1
	}
	return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}

// createAll creates the missing people side by side; the client's gate bounds
// how many at once.
func (r *resolver) createAll(ctx context.Context, missing map[string]saas.Person, out map[string]resolved) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(r.opts.Writers)
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		group.Go(func() error {
			got, err := r.createOnce(ctx, key, missing[key])
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			out[key] = got
			return nil
		})
	}
	return group.Wait()
}

// createOnce creates one person, however many pages ask for it at the same
// time.
func (r *resolver) createOnce(ctx context.Context, key string, p saas.Person) (resolved, error) {
	first := false
	name := saas.Fold(p.Username)
	v, err, _ := r.known.creating.Do(name, func() (any, error) {
		first = true
		if id := r.known.get(name); id != "" {
			return resolved{id: id}, nil
		}
		if id := r.known.newborn(name); id != "" {
			return resolved{id: id}, nil
		}
		got, err := r.create(ctx, key, p)
		if err == nil && got.err != nil {
			r.known.refuse(key, got.err)
		}
		if got.id != "" {
			r.known.put(name, got.id) // for other spellings of the same person, and before the next may ask
		}
		return got, err
	})
	if !first && errors.Is(err, context.Canceled) && ctx.Err() == nil {
		return r.createOnce(ctx, key, p) // the page that was creating them has ended
	}
	if err != nil {
		return resolved{}, err
	}
	got := v.(resolved)
	got.created = got.created && first
	if got.id != "" {
		r.known.put(key, got.id)
	}
	return got, nil
}

// pauseFor waits for a tenant, visibly.
func (r *resolver) pauseFor(ctx context.Context, what string, try int) error {
	r.waiting(what)
	return r.waitBriefly(ctx, try)
}

// personError is the error of a person who can't be had, in our own words.
func personError(format string, args ...any) error {
	return &httpx.Error{Peer: "Oomnitza", Op: "find a person", Kind: httpx.KindConflict, Message: fmt.Sprintf(format, args...)}
}
