package preflight

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"defendersync/internal/saas"
)

const (
	// maxRolePeople bounds how many people are looked at for their roles: 20
	// requests, or a quarter of a minute with a slow tenant.
	maxRolePeople = 10_000
	// roleExamples is how many members of a role are named.
	roleExamples = 3
)

// Role is a role of Oomnitza as it was seen among people. The API has no call that
// lists roles, and none that names one.
type Role struct {
	ID         int
	Members    int
	Restricted int      // of them, those who may not log in
	Some       []string // usernames of a few
}

// Roles are the roles that were seen, those with the most members first.
type Roles struct {
	List    []Role
	People  int  // looked at, without deleted ones
	Without int  // of them, those without a role that could be read
	Whole   bool // nobody is left to look at
}

// PeopleReader lists the people of a tenant, a page at a time.
type PeopleReader interface {
	EachPerson(ctx context.Context, visit func([]saas.Person) error) error
}

// errEnough ends the reading of people.
var errEnough = errors.New("enough people were seen")

// ReadRoles finds the roles of the first ten thousand people. Members are the
// operator's own people, and are named as they are.
func ReadRoles(ctx context.Context, from PeopleReader) (Roles, error) {
	seen, read := map[int]*Role{}, 0
	out := Roles{Whole: true}
	err := from.EachPerson(ctx, func(people []saas.Person) error {
		for _, p := range people {
			out.countPerson(seen, p)
		}
		if read += len(people); read >= maxRolePeople {
			out.Whole = false
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return Roles{}, err
	}
	for _, r := range seen {
		out.List = append(out.List, *r)
	}
	slices.SortFunc(out.List, func(a, b Role) int { return cmp.Or(b.Members-a.Members, a.ID-b.ID) })
	return out, nil
}

// countPerson counts somebody who is not deleted.
func (r *Roles) countPerson(seen map[int]*Role, p saas.Person) {
	if p.Deleted {
		return
	}
	r.People++
	if p.Role <= 0 {
		r.Without++
		return
	}
	role := seen[p.Role]
	if role == nil {
		role = &Role{ID: p.Role}
		seen[p.Role] = role
	}
	if role.Members++; p.Restricted {
		role.Restricted++
	}
	if len(role.Some) < roleExamples {
		role.Some = append(role.Some, p.Username)
	}
}
