package oomnitza

import (
	"net/http"
	"slices"
	"testing"
)

func TestUsesAreKnownOnlyFromAWholeList(t *testing.T) {
	for name, tt := range map[string]struct {
		body  string
		total string
		ids   []string
		known bool
	}{
		"a list":                  {`[{"saas_id": "7"}, {"saas_id": 8}]`, "", []string{"7", "8"}, true},
		"an empty list":           {`[]`, "", nil, true},
		"part of it":              {`[{"saas_id": "7"}]`, "2", []string{"7"}, false},
		"no such list":            {"", "", nil, false},
		"something else":          {`{"message": "hello"}`, "", nil, false},
		"a row that names no app": {`[{"saas_id": "7"}, {"saas_name": "x"}]`, "", []string{"7"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.total != "" {
					w.Header().Set("X-Total-Count", tt.total)
				}
				elsewhere("", map[string]string{"p": tt.body})(w, r)
			})
			ids, known, err := c.Uses(t.Context(), "p")
			if err != nil || known != tt.known || !slices.Equal(ids, tt.ids) {
				t.Errorf("got %q, %v, %v", ids, known, err)
			}
		})
	}
}
