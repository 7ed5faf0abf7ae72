package oomnitza

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// staff are rows of a tenant's list of people.
func staff() []map[string]any {
	return []map[string]any{
		{"user_id": "1", "username": "Ann@example.com", "email": "Ann@example.com", "first_name": "Ann", "last_name": "Smith", "role": 25, "suspended": false},
		{"user_id": "2", "username": "bob", "email": "bob@example.com", "role": "3", "suspended": "true"},
		{"user_id": 3, "username": "carl", "email": "shared@example.com", "role": 25, "suspended": 1},
		{"user_id": "4", "username": "dora", "email": "shared@example.com", "role": 25},
	}
}

func TestFindPeople(t *testing.T) {
	ann := saas.Person{ID: "1", Username: "Ann@example.com", Email: "Ann@example.com", FirstName: "Ann", LastName: "Smith", Role: 25}
	bob := saas.Person{ID: "2", Username: "bob", Email: "bob@example.com", Role: 3, Restricted: true}
	carl := saas.Person{ID: "3", Username: "carl", Email: "shared@example.com", Role: 25, Restricted: true}
	dora := saas.Person{ID: "4", Username: "dora", Email: "shared@example.com", Role: 25}
	tests := []struct {
		name    string
		keys    []string
		want    []saas.Person
		filters []string
	}{
		{"by username, in another case", []string{"ann@EXAMPLE.com"}, []saas.Person{ann}, []string{`username IN ["ann@EXAMPLE.com"]`}},
		{"by email where no username fits", []string{"bob@example.com"}, []saas.Person{bob}, []string{`username IN ["bob@example.com"]`, `email IN ["bob@example.com"]`}},
		{"a key that is no address is not asked for as one", []string{"bob", "eve"}, []saas.Person{bob}, []string{`username IN ["bob","eve"]`}},
		{"an address met on the way is not asked for again", []string{"bob", "bob@example.com"}, []saas.Person{bob}, []string{`username IN ["bob","bob@example.com"]`}},
		{"all who share an address", []string{"shared@example.com"}, []saas.Person{carl, dora}, []string{`username IN ["shared@example.com"]`, `email IN ["shared@example.com"]`}},
		{"nobody", []string{"eve@example.com"}, nil, []string{`username IN ["eve@example.com"]`, `email IN ["eve@example.com"]`}},
		{"empty and repeated keys are left out", []string{"bob", "", " ", "bob"}, []saas.Person{bob}, []string{`username IN ["bob"]`}},
		{"nothing asked, nothing sent", nil, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, selecting(staff()))
			got, err := c.FindPeople(t.Context(), tt.keys)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("found %+v, %v, want %+v", got, err, tt.want)
			}
			var filters []string
			for _, r := range f.requests() {
				filters = append(filters, r.query.Get("filter"))
				if r.method != http.MethodGet || r.path != "/api/v3/users" || r.body != "" || r.query.Get("limit") == "" {
					t.Errorf("asked %s %s %v %q", r.method, r.path, r.query, r.body)
				}
			}
			if !slices.Equal(filters, tt.filters) {
				t.Errorf("filters were %q, want %q", filters, tt.filters)
			}
		})
	}
}

func TestFindPeopleNoticesThatFiltersAreIgnored(t *testing.T) {
	f, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = "limit=500"
		selecting(staff())(w, r)
	})
	_, err := c.FindPeople(t.Context(), []string{"eve"})
	wantKind(t, err, httpx.KindContract)
	wantText(t, err, "ignores filters")
	if n := len(f.requests()); n != 2 { // the second asks for somebody whom nobody has
		t.Errorf("%d requests were made, want 2", n)
	}
}

func TestCreatePerson(t *testing.T) {
	p := saas.Person{Username: "ann@example.com", Email: "ann@example.com", FirstName: "Ann", LastName: "Smith", Role: 25, Restricted: true}
	made := p
	made.ID = "9"
	nameless := made
	nameless.Username = ""
	bare := saas.Person{Username: "svc", Role: 0}
	bareMade := saas.Person{ID: "9"}
	tests := []struct {
		name, body string
		p, want    saas.Person
		sent       map[string]any
	}{
		{"with all fields", `{"user_id": "9", "username": "ann@example.com", "email": "ann@example.com", "first_name": "Ann", "last_name": "Smith", "role": 25, "suspended": true}`, p, made,
			map[string]any{"username": "ann@example.com", "email": "ann@example.com", "first_name": "Ann", "last_name": "Smith", "role": 25.0, "suspended": true}},
		{"with an answer that names the id alone", `{"user_id": 9}`, p, nameless,
			map[string]any{"username": "ann@example.com", "email": "ann@example.com", "first_name": "Ann", "last_name": "Smith", "role": 25.0, "suspended": true}},
		{"what is not known is not sent", `{"id": "9"}`, bare, bareMade,
			map[string]any{"username": "svc", "role": 0.0, "suspended": false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, answer(200, tt.body))
			got, err := c.CreatePerson(t.Context(), tt.p)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
			r := f.only(t)
			if r.method != http.MethodPost || r.path != "/api/v3/users" || len(r.query) != 0 {
				t.Errorf("asked %s %s %v", r.method, r.path, r.query)
			}
			if sent := r.fields(t); !reflect.DeepEqual(sent, tt.sent) {
				t.Errorf("sent %v, want %v", sent, tt.sent)
			}
		})
	}
}

func TestEachPersonReadsThePeoplePage(t *testing.T) {
	_, c := newFake(t, tenant(staff(), nil))
	var names []string
	err := c.EachPerson(t.Context(), func(people []saas.Person) error {
		for _, p := range people {
			names = append(names, p.Username)
		}
		return nil
	})
	if want := []string{"Ann@example.com", "bob", "carl", "dora"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("read %v, %v, want %v", names, err, want)
	}
	stop := errors.New("enough")
	if err := c.EachPerson(t.Context(), func([]saas.Person) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the visitor's own error", err)
	}
	_, c = newFake(t, answer(200, `[{"x": 1}]`))
	wantKind(t, c.EachPerson(t.Context(), func([]saas.Person) error { return nil }), httpx.KindContract)
}
