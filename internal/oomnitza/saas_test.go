package oomnitza

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// records are rows of a tenant's list of SaaS records.
func records(names ...string) []map[string]any {
	var out []map[string]any
	for i, n := range names {
		out = append(out, map[string]any{"saas_id": i + 1, "saas_name": n, "link_key": "defender-app:" + strconv.Itoa(1000+i)})
	}
	return out
}

func namesOf(found []saas.Record) []string {
	var out []string
	for _, s := range found {
		out = append(out, s.Name)
	}
	slices.Sort(out)
	return out
}

func TestFindSaaSLooksByKeyAndByName(t *testing.T) {
	f, c := newFake(t, selecting(records("Dropbox", "Box", `Joe's "best" \ app`, "Größe & Co?")))
	tests := []struct {
		name        string
		keys, names []string
		want        []string
		requests    int
	}{
		{"by key", []string{"defender-app:1000", "defender-app:9"}, nil, []string{"Dropbox"}, 1},
		{"by name", nil, []string{"Box", "Slack"}, []string{"Box"}, 1},
		{"by name in another case", nil, []string{"DROPBOX"}, []string{"Dropbox"}, 1},
		{"by both, each record once", []string{"defender-app:1000", "defender-app:1001"}, []string{"Dropbox"}, []string{"Box", "Dropbox"}, 2},
		{"names with marks of the filter", nil, []string{`Joe's "best" \ app`}, []string{`Joe's "best" \ app`}, 1},
		{"names with marks of a URL", nil, []string{"Größe & Co?"}, []string{"Größe & Co?"}, 1},
		{"nothing asked, nothing sent", nil, []string{"", " "}, nil, 0},
		{"nobody there", nil, []string{"Slack"}, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(f.requests())
			got, err := c.FindSaaS(t.Context(), tt.keys, tt.names)
			if err != nil || !slices.Equal(namesOf(got), tt.want) {
				t.Errorf("found %v, %v, want %v", namesOf(got), err, tt.want)
			}
			reqs := f.requests()[before:]
			if len(reqs) != tt.requests {
				t.Errorf("%d requests were made, want %d", len(reqs), tt.requests)
			}
			for _, r := range reqs {
				if r.method != http.MethodGet || r.path != "/api/v3/saas" || r.body != "" || r.query.Get("limit") != "500" || r.query.Has("skip") {
					t.Errorf("asked %s %s %v %q", r.method, r.path, r.query, r.body)
				}
			}
		})
	}
	if got := f.requests()[0].query.Get("filter"); got != `link_key IN ["defender-app:1000","defender-app:9"]` {
		t.Errorf("filter is %s", got)
	}
}

// plainly is a record without what it came as.
func plainly(s saas.Record) saas.Record {
	s.Raw = nil
	return s
}

