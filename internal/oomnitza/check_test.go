package oomnitza

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

// tenant serves both lists, filters included.
func tenant(people, apps []map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v3/users" {
			selecting(people)(w, r)
		} else {
			selecting(apps)(w, r)
		}
	}
}

func TestCheckReadsPeopleAndSaaS(t *testing.T) {
	for _, apps := range [][]map[string]any{nil, records("Dropbox")} {
		f, c := newFake(t, tenant(staff(), apps))
		if err := c.Check(t.Context()); err != nil {
			t.Error(err)
		}
		var asked []string
		for _, r := range f.requests() {
			asked = append(asked, r.method+" "+r.path+" "+r.query.Get("limit"))
		}
		if got := strings.Join(asked, ", "); got != "GET /api/v3/users 1, GET /api/v3/saas 1, GET /api/v3/users 1" {
			t.Errorf("asked %s", got)
		}
	}
}

func TestCheckTellsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		kind    httpx.Kind
		says    string
	}{
		{"a wrong token", answer(401, `{}`), httpx.KindUnauthorized, "OOMNITZA_API_TOKEN"},
		{"a user without rights", answer(403, `{}`), httpx.KindUnauthorized, "OOMNITZA_API_TOKEN"},
		{"a user who sees nobody", answer(200, `[]`), httpx.KindUnauthorized, "may read People"},
		{"another address", answer(404, `nothing here`), httpx.KindNotFound, "OOMNITZA_URL"},
		{"people of a shape that we don't know", answer(200, `[{"login": "ann"}]`), httpx.KindContract, "login"},
		{"apps of a shape that we don't know", tenant(staff(), []map[string]any{{"title": "Dropbox"}}), httpx.KindContract, "title"},
		{"a user who may read people alone", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v3/saas" {
				w.WriteHeader(403)
				return
			}
			selecting(staff())(w, r)
		}, httpx.KindUnauthorized, "Software"},
		{"filters that are ignored", func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = "limit=1"
			tenant(staff(), nil)(w, r)
		}, httpx.KindContract, "ignores filters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, tt.handler)
			err := c.Check(t.Context())
			wantKind(t, err, tt.kind)
			wantText(t, err, tt.says)
		})
	}
}

func TestCheckTellsAnUnreachableHost(t *testing.T) {
	f, c := newFake(t, answer(200, `[]`))
	f.Close()
	err := c.Check(t.Context())
	wantKind(t, err, httpx.KindNetwork)
	wantText(t, err, "check the connection")
}

func TestPeopleWithRole(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		role    int
		want    int
		kind    httpx.Kind
	}{
		{"somebody has it", selecting(staff()), 25, 1, ""},
		{"its number comes as text", selecting(staff()), 3, 1, ""},
		{"nobody has it", selecting(staff()), 99, 0, ""},
		{"the filter is ignored", answer(200, somebody), 99, 0, httpx.KindContract},
		{"people have no role", answer(200, `[{"user_id": "1", "username": "ann"}]`), 25, 0, httpx.KindContract},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, tt.handler)
			got, err := c.PeopleWithRole(t.Context(), tt.role)
			if got != tt.want || httpx.KindOf(err) != tt.kind {
				t.Errorf("got %d, %v, want %d, %q", got, err, tt.want, tt.kind)
			}
			r := f.only(t)
			if r.path != "/api/v3/users" || r.query.Get("filter") != fmt.Sprint("role eq ", tt.role) || r.query.Get("limit") != "1" {
				t.Errorf("asked %s %v", r.path, r.query)
			}
		})
	}
}

func TestFiltersIgnoreCase(t *testing.T) {
	exact := func(w http.ResponseWriter, r *http.Request) {
		var rows []map[string]any
		for _, p := range staff() {
			if f := r.URL.Query().Get("filter"); f == "" || strings.Contains(f, `"`+p["username"].(string)+`"`) {
				rows = append(rows, p)
			}
		}
		writeJSON(w, append([]map[string]any{}, rows...))
	}
	twins := func(w http.ResponseWriter, r *http.Request) {
		rows := `[{"user_id": "1", "username": "ann"}]`
		if strings.Contains(r.URL.Query().Get("filter"), "ANN") {
			rows = `[{"user_id": "2", "username": "ANN"}]`
		}
		fmt.Fprint(w, rows)
	}
	useless := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("filter") {
			fmt.Fprint(w, `[]`)
			return
		}
		writeJSON(w, staff())
	}
	tests := []struct {
		name          string
		handler       http.HandlerFunc
		known, ignore bool
		kind          httpx.Kind
	}{
		{"they do", selecting(staff()), true, true, ""},
		{"they don't", exact, true, false, ""},
		{"another person has the name in that case", twins, true, false, ""},
		{"nobody has letters in the username", selecting([]map[string]any{{"user_id": "1", "username": "007"}, {"user_id": "2", "username": "ÄÖ"}}), false, false, ""},
		{"there is nobody", answer(200, `[]`), false, false, ""},
		{"filters find nobody at all", useless, false, false, httpx.KindContract},
		{"the tenant is not there", answer(404, ``), false, false, httpx.KindNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, tt.handler)
			known, ignore, err := c.FiltersIgnoreCase(t.Context())
			if known != tt.known || ignore != tt.ignore || httpx.KindOf(err) != tt.kind {
				t.Errorf("got %v, %v, %v", known, ignore, err)
			}
			if tt.kind != "" {
				return
			}
			before := len(f.requests())
			if _, err := c.FindPeople(t.Context(), []string{"zoe", "ZOE"}); err != nil {
				t.Error(err)
			}
			want := `username IN ["zoe","ZOE"]`
			if tt.ignore {
				want = `username IN ["zoe"]`
			}
			if tt.name != "another person has the name in that case" && f.requests()[before].query.Get("filter") != want {
				t.Errorf("afterwards people are asked for by %v, want %s", f.requests()[before].query, want)
			}
		})
	}
}
