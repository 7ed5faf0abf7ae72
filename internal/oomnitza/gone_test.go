package oomnitza

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestWhoIsDeletedOrSuspendedIsReadInEveryForm(t *testing.T) {
	tests := []struct {
		row                 string
		deleted, restricted bool
	}{
		{`"deleted": "0"`, false, false},
		{`"deleted": "1"`, true, false},
		{`"deleted": true`, true, false},
		{`"deleted": ""`, false, false},
		{`"deleted": null`, false, false},
		{`"deleted": "false"`, false, false},
		{`"is_deleted": 1`, true, false},
		{`"deleted_at": "2026-01-02T03:04:05Z"`, true, false},
		{`"deleted_at": "0000-00-00 00:00:00"`, false, false},
		{`"deletion_date": 1795000000`, true, false},
		{`"status": "Deleted"`, true, false},
		{`"status": "active"`, false, false},
		{`"state": "Suspended"`, false, true},
		{`"suspended": true`, false, true},
		{`"suspended": "0"`, false, false},
		{`"active": false`, false, true},
		{`"active": true`, false, false},
		{`"is_active": "no"`, false, true},
		{`"disabled": "true"`, false, true},
		{`"active": false, "deleted": "1"`, true, true},
	}
	for _, tt := range tests {
		r, err := decodeRow([]byte(`{"user_id": "1", "username": "ann", ` + tt.row + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if p := parsePerson(r); p.Deleted != tt.deleted || p.Restricted != tt.restricted {
			t.Errorf("%s: deleted %v, restricted %v", tt.row, p.Deleted, p.Restricted)
		}
	}
}

func TestADeletedPersonDoesNotKeepALivingOneFromBeingFound(t *testing.T) {
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		body := `[]`
		switch filter := r.URL.Query().Get("filter"); {
		case strings.HasPrefix(filter, "username"):
			body = `[{"user_id": "1", "username": "ann@example.com", "deleted": "1"}]`
		case strings.HasPrefix(filter, "email"):
			body = `[{"user_id": "2", "username": "emp7", "email": "ann@example.com"}]`
		}
		fmt.Fprint(w, body)
	})
	found, err := c.FindPeople(t.Context(), []string{"ann@example.com"})
	if err != nil || len(found) != 1 || found[0].ID != "2" {
		t.Errorf("found %+v, %v", found, err)
	}
	all, _, err := c.LookUpPeople(t.Context(), []string{"ann@example.com"})
	if err != nil || len(all) != 2 {
		t.Errorf("with the deleted: %+v, %v", all, err)
	}
}

// stumbling is a tenant whose filters don't take some characters.
func stumbling(over string, rows string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch filter := r.URL.Query().Get("filter"); {
		case strings.ContainsAny(filter, over):
			w.WriteHeader(http.StatusBadRequest)
		case strings.Contains(filter, `LIKE "o%brien@example.com"`):
			fmt.Fprint(w, rows)
		case strings.Contains(filter, `"ann@example.com"`):
			fmt.Fprint(w, `[{"user_id": "1", "username": "ann@example.com"}]`)
		default:
			fmt.Fprint(w, `[]`)
		}
	}
}

func TestANameThatAFilterStumblesOverIsLookedUpByAPattern(t *testing.T) {
	rows := `[{"user_id": "7", "username": "O'Brien@example.com"}, {"user_id": "8", "username": "oscar.brien@example.com"}]`
	_, c := newFake(t, stumbling(`'\`, rows))
	found, refused, err := c.LookUpPeople(t.Context(), []string{"ann@example.com", "o'brien@example.com"})
	ids := map[string]bool{}
	for _, p := range found {
		ids[p.ID] = true
	}
	if err != nil || len(refused) > 0 || len(ids) != 2 || !ids["1"] || !ids["7"] {
		t.Errorf("found %+v, refused %v, %v", found, refused, err)
	}
}

func TestANameThatCantBeAskedForAtAllIsNamedAndCostsNoOther(t *testing.T) {
	_, c := newFake(t, stumbling(`'\%`, ""))
	found, refused, err := c.LookUpPeople(t.Context(), []string{"ann@example.com", "o'brien@example.com"})
	if err != nil || len(found) != 1 || len(refused) != 1 || refused["o'brien@example.com"] == nil {
		t.Errorf("found %+v, refused %v, %v", found, refused, err)
	}
}
