package usersync

import (
	"context"
	"testing"

	"defendersync/internal/saas"
)

// crowd is a Target with people without end.
type crowd struct {
	Target
	page  int // people on a page
	pages int // read
}

func (c *crowd) EachPerson(_ context.Context, visit func([]saas.Person) error) error {
	for {
		c.pages++
		if err := visit(make([]saas.Person, c.page)); err != nil {
			return err
		}
	}
}

func TestPeopleAreReadUpToABoundAndOnce(t *testing.T) {
	for page, pages := range map[int]int{maxEverybody / 2: 3, maxEverybody/2 + 1: 2, maxEverybody + 1: 1} {
		to := &crowd{page: page}
		var e everybody
		for range 2 {
			if err := e.loadPeople(t.Context(), to); err != nil || to.pages != pages {
				t.Errorf("%d pages of %d people are read, not %d; %v", to.pages, page, pages, err)
			}
		}
	}
}
