package simulator

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestEveryFormOfAnAnswerIsGiven asks for each form once. A form that is not
// known would be answered 501.
func TestEveryFormOfAnAnswerIsGiven(t *testing.T) {
	for _, form := range AnswerForms() {
		t.Run(form, func(t *testing.T) {
			o := Options{Apps: 3, People: 5, Pairs: 10}
			o.Variants.Unkind.Answers.Rules = []AnswerRule{{As: form}}
			r := newRig(t, o)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.defender+"/api/discovery/streams/", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Token "+r.Options().DefenderToken)
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				return // it is no HTTP any more
			}
			defer resp.Body.Close()
			_, _ = io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // some break off, some never end
			if resp.StatusCode == http.StatusNotImplemented {
				t.Error("the form is not known")
			}
		})
	}
}

func TestARuleHitsTheRequestsThatItNames(t *testing.T) {
	o := Options{Apps: 3, People: 5, Pairs: 10}
	o.Variants.Unkind.Answers.Rules = []AnswerRule{
		{As: "null", Peer: "oomnitza", Route: "GET /api/v3/users", From: 2, Times: 2},
		{As: "empty", Peer: "oomnitza", Route: "GET /api/v3/saas", From: 2, Times: 1, Stick: true},
	}
	r := newRig(t, o)
	var got []string
	for range 5 {
		got = append(got, string(r.oom(http.MethodGet, "/api/v3/users?limit=1", nil).body[:1]))
	}
	if strings.Join(got, "") != "[nn[[" {
		t.Errorf("users: %q", got)
	}
	got = nil
	for _, path := range []string{"/api/v3/saas?limit=1", "/api/v3/saas?limit=2", "/api/v3/saas?limit=1", "/api/v3/saas?limit=2"} {
		got = append(got, string(append(r.oom(http.MethodGet, path, nil).body, '-')[:1]))
	}
	if strings.Join(got, "") != "[-[-" {
		t.Errorf("records: %q", got)
	}
	if a := r.ask("/api/discovery/streams/", nil); a.status != 200 || len(a.body) < 10 {
		t.Errorf("the other tenant: %d %s", a.status, a.body)
	}
}
