package query

import (
	"context"
	"errors"
	"strings"
	"sync"

	"defendersync/internal/saas"
)

// peopleKept bounds the people who are remembered from app to app, which take
// some 150 bytes each.
const peopleKept = 50_000

// person is what a row tells of a person besides the assignment.
type person struct {
	name      string
	role      int
	suspended bool // may not log in
}

// people looks up who is behind usernames and remembers the answers. When the
// younger half is full the older half is forgotten, so that memory does not
// grow with the tenant. It is safe for concurrent use.
type people struct {
	source     Source
	mu         sync.Mutex
	young, old map[string]person // by username, folded
}

func newPeople(s Source) *people {
	return &people{source: s, young: map[string]person{}, old: map[string]person{}}
}

// errEnough ends the reading of all people.
var errEnough = errors.New("enough people")

// prime reads the people of the tenant, as many as are remembered, which takes
// far fewer requests than to look them up app by app.
func (p *people) prime(ctx context.Context) error {
	read := 0
	err := p.source.insist(ctx, func() error {
		return p.source.Oomnitza.EachPerson(ctx, func(page []saas.Person) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, one := range page {
				p.learn(one)
			}
			read += len(page)
			p.source.step("people read from Oomnitza", read, 0)
			if read >= peopleKept {
				return errEnough
			}
			return nil
		})
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// find gives the people behind usernames, by the folded name.
func (p *people) find(ctx context.Context, usernames []string) (map[string]person, error) {
	found := make(map[string]person, len(usernames))
	var missing []string
	p.mu.Lock()
	for _, name := range usernames {
		key := saas.Fold(name)
		if one, ok := p.recall(key); ok {
			found[key] = one
		} else if name != "" {
			missing = append(missing, name)
		}
	}
	p.mu.Unlock()
	if len(missing) == 0 {
		return found, nil
	}
	var people []saas.Person
	err := p.source.insist(ctx, func() (err error) {
		people, err = p.source.Oomnitza.FindPeople(ctx, missing)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range people {
		p.learn(one)
	}
	for _, name := range missing {
		key := saas.Fold(name)
		one, ok := p.recall(key)
		if !ok {
			p.keep(key, one)
		}
		found[key] = one
	}
	return found, nil
}

// learn takes in a person. Of two of one username the one who may log in counts.
func (p *people) learn(one saas.Person) {
	key := saas.Fold(one.Username)
	if known, ok := p.recall(key); ok && known.role != 0 && !known.suspended && one.Restricted {
		return
	}
	p.keep(key, person{strings.TrimSpace(one.FirstName + " " + one.LastName), one.Role, one.Restricted})
}

func (p *people) recall(key string) (person, bool) {
	one, ok := p.young[key]
	if !ok {
		one, ok = p.old[key]
	}
	return one, ok
}

func (p *people) keep(key string, one person) {
	if len(p.young) >= peopleKept/2 {
		p.old, p.young = p.young, make(map[string]person, peopleKept/8)
	}
	p.young[key] = one
}
