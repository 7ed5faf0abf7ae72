package oomnitza

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// readAll reads all records and gives their ids.
func readAll(t *testing.T, c *Client) (ids []int, err error) {
	t.Helper()
	for s, err := range c.AllSaaS(t.Context()) {
		if err != nil {
			return ids, err
		}
		id, _ := strconv.Atoi(s.ID)
		ids = append(ids, id)
	}
	return ids, nil
}

// upTo is the numbers from 1 to n.
func upTo(n int) (out []int) {
	for i := range n {
		out = append(out, i+1)
	}
	return out
}

func TestAllRecordsAreReadOnce(t *testing.T) {
	tests := []struct {
		name     string
		n, most  int
		tell     bool
		requests int
	}{
		{"none", 0, 1000, true, 1},
		{"one", 1, 1000, true, 1},
		{"one page", 500, 1000, true, 1},
		{"one page without a total", 500, 1000, false, 2},
		{"a record more than a page", 501, 1000, true, 2},
		{"three pages", 1234, 1000, true, 3},
		{"three pages without a total", 1234, 1000, false, 3},
		{"a server with smaller pages", 430, 200, true, 3},
		{"a server with smaller pages without a total", 430, 200, false, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, paging(tt.n, tt.most, tt.tell))
			got, err := readAll(t, c)
			if err != nil || !slices.Equal(got, upTo(tt.n)) {
				t.Errorf("read %d records, %v, want %d", len(got), err, tt.n)
			}
			if n := len(f.requests()); n != tt.requests {
				t.Errorf("%d requests were made, want %d", n, tt.requests)
			}
			for _, r := range f.requests() {
				if r.query.Get("sortby") != "saas_id asc" {
					t.Errorf("a page was asked for in the order %q", r.query.Get("sortby"))
				}
			}
		})
	}
}

// moving serves records by id, and changes them before each request.
func moving(ids []int, most int, before func(request int, ids []int) []int) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		n++
		ids = before(n, slices.Clone(ids))
		skip, _ := strconv.Atoi(r.URL.Query().Get("skip"))
		w.Header().Set("X-Total-Count", strconv.Itoa(len(ids)))
		rows := []map[string]any{}
		for _, id := range ids[min(skip, len(ids)):min(skip+most, len(ids))] {
			rows = append(rows, map[string]any{"saas_id": id, "saas_name": fmt.Sprint("App ", id)})
		}
		writeJSON(w, rows)
	}
}

func TestNoRecordIsMissedWhileTheListMoves(t *testing.T) {
	tests := []struct {
		name   string
		before func(request int, ids []int) []int
		gone   func(id int) bool // may be missing
	}{
		{"records come at the end", func(n int, ids []int) []int { return append(ids, 5000+n) }, func(id int) bool { return false }},
		{"the first ones go away", func(n int, ids []int) []int {
			if n == 2 {
				return ids[30:]
			}
			return ids
		}, func(id int) bool { return false }},
		{"so many go away that the next page is beyond the end", func(n int, ids []int) []int {
			if n == 3 {
				return ids[700:]
			}
			return ids
		}, func(id int) bool { return id <= 700 }},
		{"one goes away before every page", func(n int, ids []int) []int {
			if n > 1 {
				return ids[1:]
			}
			return ids
		}, func(id int) bool { return false }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, c := newFake(t, moving(upTo(1400), 500, tt.before))
			got, err := readAll(t, c)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if n := len(got); n != len(slices.Compact(got)) {
				t.Errorf("records came twice")
			}
			for _, id := range upTo(1400) {
				if _, ok := slices.BinarySearch(got, id); !ok && !tt.gone(id) {
					t.Fatalf("record %d was missed", id)
				}
			}
		})
	}
}

func TestAListThatNeverHoldsStillIsAnError(t *testing.T) {
	_, c := newFake(t, moving(upTo(1400), 500, func(n int, ids []int) []int {
		for i := range ids {
			ids[i] += 10_000
		}
		return ids
	}))
	_, err := readAll(t, c)
	wantKind(t, err, httpx.KindContract)
	wantText(t, err, "another order")
}

func TestATenantThatRefusesToSortIsReadUnsorted(t *testing.T) {
	f, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("sortby") {
			answer(400, `{"errors": ["sortby"]}`)(w, r)
			return
		}
		paging(700, 500, true)(w, r)
	})
	got, err := readAll(t, c)
	if err != nil || len(got) != 700 || len(f.requests()) != 3 {
		t.Errorf("read %d records, %v, by %d requests; want 700 by 3", len(got), err, len(f.requests()))
	}
}

func TestAllRecordsOfATenantThatIgnoresSkip(t *testing.T) {
	for _, tell := range []bool{true, false} {
		_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			r.URL.RawQuery = "limit=100"
			paging(150, 100, tell)(w, r)
		})
		got, err := readAll(t, c)
		if tell {
			wantKind(t, err, httpx.KindContract)
			wantText(t, err, "ignores skip")
		} else if err != nil || len(got) != 100 {
			t.Errorf("read %d, %v, want the 100 there are", len(got), err)
		}
	}
}

func TestRecordsOfAnUnknownShapeAreAnError(t *testing.T) {
	_, c := newFake(t, answer(200, `[{"x": 1, "y": 2}]`))
	_, err := readAll(t, c)
	wantKind(t, err, httpx.KindContract)
	wantText(t, err, "x, y")
}

func TestRowsThatCannotBeUsedDoNotHideThoseAfterThem(t *testing.T) {
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		skip, _ := strconv.Atoi(r.URL.Query().Get("skip"))
		w.Header().Set("X-Total-Count", "900")
		rows := []map[string]any{}
		for i := skip; i < min(900, skip+500); i++ {
			row := map[string]any{"saas_id": i + 1, "saas_name": "x"}
			if i%500 > 480 || i == 0 {
				delete(row, "saas_name")
			}
			rows = append(rows, row)
		}
		writeJSON(w, rows)
	})
	got, err := readAll(t, c)
	if err != nil || len(got) != 900-1-19 {
		t.Errorf("read %d, %v, want %d", len(got), err, 900-1-19)
	}
}

func TestAllRecordsOfASimulatedTenantThatHasFaults(t *testing.T) {
	sim := simulator.New(simulator.Options{Seed: 3, Apps: 1300, People: 20, Pairs: 1300, ExistingApps: 1,
		Faults: simulator.Faults{Oomnitza: simulator.PeerFaults{ServerErrors: 0.1, RateLimited: 0.1, Truncated: 0.1, DropAfter: 0.1, MaxPerRequest: 2}}})
	s := httptest.NewServer(sim.Oomnitza())
	defer s.Close()
	c, err := New(Options{URL: s.URL, Token: sim.Options().OomnitzaToken, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	hasten(c)
	got, err := readAll(t, c)
	if want := len(sim.Holdings().SaaS); err != nil || len(got) != want || want < 1000 {
		t.Errorf("read %d, %v, want %d", len(got), err, want)
	}
	for _, v := range sim.Violations() {
		t.Error(v)
	}
}

func TestWhenARecordWasMade(t *testing.T) {
	want := time.Unix(1795000000, 0).UTC()
	for _, text := range []string{"1795000000", "2026-11-18T11:06:40Z"} {
		if got := CreatedAt(saas.Record{CreationDate: text}); !got.Equal(want) {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}
