package query

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/saas"
	"defendersync/internal/suggest"
)

// mostNamed is how many people a note or an error names.
const mostNamed = 10

// FindPerson finds the people whose username, or else whose email address, is who,
// whatever the case. Several may share an address; a note then names them. The error
// for nobody is an *UnknownPersonError with the usernames that may be meant.
func (s Source) FindPerson(ctx context.Context, who string) ([]saas.Person, error) {
	var found []saas.Person
	err := s.retryPassing(ctx, func() (err error) {
		found, err = s.Oomnitza.FindPeople(ctx, []string{who})
		return err
	})
	if err != nil && httpx.KindOf(err) != httpx.KindRefused { // a name that can't be asked for may be read
		return nil, err
	}
	if found = choosePeople(found, who); len(found) == 0 {
		if found, err = s.searchPeople(ctx, who); err != nil {
			return nil, err
		}
	}
	if len(found) > 1 {
		s.addNote(fmt.Sprintf("%d people match %q, and all are included: %s", len(found), who, listPeople(found)))
	}
	return found, nil
}

// choosePeople keeps the people whose username is who, or else those whose email
// address is.
func choosePeople(people []saas.Person, who string) (out []saas.Person) {
	key := saas.Fold(who)
	for _, of := range []func(saas.Person) string{func(p saas.Person) string { return p.Username }, func(p saas.Person) string { return p.Email }} {
		for _, p := range people {
			if saas.Fold(of(p)) == key && !p.Deleted {
				out = append(out, p)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// searchPeople reads all people and compares them here, since the tenant's filters
// may heed case. Of those who don't match it keeps only who may be meant.
func (s Source) searchPeople(ctx context.Context, who string) ([]saas.Person, error) {
	var found, named []saas.Person
	var err error
	key := saas.Fold(who)
	near := suggest.FindNearest(who, func(yield func(string) bool) {
		err = s.retryPassing(ctx, func() error {
			found, named = nil, nil
			return s.Oomnitza.EachPerson(ctx, func(page []saas.Person) error {
				for _, p := range page {
					switch {
					case p.Deleted:
						continue
					case saas.Fold(p.Username) == key, saas.Fold(p.Email) == key:
						found = append(found, p)
					case saas.Fold(p.FirstName+" "+p.LastName) == key && len(named) < mostNamed:
						named = append(named, p)
					}
					if !yield(p.Username) {
						return errEnough
					}
				}
				return nil
			})
		})
	}, 3)
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	if found = choosePeople(found, who); len(found) > 0 {
		return found, nil
	}
	if len(named) > 0 { // a name, in place of a username
		near = nil
		for _, p := range named {
			near = append(near, p.Username)
		}
	}
	return nil, &UnknownPersonError{who, near}
}

// listPeople names people by their usernames.
func listPeople(people []saas.Person) string {
	var names []string
	for _, p := range people {
		if len(names) == mostNamed {
			names = append(names, fmt.Sprintf("and %d more", len(people)-mostNamed))
			break
		}
		names = append(names, p.Username)
	}
	return strings.Join(names, ", ")
}

// keepAppsOf keeps the apps that Oomnitza lists for people: a request for each of
// them, in place of one for each app. Where it lists none for somebody, all apps are
// kept.
func (s Source) keepAppsOf(ctx context.Context, who []saas.Person, apps []App) ([]App, error) {
	listed := map[string]bool{}
	for _, p := range who {
		var ids []string
		var known bool
		err := s.retryPassing(ctx, func() (err error) {
			ids, known, err = s.Oomnitza.Uses(ctx, p.ID)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("the apps of %s: %w", clipName(p.Username), err)
		}
		if !known || len(ids) == 0 {
			s.addNote(fmt.Sprintf("Oomnitza lists no apps for %s, or not all of them, so the users of %s are read", clipName(p.Username), countNoun(len(apps), "app")))
			return apps, nil
		}
		for _, id := range ids {
			listed[id] = true
		}
	}
	return slices.DeleteFunc(apps, func(a App) bool { return !listed[a.ID] }), nil
}

// seatFilter keeps the seats of some people.
type seatFilter struct{ ids, names map[string]bool }

func newSeatFilter(people []saas.Person) *seatFilter {
	f := &seatFilter{map[string]bool{}, map[string]bool{}}
	for _, p := range people {
		f.ids[p.ID], f.names[saas.Fold(p.Username)] = true, true
	}
	return f
}

// keepSeats keeps the seats of the people.
func (f *seatFilter) keepSeats(seats []oomnitza.Seat) []oomnitza.Seat {
	return slices.DeleteFunc(seats, func(seat oomnitza.Seat) bool {
		return !f.ids[seat.UserID] && (seat.Username == "" || !f.names[saas.Fold(seat.Username)])
	})
}
