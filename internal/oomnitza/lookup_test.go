package oomnitza

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/httpx"
)

// touchy serves records, unless the filter holds a text that it is touchy of.
func touchy(rows []map[string]any, about string, answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("filter"), about) {
			answer(w, r)
			return
		}
		selecting(rows)(w, r)
	}
}

func TestOneNameThatCannotBeAskedForCostsNoOther(t *testing.T) {
	rows := records("Dropbox", "ASCII(", "Box", "Slack", "Zoom")
	for name, refuse := range map[string]http.HandlerFunc{
		"the filter's parser":   answer(400, `{"error":"syntax error"}`),
		"a firewall":            answer(403, "<html><title>Blocked</title></html>"),
		"a firewall with a 406": answer(406, "<html></html>"),
		"a firewall with a 501": answer(501, ""),
		"a firewall with a 200": answer(200, "<html><title>Blocked</title></html>"),
		"a firewall that redirects": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://login.example/")
			w.WriteHeader(http.StatusFound)
		},
		"a dropped connection": drop,
		"an internal error":    answer(500, "{}"),
	} {
		t.Run(name, func(t *testing.T) {
			_, c := newFake(t, touchy(rows, "ASCII(", refuse))
			got, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox", "Box", "ASCII(", "Slack", "Zoom"})
			if err != nil || !slices.Equal(namesOf(got), []string{"Box", "Dropbox", "Slack", "Zoom"}) {
				t.Errorf("found %v, %v", namesOf(got), err)
			}
		})
	}
}

func TestWhereNoNameCanBeAskedForTheTenantIsAtFault(t *testing.T) {
	for status, want := range map[int]httpx.Kind{400: httpx.KindRefused, 403: httpx.KindUnauthorized, 500: httpx.KindServer} {
		_, c := newFake(t, touchy(records("Dropbox"), "saas_name", answer(status, "{}")))
		_, err := c.FindSaaS(t.Context(), nil, []string{"Dropbox", "Box"})
		wantKind(t, err, want)
	}
}

func TestANameWithAQuoteIsAskedForWithOtherQuotes(t *testing.T) {
	rows := records(`The "Q" App`, "Box", `Joe's`)
	_, c := newFake(t, touchy(rows, `\`, answer(400, "{}")))
	// The fake understands JSON's quotes alone, so the answer to others is empty, and no refusal.
	got, err := c.FindSaaS(t.Context(), nil, []string{`The "Q" App`, "Box", `Joe's`})
	if err != nil || !slices.Equal(namesOf(got), []string{"Box", "Joe's"}) {
		t.Errorf("found %v, %v", namesOf(got), err)
	}
	if quoteSingle(`Joe's`) != `'Joe''s'` || quoteDoubled(`The "Q" App`) != `"The ""Q"" App"` {
		t.Error("quotes")
	}
}

func TestAFilterThatComparesGenerouslyIsNoFilterThatIsIgnored(t *testing.T) {
	rows := records("Café", "Cafe", "CAFÉ ", "cafe.", "Box")
	_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("filter"), "Café") {
			writeJSON(w, rows[:4])
			return
		}
		selecting(rows)(w, r)
	})
	got, err := c.FindSaaS(t.Context(), nil, []string{"Café"})
	if err != nil || !slices.Equal(namesOf(got), []string{"CAFÉ ", "Café"}) {
		t.Errorf("found %q, %v", namesOf(got), err)
	}
}
