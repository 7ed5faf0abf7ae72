package oomnitza

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"defendersync/internal/httpx"
)

// lister is a tenant's list of an app's users.
type lister struct {
	n           int    // users
	most        int    // rows of one answer; 0: all
	usual       int    // rows of one answer to who names no number; 0: as many as most
	limit       bool   // limit is heeded, as far as most goes
	skip        string // "heeded", "ignored", "refused"
	total       string // "told", "missing"
	hides       int    // users who count in the total and are not shown
	moves       int    // by so many rows the list turns at each answer
	stillFor    int64  // answers after which it no longer does
	late        int    // the first users, whom reads do not show at first
	lateFor     int64  // answers that do not show them
	answersSeen atomic.Int64
}

func (l *lister) serve(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Has("skip") && l.skip == "refused" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	skip, most := 0, l.most
	if l.skip != "ignored" {
		skip, _ = strconv.Atoi(q.Get("skip"))
	}
	if l.usual > 0 && !q.Has("limit") {
		most = l.usual
	}
	if limit, err := strconv.Atoi(q.Get("limit")); err == nil && l.limit && (most == 0 || limit < most) {
		most = limit
	}
	if most == 0 {
		most = l.n
	}
	if l.total == "told" {
		w.Header().Set("X-Total-Count", strconv.Itoa(l.n+l.hides))
	}
	turned, hidden := 0, 0
	seen := l.answersSeen.Add(1)
	if l.stillFor == 0 || seen <= l.stillFor {
		turned = int(seen-1) * l.moves
	}
	if seen <= l.lateFor {
		hidden = l.late
	}
	var rows []string
	for i := skip + hidden; i < min(l.n, skip+hidden+most); i++ {
		rows = append(rows, fmt.Sprintf(`{"user_id": "u%d"}`, (i+turned)%l.n))
	}
	fmt.Fprint(w, "["+strings.Join(rows, ",")+"]")
}

func TestAListOfUsersIsReadWholeOrSaysThatItIsNot(t *testing.T) {
	const heeded, ignored, refused, told, missing = "heeded", "ignored", "refused", "told", "missing"
	tests := []struct {
		name     string
		list     lister
		whole    bool
		got      int
		requests int
	}{
		{"all at once, with a total", lister{n: 580, skip: ignored, total: told}, true, 580, 1},
		{"few, without a total", lister{n: 7, skip: refused, total: missing}, true, 7, 1},
		{"capped at 200, without a total", lister{n: 580, most: 200, limit: true, skip: heeded, total: missing}, true, 580, 3},
		{"capped at 200, with a total", lister{n: 580, most: 200, limit: true, skip: heeded, total: told}, true, 580, 3},
		{"capped at 137, without a total", lister{n: 580, most: 137, skip: heeded, total: missing}, true, 580, 5},
		{"capped at 1000 and full", lister{n: 2000, most: 1000, limit: true, skip: heeded, total: missing}, true, 2000, 4},
		{"a full page and nothing behind it", lister{n: 200, most: 200, skip: heeded, total: missing}, true, 200, 2},
		{"capped, and skip is ignored", lister{n: 580, most: 200, skip: ignored, total: missing}, false, 200, 3},
		{"capped at an odd number, and skip is ignored", lister{n: 580, most: 137, skip: ignored, total: missing}, false, 137, 3},
		{"capped, with a total, and skip is ignored", lister{n: 580, most: 200, skip: ignored, total: told}, false, 200, 3},
		{"capped, and skip is refused", lister{n: 580, most: 200, skip: refused, total: missing}, false, 200, 2},
		{"capped, skip is ignored, and one more shows in the second answer", lister{n: 45, most: 20, skip: ignored, total: missing, late: 1, lateFor: 1}, false, 21, 3},
		{"capped, skip is ignored, and one more shows in the third answer", lister{n: 45, most: 20, skip: ignored, total: missing, late: 1, lateFor: 2}, false, 21, 3},
		{"capped, skip is ignored, and half a page more shows in the second answer", lister{n: 45, most: 20, skip: ignored, total: missing, late: 10, lateFor: 1}, false, 30, 4},
		{"capped, skip is ignored, and a page more shows in the second answer", lister{n: 45, most: 20, skip: ignored, total: missing, late: 20, lateFor: 1}, false, 40, 4},
		{"capped, skip is ignored, and its order keeps changing", lister{n: 45, most: 20, skip: ignored, total: missing, moves: 12}, false, 45, 5},
		{"capped lower unless more is asked for, and skip is ignored", lister{n: 580, most: 500, limit: true, usual: 200, skip: ignored, total: missing}, false, 500, 3},
		{"fewer rows are given unless more is asked for, and skip is ignored", lister{n: 237, limit: true, usual: 200, skip: ignored, total: missing}, true, 237, 3},
		{"its order changes once, without a total", lister{n: 90, most: 40, skip: heeded, total: missing, moves: 7, stillFor: 2}, true, 90, 9},
		{"more rows are given to who asks for more", lister{n: 580, most: 0, limit: true, skip: ignored, total: told}, true, 580, 1},
		{"its order changes once", lister{n: 90, most: 40, skip: heeded, total: told, moves: 7, stillFor: 2}, true, 90, 6},
		{"its total tells of more than there are", lister{n: 90, most: 40, skip: heeded, total: told, hides: 3}, false, 90, 4},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, tt.list.serve)
			got, err := collect(t, c)
			if cut := errors.Is(err, ErrCutOff); cut == tt.whole || (err != nil && !cut) {
				t.Errorf("it ended with %v", err)
			}
			met := map[string]bool{}
			for _, a := range got {
				if met[a.UserID] {
					t.Fatalf("%s comes twice", a.UserID)
				}
				met[a.UserID] = true
			}
			if n := len(f.requests()); len(got) != tt.got || n != tt.requests {
				t.Errorf("got %d after %d requests, want %d after %d", len(got), n, tt.got, tt.requests)
			}
		})
	}
}

func TestAListShorterThanOneThatCameAtOnceIsNotAskedForMore(t *testing.T) {
	long := &lister{n: 237, skip: "ignored", total: "missing"}
	short := &lister{n: 200, skip: "ignored", total: "missing"}
	f, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/8/") {
			short.serve(w, r)
			return
		}
		long.serve(w, r)
	})
	if _, err := collect(t, c); !errors.Is(err, ErrCutOff) {
		t.Fatalf("nothing is known of this tenant yet, and it said %v", err)
	}
	before := len(f.requests())
	n := 0
	if err := c.Assigned(t.Context(), "8", func(Assigned) error { n++; return nil }); err != nil || n != 200 {
		t.Errorf("%d users, %v", n, err)
	}
	if asked := len(f.requests()) - before; asked != 1 {
		t.Errorf("%d requests were made", asked)
	}
}

func TestAPageThatFailsIsNotTheEndOfAList(t *testing.T) {
	list := &lister{n: 450, most: 200, skip: "heeded", total: "told"}
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("skip") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		list.serve(w, r)
	})
	_, err := collect(t, c)
	wantKind(t, err, httpx.KindServer)
	if errors.Is(err, ErrCutOff) {
		t.Error("an outage counts as the end of a list")
	}
}
