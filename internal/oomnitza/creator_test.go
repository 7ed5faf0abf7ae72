package oomnitza

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestCreatedByIsReadFromAnyShape(t *testing.T) {
	for raw, want := range map[string]string{
		`"me"`: "me", `100002`: "100002", `null`: "", `""`: "", `{}`: "", `[]`: "",
		`{"user_id": 100002, "username": "me"}`:                 "me",
		`{"user": {"username": "me", "id": 100002}}`:            "me",
		`{"fullName": "Defender Sync", "href": "x"}`:            "Defender Sync",
		`{"id": "100002"}`:                                      "100002",
		`[{"display_name": "Defender Sync"}]`:                   "Defender Sync",
		`{"email": "defendersync@contoso.com", "uid": 1000002}`: "defendersync@contoso.com",
	} {
		if got := creatorOf(json.RawMessage(raw)); got != want {
			t.Errorf("%s is %q, want %q", raw, got, want)
		}
	}
}

func TestWhoANameMeansIsFoundByEveryForm(t *testing.T) {
	people := []map[string]any{
		{"user_id": "100002", "username": "defendersync@contoso.com", "email": "sync@contoso.com", "full_name": "Defender Sync"},
		{"user_id": "100001", "username": "old.sync", "email": "sync@contoso.com", "full_name": "Defender Sync", "deleted": "1"},
		{"user_id": "100003", "username": "twin1", "full_name": "Two Twins"},
		{"user_id": "100004", "username": "twin2", "full_name": "Two Twins"},
	}
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if id, one := strings.CutPrefix(r.URL.Path, "/api/v3/users/"); one {
			if id != "100002" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			writeJSON(w, people[0])
			return
		}
		selecting(people)(w, r)
	})
	for name, want := range map[string]string{
		"defendersync@contoso.com": "100002", "SYNC@contoso.com": "100002", "Defender Sync": "100002", "100002": "100002", "user:100002": "100002", "100002.0": "100002",
		"Sync <defendersync@contoso.com>": "100002", "100009": "", "nobody": "", "Two Twins": "", "twin1": "100003", "": "",
	} {
		a, found, err := c.FindAccount(t.Context(), name)
		if err != nil || a.ID != want || found != (want != "") {
			t.Errorf("%q is %+v, %v, %v, want %q", name, a, found, err, want)
		}
	}
}
