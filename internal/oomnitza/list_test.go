package oomnitza

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

// paging serves n records in pages of at most most rows, and the total if it
// is told.
func paging(n, most int, tell bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		limit, _ := strconv.Atoi(q.Get("limit"))
		skip, _ := strconv.Atoi(q.Get("skip"))
		if tell {
			w.Header().Set("X-Total-Count", strconv.Itoa(n))
		}
		rows := []map[string]any{}
		for i := skip; i < min(n, skip+min(limit, most)); i++ {
			rows = append(rows, map[string]any{"saas_id": i + 1, "saas_name": "Dropbox"})
		}
		writeJSON(w, rows)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	tests := []struct {
		name     string
		n, most  int
		tell     bool
		requests int
	}{
		{"nothing", 0, 1000, true, 1},
		{"one page", 30, 1000, true, 1},
		{"one page without a total", 30, 1000, false, 1},
		{"exactly one page", 500, 1000, true, 1},
		{"exactly one page without a total", 500, 1000, false, 2},
		{"three pages", 1234, 1000, true, 3},
		{"three pages without a total", 1234, 1000, false, 3},
		{"a server with smaller pages", 450, 200, true, 3},
		{"a server with smaller pages without a total", 430, 200, false, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, c := newFake(t, paging(tt.n, tt.most, tt.tell))
			got, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox"})
			if err != nil || len(got) != tt.n {
				t.Errorf("found %d, %v, want %d", len(got), err, tt.n)
			}
			reqs := f.requests()
			if len(reqs) != tt.requests {
				t.Errorf("%d requests were made, want %d", len(reqs), tt.requests)
			}
			for i, r := range reqs {
				if i > 0 && r.query.Get("skip") == "" {
					t.Errorf("request %d has no skip: %v", i, r.query)
				}
			}
		})
	}
}

func TestAServerThatIgnoresSkipIsNoticed(t *testing.T) {
	for _, tell := range []bool{true, false} {
		t.Run(fmt.Sprint("the total is told: ", tell), func(t *testing.T) {
			f, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
				r.URL.RawQuery = "limit=100"
				paging(150, 100, tell)(w, r)
			})
			got, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox"})
			if n := len(f.requests()); n != 2 {
				t.Errorf("%d requests were made, want 2", n)
			}
			if tell {
				wantKind(t, err, httpx.KindContract)
				wantText(t, err, "ignores skip")
			} else if err != nil || len(got) != 100 {
				t.Errorf("got %d, %v; without a total, the repeated page is the end", len(got), err)
			}
		})
	}
}

func TestFiltersSurviveEncoding(t *testing.T) {
	for _, value := range []string{"plain", "a b", "a+b", "a&b=c", "100%", "a#b?c/d", `back\slash`, `"quoted"`, "it's", "Größe", "日本", "a,b]"} {
		t.Run(value, func(t *testing.T) {
			path := listPath("/x", anyOf("username", []string{value, "other"}), 5, 10)
			if strings.ContainsAny(path, ` +#"\`) {
				t.Errorf("%s is not encoded", path)
			}
			u, err := url.ParseRequestURI(path)
			if err != nil {
				t.Fatal(err)
			}
			if q := u.Query(); !matches(q.Get("filter"), map[string]any{"username": value}) || q.Get("limit") != "5" || q.Get("skip") != "10" {
				t.Errorf("%s decodes to %v", path, q)
			}
		})
	}
}

func TestBatchesCoverAllValuesInOrder(t *testing.T) {
	tests := []struct {
		name   string
		values []string
		min    int // fewest batches
	}{
		{"none", nil, 0},
		{"one", []string{"a"}, 1},
		{"one that is too long", []string{strings.Repeat("ä", maxFilter)}, 1},
		{"a long one among short ones", []string{"a", strings.Repeat("ä", maxFilter), "b"}, 3},
		{"many", slices.Repeat([]string{"someone@example.com"}, 300), 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := splitValues("username", tt.values)
			if !slices.Equal(slices.Concat(got...), tt.values) || len(got) < tt.min {
				t.Errorf("%d batches of %d values", len(got), len(slices.Concat(got...)))
			}
			for _, b := range got {
				if len(b) == 0 || (len(b) > 1 && len(escapeQuery(anyOf("username", b))) > maxFilter) {
					t.Errorf("a batch of %d values has a filter of %d bytes", len(b), len(escapeQuery(anyOf("username", b))))
				}
			}
		})
	}
}
