package query

import (
	"context"
	"errors"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"defendersync/internal/saas"
)

// peopleKept bounds the people who are remembered from app to app, which take
// some 150 bytes each.
const maxPeople = 50_000

// personFacts are what a row tells of a person besides the assignment.
type personFacts struct {
	name      string
	role      int
	suspended bool // may not log in
}

// people looks up who is behind usernames and remembers the answers, as many as
// peopleKept: memory does not grow with the tenant. It is safe for concurrent
// use.
type people struct {
	source Source
	mu     sync.Mutex
	known  *simplelru.LRU[uint64, personFacts] // by nameHash
}

func newPeople(s Source) *people {
	known, _ := simplelru.NewLRU[uint64, personFacts](maxPeople, nil) // its one error is a size below 1
	return &people{source: s, known: known}
}

var hashSeed = maphash.MakeSeed()

// nameHash stands for a username in memory, whatever its case. With 50,000
// people the odds that two have the same are 1 in 10^10.
func nameHash(username string) uint64 { return maphash.String(hashSeed, saas.Fold(username)) }

// errEnough ends the reading of all people.
var errEnough = errors.New("enough people")

// preload reads the people of the tenant, as many as are remembered, which takes
// far fewer requests than to look them up app by app.
func (p *people) preload(ctx context.Context) error {
	read := 0
	err := p.source.retryPassing(ctx, func() error {
		return p.source.Oomnitza.EachPerson(ctx, func(page []saas.Person) error {
			p.remember(page)
			read += len(page)
			p.source.showStep("people read from Oomnitza", read, 0)
			if read >= maxPeople {
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

// findAll returns the people behind usernames, in the same order. Whom Oomnitza
// does not know has no facts.
func (p *people) findAll(ctx context.Context, usernames []string) ([]personFacts, error) {
	found, missing := p.recall(usernames)
	if len(missing) == 0 {
		return found, nil
	}
	asked := make([]string, len(missing))
	for i, at := range missing {
		asked[i] = usernames[at]
	}
	var answer []saas.Person
	err := p.source.retryPassing(ctx, func() (err error) {
		answer, err = p.source.Oomnitza.FindPeople(ctx, asked)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.remember(answer)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range missing {
		key := nameHash(usernames[at])
		one, known := p.known.Get(key)
		if !known {
			p.known.Add(key, one) // so that nobody asks again
		}
		found[at] = one
	}
	return found, nil
}

// recall returns the people who are remembered, and the places of the others.
func (p *people) recall(usernames []string) (found []personFacts, missing []int) {
	found = make([]personFacts, len(usernames))
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, name := range usernames {
		one, known := p.known.Get(nameHash(name))
		if found[i] = one; !known && name != "" {
			missing = append(missing, i)
		}
	}
	return found, missing
}

// remember takes in people. Of two with one username the one who may log in
// counts.
func (p *people) remember(page []saas.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range page {
		key := nameHash(one.Username)
		if known, ok := p.known.Get(key); ok && known.role != 0 && !known.suspended && one.Restricted {
			continue
		}
		p.known.Add(key, personFacts{strings.TrimSpace(one.FirstName + " " + one.LastName), one.Role, one.Restricted})
	}
}
