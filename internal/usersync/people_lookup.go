package usersync

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"defendersync/internal/saas"
)

// match is what a look-up says of a person.
type match struct {
	id      string // of the one who is meant; "" when nobody is
	named   bool   // found by the username
	err     error  // why nobody can be meant; this person's fault alone
	deleted string // id of somebody deleted who has the username
}

// isOpen reports whether it is still to be found out who is meant.
func (m match) isOpen() bool { return m.id == "" && m.err == nil }

// lookUp asks the target for people by username, then by email; the matches are
// in the order of the visits. Both the spelling that the source gave and the
// folded one are asked for, since a target's filters may heed case; spell adds
// further spellings. Of several people the living go before the suspended, and
// the oldest before the others; the deleted are nobody.
func (r *resolver) lookUp(ctx context.Context, visits []*visit, spell ...func(string) string) ([]match, error) {
	have, refused, err := r.target.LookUpPeople(ctx, spellNames(visits, spell))
	if err != nil {
		return nil, err
	}
	index := indexPeople(have)
	found := make([]match, len(visits))
	for i, v := range visits {
		m := index.pickPerson(*v.person)
		if m.isOpen() {
			m.err = findRefusal(*v.person, refused)
		}
		found[i] = m
	}
	return found, nil
}

// findRefusal is why the target can't be asked for a person; nil when it can.
func findRefusal(p saas.Person, refused map[string]error) error {
	for _, name := range []string{p.Username, p.Email} {
		if why := refused[saas.Fold(name)]; why != nil {
			return why
		}
	}
	return nil
}

// spellNames lists the names under which people are asked for.
func spellNames(visits []*visit, spell []func(string) string) []string {
	var keys []string
	for _, v := range visits {
		p := v.person
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

// peopleIndex finds people by what is folded: of each name and address the one
// who is meant by it, and of the usernames also those of the deleted.
type peopleIndex struct {
	byName, byEmail, dead map[string]saas.Person
}

func indexPeople(have []saas.Person) peopleIndex {
	x := peopleIndex{map[string]saas.Person{}, map[string]saas.Person{}, map[string]saas.Person{}}
	enter := func(into map[string]saas.Person, name string, p saas.Person) {
		if other, ok := into[saas.Fold(name)]; name != "" && (!ok || comparePrecedence(p, other) < 0) {
			into[saas.Fold(name)] = p
		}
	}
	for _, p := range have {
		if p.Deleted {
			enter(x.dead, p.Username, p)
			continue
		}
		enter(x.byName, p.Username, p)
		enter(x.byEmail, p.Email, p)
	}
	return x
}

// comparePrecedence orders people of one name by who is meant first: who may
// log in goes first, then who was there first. Ids are numbers, so the shorter
// one is the older one.
func comparePrecedence(a, b saas.Person) int {
	switch {
	case a.Restricted && !b.Restricted:
		return 1
	case !a.Restricted && b.Restricted:
		return -1
	}
	return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
}

// pickPerson chooses who a person is: who has their username, unless that is somebody
// else, then who has their address, then who has a guest's user principal name.
func (x peopleIndex) pickPerson(p saas.Person) match {
	name := saas.Fold(p.Username)
	named, ok := x.byName[name]
	taken := ok && saas.AnotherAddress(p, named.Email)
	m := match{deleted: x.dead[name].ID}
	if ok && !taken {
		m.id, m.named = named.ID, true
		return m
	}
	if other, ok := x.byEmail[saas.Fold(p.Email)]; ok && p.Email != "" {
		m.id = other.ID
		return m
	}
	if p.UPN != "" {
		for _, by := range []map[string]saas.Person{x.byName, x.byEmail} {
			if other, ok := by[saas.Fold(p.UPN)]; ok {
				m.id = other.ID
				return m
			}
		}
	}
	if taken {
		m.err = &twoPeople{saas.MaskName(named.Email)}
	}
	return m
}
