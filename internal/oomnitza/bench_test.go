package oomnitza

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// assignedBody is an answer with n people as they come.
func assignedBody(n int) []byte {
	var b strings.Builder
	b.WriteString("[")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, `{"user_id": "%d", "username": "user%d@example.com", "email": "user%d@example.com", "full_name": "User %d", "last_visit": %d, "old_usage": false, "media_url": "", "contract_id": "", "roles": [], "user_external_id": ""}`,
			100000+i, i, i, i, 1795000000+i)
	}
	b.WriteString("]")
	return []byte(b.String())
}

func BenchmarkAssignedDecode(b *testing.B) {
	const people = 50_000
	body := assignedBody(people)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		list := assignedList{op: "read", yield: func(row) error { n++; return nil }}
		if err := list.readAnswer(bytes.NewReader(body)); err != nil || n != people {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(people)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// batch is a page's worth of assignments.
func batch() []Assignment {
	out := make([]Assignment, 100)
	for i := range out {
		out[i] = Assignment{UserID: fmt.Sprint(100000 + i), LastActivity: time.Unix(1795000000, 0)}
	}
	return out
}

func BenchmarkAssignEncode(b *testing.B) {
	rows := batch()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(assignBodies(rows)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkAssignRowErrors(b *testing.B) {
	rows := batch()
	var items []string
	for _, r := range rows {
		items = append(items, `{"user_id": "`+r.UserID+`", "error": null}`)
	}
	body := []byte("[" + strings.Join(items, ",") + "]")
	b.ReportAllocs()
	for b.Loop() {
		if bad, err := decodeRowErrors(body, rows); bad != nil || err != nil {
			b.Fatal(bad, err)
		}
	}
}

func BenchmarkAssignOverHTTP(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	defer server.Close()
	c, err := New(Options{URL: server.URL, Token: testToken, HTTP: server.Client()})
	if err != nil {
		b.Fatal(err)
	}
	rows := batch()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Assign(b.Context(), "7", rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(rows))*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkFindPeopleDecode(b *testing.B) {
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf(`{"user_id": "%d", "username": "user%d@example.com", "email": "user%d@example.com", "first_name": "User", "last_name": "N", "full_name": "User N", "role": 25, "suspended": false, "created_by": "x", "creation_date": 1795000000}`, i, i, i))
	}
	body := []byte("[" + strings.Join(rows, ",") + "]")
	b.ReportAllocs()
	for b.Loop() {
		list, err := decodeRows("read", body)
		if err != nil {
			b.Fatal(err)
		}
		if people, err := decodePeople("read", list); err != nil || len(people) != 100 {
			b.Fatal(len(people), err)
		}
	}
}
