package oomnitza

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"defendersync/internal/httpx"
)

// collect reads all who are assigned.
func collect(t *testing.T, c *Client) ([]Assigned, error) {
	t.Helper()
	var out []Assigned
	err := c.Assigned(t.Context(), "7", func(a Assigned) error {
		out = append(out, a)
		return nil
	})
	return out, err
}

func TestAssignedReadsTheList(t *testing.T) {
	at := time.Unix(1795000000, 0).UTC()
	row := func(last string) string {
		return `[{"email": "a@example.com", "full_name": "A", "last_visit": ` + last + `, "old_usage": false, "user_id": "1", "username": "ann",
			"media_url": "", "contract_id": null, "roles": {"role_id": "5"}, "user_external_id": "x"}]`
	}
	ann := []Assigned{{UserID: "1", Username: "ann", LastActivity: at}}
	never := []Assigned{{UserID: "1", Username: "ann"}}
	tests := []struct {
		name, body string
		want       []Assigned
	}{
		{"as documented", row(`1795000000`), ann},
		{"a time as text", row(`"1795000000"`), ann},
		{"a time with a fraction", row(`1795000000.25`), ann},
		{"a time in milliseconds", row(`1795000000123`), ann},
		{"a time in ISO 8601", row(`"2026-11-18T11:06:40Z"`), ann},
		{"a time in ISO 8601 with a zone, which does not count", row(`"2026-11-18T11:06:40+05:00"`), ann},
		{"a time with a space", row(`"2026-11-18 11:06:40"`), ann},
		{"a day", row(`"2026-11-18"`), []Assigned{{UserID: "1", Username: "ann", LastActivity: time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC)}}},
		{"no time", row(`null`), never},
		{"a time of zero", row(`0`), never},
		{"an empty time", row(`""`), never},
		{"a time that is none", row(`{"at": 5}`), never},
		{"an id as a number", `[{"user_id": 1, "username": "ann", "last_visit": 1795000000}]`, ann},
		{"nobody", `[]`, nil},
		{"several, in their order", `[{"user_id": "2"}, {"user_id": "1", "username": "\u0061nn"}]`, []Assigned{{UserID: "2"}, {UserID: "1", Username: "ann"}}},
		{"rows of nobody are left out", `[{"user_id": null}, {"user_id": "1", "username": "ann"}, {}, null]`, never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, answer(200, tt.body))
			got, err := collect(t, c)
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
			if r := f.only(t); r.method != http.MethodGet || r.path != "/api/v3/saas/7/users" || len(r.query) != 0 || r.body != "" {
				t.Errorf("asked %s %s %v", r.method, r.path, r.query)
			}
		})
	}
}

func TestAssignedFailsLoudlyOnAnUnknownShape(t *testing.T) {
	tests := []struct {
		name, body string
		kind       httpx.Kind
		says       string
	}{
		{"rows with keys that we don't know", `[{"person": "1", "login": "ann"}]`, httpx.KindContract, "login, person"},
		{"rows that are text", `["ann"]`, httpx.KindContract, "string"},
		{"an object", `{"rows": [{"user_id": "1"}], "next": 2}`, httpx.KindContract, "next, rows"},
		{"an error with a 200", `{"errors": ["withdrawn"]}`, httpx.KindRefused, "withdrawn"},
		{"null", `null`, httpx.KindBadAnswer, "no list"},
		{"a word", `"nothing"`, httpx.KindBadAnswer, "no list"},
		{"an object cut off", `{"rows": [`, httpx.KindBadAnswer, "cut off"},
		{"nothing", ``, httpx.KindBadAnswer, "cut off"},
		{"a list cut off", `[{"user_id": "1"},`, httpx.KindBadAnswer, "cut off"},
		{"a list cut off behind a row", `[{"user_id": "1"}`, httpx.KindBadAnswer, "cut off"},
		{"garbage in the list", `[{"user_id": "1"},,"\x`, httpx.KindBadAnswer, "not JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, answer(200, tt.body))
			_, err := collect(t, c)
			wantKind(t, err, tt.kind)
			wantText(t, err, tt.says)
		})
	}
}

func TestAssignedIsNotRepeatedOnceRowsWereHandedOut(t *testing.T) {
	f, c := newFake(t, answer(200, `[{"user_id": "1"},`))
	got, err := collect(t, c)
	wantKind(t, err, httpx.KindBadAnswer)
	if len(got) != 1 {
		t.Errorf("%d rows were handed out, want 1", len(got))
	}
	f.only(t)

	f, c = newFake(t, inTurn(answer(200, `[`), answer(200, `[{"user_id": "1"}]`)))
	if got, err = collect(t, c); err != nil || len(got) != 1 || len(f.requests()) != 2 {
		t.Errorf("got %v, %v after %d requests; a list that broke off before its first row is asked for again", got, err, len(f.requests()))
	}
}

func TestAssignedStopsWhenItsCallerDoes(t *testing.T) {
	f, c := newFake(t, answer(200, `[{"user_id": "1"}, {"user_id": "2"}]`))
	stop := &httpx.Error{Kind: httpx.KindNetwork, Message: "the caller's own"}
	n := 0
	err := c.Assigned(t.Context(), "7", func(Assigned) error { n++; return stop })
	if err != error(stop) || n != 1 {
		t.Errorf("got %v after %d rows, want the caller's own error after one", err, n)
	}
	f.only(t)
	if err := c.gate.AcquirePlace(t.Context()); err != nil || errors.Is(err, stop) {
		t.Error("the place in the queue was not given back")
	}
}

// seats serves n people, most at a time, and tells the total.
func seats(n, most int, ignoreSkip bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		skip, _ := strconv.Atoi(r.URL.Query().Get("skip"))
		if ignoreSkip {
			skip = 0
		}
		w.Header().Set("X-Total-Count", strconv.Itoa(n))
		var rows []string
		for i := skip; i < min(n, skip+most); i++ {
			rows = append(rows, fmt.Sprintf(`{"user_id": "u%d", "username": "user%d@example.com", "last_visit": 1795000000}`, i, i))
		}
		fmt.Fprint(w, "["+strings.Join(rows, ",")+"]")
	}
}

func TestAssignedAsksForMoreOnlyWhereThereIsMore(t *testing.T) {
	tests := []struct {
		name              string
		n, most, requests int
	}{
		{"the whole list at once", 3000, 100_000, 1},
		{"nobody", 0, 200, 1},
		{"a server that pages", 450, 200, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, seats(tt.n, tt.most, false))
			got, err := collect(t, c)
			if err != nil || len(got) != tt.n || len(f.requests()) != tt.requests {
				t.Errorf("got %d, %v after %d requests, want %d after %d", len(got), err, len(f.requests()), tt.n, tt.requests)
			}
			for i, a := range got {
				if a.UserID != "u"+strconv.Itoa(i) {
					t.Fatalf("row %d is %+v", i, a)
				}
			}
		})
	}
	t.Run("a server that pages but ignores skip", func(t *testing.T) {
		_, c := newFake(t, seats(450, 200, true))
		_, err := collect(t, c)
		wantKind(t, err, httpx.KindContract)
		wantText(t, err, "ignores skip")
	})
}
