package oomnitza

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// elsewhere answers the lists that tell how people stand to apps.
func elsewhere(seats string, uses map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body := seats
		if rest, ok := strings.CutPrefix(r.URL.Path, "/api/v3/users/"); ok {
			id, _, _ := strings.Cut(rest, "/")
			body = uses[id]
		}
		if body == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprint(w, body)
	}
}

func TestStandingsFindOutAboutPeopleWhomAListDoesNotShow(t *testing.T) {
	early, late := time.Unix(1_790_000_000, 0).UTC(), time.Unix(1_795_000_000, 0).UTC()
	seat := func(id string, last int64, app string) string {
		return fmt.Sprintf(`{"user_id": %q, "last_visit": %d%s}`, id, last, app)
	}
	list := func(rows ...string) string { return "[" + strings.Join(rows, ",") + "]" }
	const app7, app8 = `, "saas_id": 7`, `, "saas_id": "8"`
	uses7, uses8 := `[{"saas_id": "7"}, {"saas_id": "8"}]`, `[{"saas_id": "8"}]`
	witness := seat("w", 1_700_000_000, "")
	tests := []struct {
		name  string
		seats string
		uses  map[string]string
		want  map[string]Standing
	}{
		{"rows that name their app", list(witness, seat("a", 1_790_000_000, app7), seat("a", 1_795_000_000, app8), seat("b", 1_795_000_000, app8)), nil,
			map[string]Standing{"a": {Assigned: true, Exact: true, Last: early}, "b": {Exact: true}}},
		{"rows that don't, the latest is a bound", list(witness, seat("a", 1_790_000_000, ""), seat("a", 1_795_000_000, "")), nil,
			map[string]Standing{"a": {Assigned: true, Bounded: true, Last: late}, "b": {Exact: true}}},
		{"and people's own lists of apps", list(witness, seat("a", 1_790_000_000, ""), seat("b", 1_795_000_000, "")), map[string]string{"w": uses7, "a": uses7, "b": uses8},
			map[string]Standing{"a": {Assigned: true, Bounded: true, Last: early}, "b": {Exact: true}}},
		{"people's own lists alone", "", map[string]string{"w": uses7, "a": uses7, "b": uses8},
			map[string]Standing{"a": {Assigned: true}, "b": {Exact: true}}},
		{"a list that doesn't show the witness proves nothing", list(seat("a", 1_790_000_000, app7)), map[string]string{"w": uses8, "a": uses8, "b": uses8},
			map[string]Standing{}},
		{"a list that heeds no filter proves nothing", list(witness, seat("x", 1_790_000_000, app7)), nil, map[string]Standing{}},
		{"no other list", "", nil, map[string]Standing{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, elsewhere(tt.seats, tt.uses))
			got, err := c.Standings(t.Context(), "7", "w", []string{"a", "b"})
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}
