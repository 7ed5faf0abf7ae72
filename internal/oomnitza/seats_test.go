package oomnitza

import (
	"reflect"
	"testing"
	"time"

	"defendersync/internal/httpx"
)

func TestSeatsTellWhatTheUsersTabShows(t *testing.T) {
	at := time.Unix(1795000000, 0).UTC()
	ann := Seat{UserID: "1", Username: "ann", Email: "a@example.com", FullName: "Ann Smith", LastActivity: at}
	with := func(roles ...string) []Seat {
		s := ann
		s.Roles = roles
		return []Seat{s}
	}
	row := func(roles string) string {
		return `[{"email": "a@example.com", "full_name": " Ann Smith ", "last_visit": 1795000000, "old_usage": false, "user_id": "1",
			"username": "ann", "media_url": "", "contract_id": "", "roles": ` + roles + `, "user_external_id": ""}]`
	}
	tests := []struct {
		name, body string
		want       []Seat
	}{
		{"a role as documented", row(`{"role_id": "5", "role_external_id": "adm", "role_external_label": "Admin"}`), with("Admin")},
		{"a role without a label", row(`{"role_id": 5, "role_external_id": "adm", "role_external_label": ""}`), with("adm")},
		{"a role with an id alone", row(`{"role_id": 5}`), with("5")},
		{"several roles, one twice", row(`[{"role_external_label": "Admin"}, "Guest", null, {}, {"role_external_label": "Admin"}]`), with("Admin", "Guest")},
		{"an empty list of roles", row(`[]`), with()},
		{"no roles", row(`null`), with()},
		{"roles that are none", row(`{"a": [1, {"b": 2}]}`), with()},
		{"a row with little in it", `[{"user_id": 7}]`, []Seat{{UserID: "7"}}},
		{"nobody", `[]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, answer(200, tt.body))
			var got []Seat
			err := c.Seats(t.Context(), "7", func(s Seat) error { got = append(got, s); return nil })
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestSeatsFailLoudlyOnAnUnknownShape(t *testing.T) {
	_, c := newFake(t, answer(200, `[{"person": "1", "login": "ann"}]`))
	err := c.Seats(t.Context(), "7", func(Seat) error { return nil })
	wantKind(t, err, httpx.KindContract)
	wantText(t, err, "login, person")
}
