package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/sync/errgroup"

	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// resolved is what came of looking for a person in Oomnitza.
type resolved struct {
	id      string // "" when the person could not be had
	created bool
	named   bool  // found by the username
	err     error // why not; this person's fault alone
}

// createAttempts bounds how often one person is tried: each further attempt
// follows a lost answer, and looks before it creates.
const createAttempts = 3

// resolve finds the people in Oomnitza and creates those that are not there;
// in a dry run, which dryRun names, it only counts them. The answer has an entry for every key (see personKey). An
// error is a failure of the tenant, not of a person.
func (a *Activities) resolve(ctx context.Context, people map[string]saas.Person, dryRun string) (map[string]resolved, error) {
	out := make(map[string]resolved, len(people))
	missing := make(map[string]saas.Person)
	for key, p := range people {
		if id := a.people.get(key); id != "" {
			out[key] = resolved{id: id}
		} else {
			missing[key] = p
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	found, err := a.lookUp(ctx, missing)
	if err != nil {
		return nil, err
	}
	a.claim(missing, found, out)
	if dryRun != "" {
		a.imagine(dryRun, missing, out)
		return out, nil
	}
	return out, a.createAll(ctx, missing, out)
}

// imagine stands in for creation in a dry run: the person gets an id that no
// tenant has.
func (a *Activities) imagine(dryRun string, missing map[string]saas.Person, out map[string]resolved) {
	for key, p := range missing {
		name := saas.Fold(p.Username)
		out[key] = resolved{id: dryID + name, created: a.rehearsal.person(dryRun, name)}
	}
}

// lookUp asks Oomnitza for people by username, then by email. Both the
// spelling that Defender gave and the folded one are asked for, since a
// tenant's filters may heed case; spell adds further spellings.
func (a *Activities) lookUp(ctx context.Context, want map[string]saas.Person, spell ...func(string) string) (map[string]resolved, error) {
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
	have, err := a.oomnitza.FindPeople(ctx, keys)
	if err != nil {
		return nil, err
	}
	byName := make(map[string]saas.Person, len(have))
	byEmail := make(map[string]saas.Person, len(have))
	for _, p := range have {
		byName[saas.Fold(p.Username)] = p
		if p.Email != "" {
			byEmail[saas.Fold(p.Email)] = p
		}
	}
	found := make(map[string]resolved, len(have))
	for key, p := range want {
		if got, ok := pickPerson(p, byName, byEmail); ok {
			found[key] = got
		}
	}
	return found, nil
}

// pickPerson chooses who a person is among those whom Oomnitza has: who has
// their username, unless that is somebody else, then who has their address,
// then who has a guest's user principal name.
func pickPerson(p saas.Person, byName, byEmail map[string]saas.Person) (resolved, bool) {
	named, ok := byName[saas.Fold(p.Username)]
	taken := ok && saas.AnotherAddress(p, named.Email)
	if ok && !taken {
		return resolved{id: named.ID, named: true}, true
	}
	if other, ok := byEmail[saas.Fold(p.Email)]; ok && p.Email != "" {
		return resolved{id: other.ID}, true
	}
	if p.UPN != "" {
		for _, by := range []map[string]saas.Person{byName, byEmail} {
			if other, ok := by[saas.Fold(p.UPN)]; ok {
				return resolved{id: other.ID}, true
			}
		}
	}
	return resolved{err: &twoPeople{saas.MaskName(named.Email)}}, taken
}

// spellings are the usual ones of a name that is taken, yet not found as we
// spell it: ALICE.SMITH@CONTOSO.COM and Alice.Smith@Contoso.Com.
var spellings = []func(string) string{strings.ToUpper, capitals}

// capitals spells every part of a name with a capital.
func capitals(s string) string {
	start := true
	return strings.Map(func(r rune) rune {
		if start {
			r = unicode.ToUpper(r)
		}
		start = !unicode.IsLetter(r) && !unicode.IsDigit(r)
		return r
	}, s)
}

// createAll creates the missing people side by side; the client's gate bounds
// how many at once.
func (a *Activities) createAll(ctx context.Context, missing map[string]saas.Person, out map[string]resolved) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(a.opts.Writers)
	for key, p := range missing {
		group.Go(func() error {
			got, err := a.createOnce(ctx, key, p)
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
func (a *Activities) createOnce(ctx context.Context, key string, p saas.Person) (resolved, error) {
	first := false
	v, err, _ := a.creating.Do(saas.Fold(p.Username), func() (any, error) {
		first = true
		name := saas.Fold(p.Username)
		if id := a.people.get(name); id != "" {
			return resolved{id: id}, nil
		}
		got, err := a.create(ctx, key, p)
		if got.id != "" {
			a.people.put(name, got.id) // for other spellings of the same person, and before the next may ask
		}
		return got, err
	})
	if err != nil {
		return resolved{}, err
	}
	got := v.(resolved)
	got.created = got.created && first
	if got.id != "" {
		a.people.put(key, got.id)
	}
	return got, nil
}

// create makes one person. When an answer is lost or the name turns out to be
// taken, it looks before it tries again, so that nobody is made twice.
func (a *Activities) create(ctx context.Context, key string, p saas.Person) (resolved, error) {
	var last error
	for range createAttempts {
		made, err := a.oomnitza.CreatePerson(ctx, p)
		if err == nil {
			return resolved{id: made.ID, created: true}, nil
		}
		if ctx.Err() != nil {
			return resolved{}, err
		}
		last = err
		kind := wire.KindOf(err)
		if kind == wire.KindRefused {
			return refusedPerson(p, err)
		}
		if kind != wire.KindConflict && !kind.Retryable() {
			return resolved{}, err
		}
		found, lookErr := a.lookUp(ctx, map[string]saas.Person{key: p})
		if lookErr == nil && len(found) == 0 && kind == wire.KindConflict {
			found, lookErr = a.lookUp(ctx, map[string]saas.Person{key: p}, spellings...)
		}
		if lookErr != nil {
			return resolved{}, lookErr
		}
		if got, ok := found[key]; ok {
			got.created = got.err == nil && kind != wire.KindConflict
			return got, nil
		}
		if kind == wire.KindConflict {
			break
		}
	}
	if wire.KindOf(last).Retryable() {
		return resolved{}, last
	}
	return resolved{err: last}, nil
}

// refusedPerson tells a refusal of this person from one of the role, which
// every other person would meet as well.
func refusedPerson(p saas.Person, err error) (resolved, error) {
	var e *wire.Error
	if errors.As(err, &e) && strings.Contains(strings.ToLower(e.Message), "role") {
		return resolved{}, &wire.Error{
			Peer: "Oomnitza", Op: "create a person", Kind: wire.KindConfig, Status: e.Status, Message: e.Message,
			Hint: fmt.Sprintf("INTEGRATION_DEFAULT_ROLE is %d: set it to the id of a role that the tenant has", p.Role),
		}
	}
	return resolved{err: err}, nil
}
