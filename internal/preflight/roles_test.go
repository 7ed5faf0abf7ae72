package preflight

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"defendersync/internal/saas"
)

// peoplePages are people in pages; the error comes after them.
type peoplePages struct {
	pages [][]saas.Person
	err   error
	asked int
}

func (p *peoplePages) EachPerson(_ context.Context, visit func([]saas.Person) error) error {
	for _, page := range p.pages {
		p.asked++
		if err := visit(page); err != nil {
			return err
		}
	}
	return p.err
}

func TestRolesAreCountedAmongPeople(t *testing.T) {
	people := &peoplePages{pages: [][]saas.Person{
		{{Username: "a", Role: 25}, {Username: "b", Role: 1, Restricted: true}, {Username: "c", Role: 25}, {Username: "gone", Role: 7, Deleted: true}},
		{{Username: "d", Role: 25}, {Username: "e", Role: 25, Restricted: true}, {Username: "f"}, {Username: "g", Role: 26}},
	}}
	got, err := ReadRoles(t.Context(), people)
	want := Roles{List: []Role{{25, 4, 1, []string{"a", "c", "d"}}, {1, 1, 1, []string{"b"}}, {26, 1, 0, []string{"g"}}}, People: 7, Without: 1, Whole: true}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTheLookForRolesIsBounded(t *testing.T) {
	people := &peoplePages{}
	for i := range 100 {
		page := make([]saas.Person, 500)
		for j := range page {
			page[j] = saas.Person{Username: fmt.Sprint(i, j), Role: 25}
		}
		people.pages = append(people.pages, page)
	}
	got, err := ReadRoles(t.Context(), people)
	if err != nil || got.Whole || got.People != maxRolePeople || people.asked != 20 || got.List[0].Members != maxRolePeople {
		t.Errorf("%d people in %d pages, %v", got.People, people.asked, err)
	}
	if _, err := ReadRoles(t.Context(), &peoplePages{err: errors.New("refused")}); err == nil {
		t.Error("a failure is passed over")
	}
}
