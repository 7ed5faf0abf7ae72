package localrun

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTopAppsAreAsOomnitzaListsThem(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   string // the table
		fails  string // part of the error instead
	}{
		{"two apps", 200, `[{"saas_name":"A","visited":3,"category":"Webmail"},{"saas_name":"B","visited":1}]`,
			"Most used apps:\n   1.  A  3 active users  Webmail\n   2.  B  1 active users  \n", ""},
		{"more than asked for", 200, `[{"saas_name":"A"},{"saas_name":"B"},{"saas_name":"C"}]`,
			"Most used apps:\n   1.  A  0 active users  \n   2.  B  0 active users  \n", ""},
		{"none", 200, `[]`, "Oomnitza holds no apps yet.\n", ""},
		{"refused", 403, `{}`, "", "403 Forbidden"},
		{"not a list", 200, `<html>`, "", "reading Oomnitza's list of apps"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/v3/saas" || r.URL.Query().Get("limit") != "2" || r.Header.Get("Authorization2") != "token" {
					t.Errorf("unexpected request %s %s", r.URL, r.Header)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			apps, err := fetchTopApps(t.Context(), server.URL+"/", "token", 2)
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("got %v, want %q", err, test.fails)
				}
				return
			}
			var text strings.Builder
			printTopApps(&text, apps)
			if err != nil || text.String() != test.want {
				t.Errorf("got %q, %v; want %q", text.String(), err, test.want)
			}
		})
	}
}