// parsed is a record as the tenant tells it.
func parsed(t *testing.T, body string) saas.Record {
	t.Helper()
	obj, err := decodeRow([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return parseSaaS(obj)
}

func TestWhatIsNotOursToChangeIsSentBackAsItCame(t *testing.T) {
	for field, came := range map[string]string{
		"hash": `"9f86d081884c7d65"`, "ignored": `false`, "linked": `null`, "changedate": `1.0`, "creationdate": `12345678901234567890`,
		"createdby": `{"user_id":100002,"name":"Größe <x> & y"}`, "changedby": `["a",{"b":1e3}]`, "link_key": `4711`, "source": `"a\u00e9\/b"`,
	} {
		t.Run(field, func(t *testing.T) {
			f, c := newFake(t, answer(200, "{}"))
			current := parsed(t, `{"saas_id": 7, "saas_name": "Dropbox", "source": "s", "link_key": "k", "`+field+`": `+came+`, "extra": {"of": ["any", "type"]}, "annual_spend": 1.50}`)
			change := current
			change.Category = "Storage"
			if err := c.PatchSaaS(t.Context(), current, change); err != nil {
				t.Fatal(err)
			}
			var sent map[string]json.RawMessage
			if err := json.Unmarshal([]byte(f.only(t).body), &sent); err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(came)
			if got := string(sent[field]); got != want {
				t.Errorf("%s came as %s and was sent back as %s", field, came, got)
			}
			for _, other := range []string{"extra", "annual_spend", "visited", "saas_id"} {
				if _, there := sent[other]; there {
					t.Errorf("%s was sent, which nobody has to repeat", other)
				}
			}
		})
	}
}

func TestARecordsStateIsReadFromAnyMark(t *testing.T) {
	for fields, want := range map[string]saas.RecordState{
		``: saas.Living, `"deleted": "0"`: saas.Living, `"deleted": false, "ignored": "0"`: saas.Living, `"deleted": null, "archived": ""`: saas.Living,
		`"deleted_at": "0000-00-00 00:00:00"`: saas.Living, `"status": "Active"`: saas.Living, `"ignored": "none"`: saas.Living,
		`"ignored": "1"`: saas.Ignored, `"ignored": true`: saas.Ignored,
		`"deleted": "1"`: saas.Gone, `"deleted": true`: saas.Gone, `"deleted": 1795000000`: saas.Gone, `"deleted_at": "2026-11-01"`: saas.Gone,
		`"archived": "yes", "ignored": "1"`: saas.Gone, `"status": "Archived"`: saas.Gone, `"is_deleted": 1`: saas.Gone,
	} {
		if fields != "" {
			fields = ", " + fields
		}
		if got := parsed(t, `{"saas_id": 7, "saas_name": "Dropbox"`+fields+`}`).State; got != want {
			t.Errorf("%s is state %d, want %d", fields, got, want)
		}
	}
}

func TestFindSaaSReadsLooseTypes(t *testing.T) {
	want := saas.Record{ID: "7", Name: "Dropbox", Source: "src", Category: "Cloud storage", Vendor: "Dropbox, Inc.", Website: "dropbox.com",
		LinkKey: "k", CreatedBy: "me", ActiveUsers: 12, CreationDate: "2026-01-02"}
	rest := `"saas_name": "Dropbox", "source": "src", "category": "Cloud storage", "publisher": "Dropbox, Inc.", "url": "dropbox.com",
		"link_key": "k", "createdby": "me", "ignored": "0", "linked": "1", "changedby": "me", "creationdate": "2026-01-02", "new_field": {"a": [1]}, `
	tests := map[string]string{
		"as documented":            `"saas_id": 7, "visited": 12, "hash": true, "changedate": "1795000000"`,
		"the other way round":      `"saas_id": "7", "visited": "12", "hash": "true", "changedate": 1795000000`,
		"numbers for truth":        `"saas_id": 7, "visited": 12.0, "hash": 1, "changedate": 1795000000`,
		"an id under another name": `"id": "7", "visited": 12, "hash": true, "changedate": "1795000000"`,
	}
	for name, fields := range tests {
		t.Run(name, func(t *testing.T) {
			_, c := newFake(t, answer(200, `[{`+rest+fields+`}]`))
			got, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox"})
			if err != nil || len(got) != 1 || !reflect.DeepEqual(plainly(got[0]), want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	t.Run("fields that are null or missing", func(t *testing.T) {
		_, c := newFake(t, answer(200, `[{"saas_id": 7, "saas_name": "Dropbox", "visited": null, "hash": null, "url": null, "category": []}]`))
		got, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox"})
		if err != nil || len(got) != 1 || !reflect.DeepEqual(plainly(got[0]), saas.Record{ID: "7", Name: "Dropbox"}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestListsThatAreNotUnderstoodFailLoudly(t *testing.T) {
	tests := []struct {
		name, body string
		kind       httpx.Kind
		says       string
	}{
		{"rows with keys that we don't know", `[{"ident": 1, "title": "Dropbox"}]`, httpx.KindContract, "ident, title"},
		{"rows without a key", `[{}]`, httpx.KindContract, "none"},
		{"rows that are text", `["Dropbox"]`, httpx.KindContract, "string"},
		{"an object", `{"items": [], "page": 1}`, httpx.KindContract, "items, page"},
		{"an error with a 200", `{"errors": ["no such filter"]}`, httpx.KindRefused, "no such filter"},
		{"null", `null`, httpx.KindBadAnswer, "null"},
		{"nothing", ``, httpx.KindBadAnswer, "cut off"},
		{"not JSON", `saas`, httpx.KindBadAnswer, "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, answer(200, tt.body))
			_, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox"})
			wantKind(t, err, tt.kind)
			wantText(t, err, tt.says)
			_, err = c.FindPeople(t.Context(), []string{"ann@example.com"})
			wantKind(t, err, tt.kind)
			wantText(t, err, tt.says)
		})
	}
	t.Run("one bad row among good ones is left out", func(t *testing.T) {
		_, c := newFake(t, answer(200, `[{"saas_name": "Dropbox"}, {"saas_id": 7, "saas_name": "Dropbox"}, null]`))
		got, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox"})
		if err != nil || len(got) != 1 || got[0].ID != "7" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestAServerThatIgnoresFiltersIsNoticed(t *testing.T) {
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("App %d", i))
	}
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = "limit=500"
		selecting(records(names...))(w, r)
	})
	_, err := c.FindSaaS(t.Context(), nil, []string{"App 3", "App 4"})
	wantKind(t, err, httpx.KindContract)
	wantText(t, err, "ignores filters")
}

func TestRowsThatNobodyAskedForAreDropped(t *testing.T) {
	// A comparison that ignores accents selects more than we do.
	_, c := newFake(t, answer(200, `[{"saas_id": 1, "saas_name": "Cafe"}, {"saas_id": 2, "saas_name": "Café"}]`))
	got, err := c.FindSaaS(t.Context(), nil, []string{"café"})
	if err != nil || len(got) != 1 || got[0].ID != "2" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// createdBody is the least that a create must send.
var createdBody = map[string]any{
	"saas_name": "Dropbox", "source": "Defender", "link_key": "defender-app:1", "hash": false, "ignored": "0", "linked": "0",
	"changedate": "2026-11-23T10:00:00Z", "creationdate": "2026-11-23T10:00:00Z", "changedby": "", "createdby": "",
}

func TestCreateSaaS(t *testing.T) {
	with := func(more map[string]any) map[string]any {
		m := maps.Clone(createdBody)
		maps.Copy(m, more)
		return m
	}
	base := saas.Record{Name: "Dropbox", Source: "Defender", LinkKey: "defender-app:1"}
	full := base
	full.Category, full.Vendor, full.Website, full.ActiveUsers = "Cloud storage", "Dropbox, Inc.", "dropbox.com", 4
	tests := []struct {
		name string
		s    saas.Record
		want map[string]any
	}{
		{"the least", base, createdBody},
		{"all fields", full, with(map[string]any{"category": "Cloud storage", "publisher": "Dropbox, Inc.", "url": "dropbox.com", "visited": 4.0})},
	}
	for _, tt := range tests {
		for _, body := range []string{`{"saas_id": "77"}`, `{"saas_id": 77}`, `{"id": 77, "errors": []}`} {
			t.Run(tt.name+" "+body, func(t *testing.T) {
				f, c := newFake(t, answer(201, body))
				c.now = func() time.Time { return time.Date(2026, 11, 23, 11, 0, 0, 0, time.FixedZone("", 3600)) }
				id, err := c.CreateSaaS(t.Context(), tt.s)
				if err != nil || id != "77" {
					t.Errorf("got %q, %v", id, err)
				}
				r := f.only(t)
				if r.method != http.MethodPost || r.path != "/api/v3/saas" || len(r.query) != 0 || r.header.Get("Oomnitza-Ignore-Meta-Restriction") != "1" {
					t.Errorf("asked %s %s %v", r.method, r.path, r.query)
				}
				if got := r.fields(t); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("sent %v, want %v", got, tt.want)
				}
			})
		}
	}
}

func TestCreatesThatAreRefused(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		kind   httpx.Kind
	}{
		{"the name is taken", 409, `{"message": "exists"}`, httpx.KindConflict},
		{"the name is taken, told as a bad request", 400, `{"errors": ["A SaaS with this name already exists"]}`, httpx.KindConflict},
		{"the name is taken, told as unprocessable", 422, `{"saas_name": ["must be unique"]}`, httpx.KindConflict},
		{"the name is taken, told as a server error", 500, `{"error": "duplicate key value"}`, httpx.KindConflict},
		{"the name is taken, told with a 200", 200, `{"errors": ["Name is taken"]}`, httpx.KindConflict},
		{"a field is wrong", 400, `{"errors": ["category: not in the list"]}`, httpx.KindRefused},
		{"a field is wrong, told with a 200", 200, `{"error": "category: not in the list"}`, httpx.KindRefused},
		{"a message with a 200", 200, `{"message": "category: not in the list"}`, httpx.KindRefused},
		{"an answer that does not name what was made", 200, `{}`, httpx.KindBadAnswer},
		{"no answer", 200, ``, httpx.KindBadAnswer},
		{"a list", 200, `[]`, httpx.KindContract},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, m := range calls() {
				if !m.once {
					continue
				}
				f, c := newFake(t, answer(tt.status, tt.body))
				err := m.invoke(t.Context(), c)
				wantKind(t, err, tt.kind)
				f.only(t)
			}
		})
	}
}

func TestGetSaaS(t *testing.T) {
	f, c := newFake(t, answer(200, someSaaS))
	got, err := c.GetSaaS(t.Context(), "a/b c")
	want := saas.Record{ID: "7", Name: "Dropbox", Source: "s", CreationDate: "cd", CreatedBy: "me", LinkKey: "k"}
	if err != nil || !reflect.DeepEqual(plainly(got), want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if r := f.only(t); r.method != http.MethodGet || r.path != "/api/v3/saas/a%2Fb%20c" || len(r.query) != 0 {
		t.Errorf("asked %s %s %v", r.method, r.path, r.query)
	}
	for body, kind := range map[string]httpx.Kind{
		`{"ident": 7}`:           httpx.KindContract,
		`{"error": "withdrawn"}`: httpx.KindRefused,
		`[]`:                     httpx.KindContract,
	} {
		_, c := newFake(t, answer(200, body))
		_, err := c.GetSaaS(t.Context(), "7")
		wantKind(t, err, kind)
	}
}

func TestPatchSaaSSendsWhatChangedAndRepeatsWhatIsRequired(t *testing.T) {
	current := parsed(t, `{"saas_id": 7, "saas_name": "Dropbox", "source": "s", "category": "c", "publisher": "p", "url": "u", "link_key": "k", "createdby": "me",
		"visited": 3, "hash": true, "ignored": "1", "linked": "x", "changedate": "d1", "changedby": "you", "creationdate": "d2"}`)
	echo := map[string]any{"saas_name": "Dropbox", "source": "s", "link_key": "k", "hash": true, "ignored": "1", "linked": "x",
		"changedate": "d1", "changedby": "you", "creationdate": "d2", "createdby": "me"}
	tests := []struct {
		name   string
		change func(*saas.Record)
		want   map[string]any // beside the echo; nil: nothing is sent
	}{
		{"nothing", func(*saas.Record) {}, nil},
		{"a field that is not ours", func(s *saas.Record) { s.CreationDate, s.State = "other", saas.Gone }, nil},
		{"a creator that was empty", func(s *saas.Record) { s.CreatedBy = "us" }, map[string]any{"createdby": "us"}},
		{"texts that are not known", func(s *saas.Record) { s.Category, s.Website, s.Name, s.LinkKey = "", "", "", "" }, nil},
		{"the name", func(s *saas.Record) { s.Name = "New" }, map[string]any{"saas_name": "New"}},
		{"source and key", func(s *saas.Record) { s.Source, s.LinkKey = "s2", "k2" }, map[string]any{"source": "s2", "link_key": "k2"}},
		{"category", func(s *saas.Record) { s.Category = "c2" }, map[string]any{"category": "c2"}},
		{"vendor and website", func(s *saas.Record) { s.Vendor, s.Website = "p2", "u2" }, map[string]any{"publisher": "p2", "url": "u2"}},
		{"the number of active users", func(s *saas.Record) { s.ActiveUsers = 0 }, map[string]any{"visited": 0.0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, answer(200, someSaaS))
			change := current
			tt.change(&change)
			if err := c.PatchSaaS(t.Context(), current, change); err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				if n := len(f.requests()); n != 0 {
					t.Errorf("%d requests were made for no change", n)
				}
				return
			}
			r := f.only(t)
			if r.method != http.MethodPatch || r.path != "/api/v3/saas/7" || len(r.query) != 0 || r.header.Get("Oomnitza-Ignore-Meta-Restriction") != "1" {
				t.Errorf("asked %s %s %v", r.method, r.path, r.query)
			}
			want := maps.Clone(echo)
			maps.Copy(want, tt.want)
			if got := r.fields(t); !reflect.DeepEqual(got, want) {
				t.Errorf("sent %v, want %v", got, want)
			}
		})
	}
}

func TestPatchSaaSReadsTheAnswer(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		kind   httpx.Kind // "": fine
	}{
		{"the record", 200, someSaaS, ""},
		{"nothing", 200, ``, ""},
		{"null", 200, `null`, ""},
		{"a word", 200, `OK`, ""},
		{"no content", 204, ``, ""},
		{"an error with a 200", 200, `{"errors": ["url: too long"]}`, httpx.KindRefused},
		{"a taken name with a 200", 200, `{"errors": ["This name is already in use"]}`, httpx.KindConflict},
		{"a taken name", 400, `{"error": "saas_name: must be unique"}`, httpx.KindConflict},
		{"words that are not JSON", 200, `something else`, httpx.KindBadAnswer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, answer(tt.status, tt.body))
			err := c.PatchSaaS(t.Context(), saas.Record{ID: "7", Name: "a"}, saas.Record{Name: "b"})
			if tt.kind == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantKind(t, err, tt.kind)
		})
	}
}

func TestLookupsAreSplitByTheLengthOfTheFilter(t *testing.T) {
	var names []string
	for i := range 400 {
		names = append(names, fmt.Sprintf("Größe %04d", i))
	}
	names = append(names, strings.Repeat("x", 2*maxFilter))
	f, c := newFake(t, selecting(records(names...)))
	got, err := c.FindSaaS(t.Context(), nil, append(names, names...)) // repeated names are asked for once
	if err != nil || len(got) != len(names) {
		t.Fatalf("found %d, %v, want %d", len(got), err, len(names))
	}
	long := 0
	for _, r := range f.requests() {
		if n := len(escapeQuery(r.query.Get("filter"))); n > maxFilter {
			long++
		}
	}
	if long != 1 { // the single name that is longer by itself
		t.Errorf("%d filters are too long, want 1", long)
	}
	if n := len(f.requests()); n > 400*20/maxFilter*2+10 {
		t.Errorf("%d requests were made", n)
	}
}
