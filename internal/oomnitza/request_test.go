package oomnitza

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

const (
	somebody  = `[{"user_id": "1", "username": "ann@example.com", "role": 25}]`
	someSaaS  = `{"saas_id": 7, "saas_name": "Dropbox", "source": "s", "hash": true, "ignored": "0", "changedate": "c", "changedby": "cb", "creationdate": "cd", "createdby": "me", "linked": "1", "link_key": "k"}`
	pageTitle = `<!DOCTYPE html><html><head><title>Sign in</title></head></html>`
	// outagePage is how one says that all will be well again.
	outagePage = `<!DOCTYPE html><html><head><title>Down for maintenance</title></head></html>`
)

// call is one method of the client, for tests of what all have in common.
type call struct {
	name   string
	write  bool
	once   bool // must not be repeated
	good   string
	invoke func(context.Context, *Client) error
}

func calls() []call {
	return []call{
		{"FindSaaS", false, false, `[` + someSaaS + `]`, func(ctx context.Context, c *Client) error {
			_, err := c.FindSaaS(ctx, nil, []string{"Dropbox"})
			return err
		}},
		{"CreateSaaS", true, true, `{"saas_id": "7"}`, func(ctx context.Context, c *Client) error {
			_, err := c.CreateSaaS(ctx, saas.Record{Name: "Dropbox"})
			return err
		}},
		{"GetSaaS", false, false, someSaaS, func(ctx context.Context, c *Client) error {
			_, err := c.GetSaaS(ctx, "7")
			return err
		}},
		{"PatchSaaS", true, false, someSaaS, func(ctx context.Context, c *Client) error {
			return c.PatchSaaS(ctx, saas.Record{ID: "7", Name: "Dropbox"}, saas.Record{ActiveUsers: 3})
		}},
		{"FindPeople", false, false, somebody, func(ctx context.Context, c *Client) error {
			_, err := c.FindPeople(ctx, []string{"ann@example.com"})
			return err
		}},
		{"CreatePerson", true, true, `{"user_id": "1", "username": "ann@example.com"}`, func(ctx context.Context, c *Client) error {
			_, err := c.CreatePerson(ctx, saas.Person{Username: "ann@example.com"})
			return err
		}},
		{"PeopleWithRole", false, false, somebody, func(ctx context.Context, c *Client) error {
			_, err := c.PeopleWithRole(ctx, 25)
			return err
		}},
		{"Assigned", false, false, `[]`, func(ctx context.Context, c *Client) error {
			return c.Assigned(ctx, "7", func(Assigned) error { return nil })
		}},
		{"Assign", true, false, `{}`, func(ctx context.Context, c *Client) error {
			_, err := c.Assign(ctx, "7", []Assignment{{UserID: "1"}})
			return err
		}},
		{"Check", false, false, somebody, func(ctx context.Context, c *Client) error { return c.Check(ctx) }},
		{"FiltersIgnoreCase", false, false, somebody, func(ctx context.Context, c *Client) error {
			_, _, err := c.FiltersIgnoreCase(ctx)
			return err
		}},
	}
}

// each runs a test for every method.
func each(t *testing.T, test func(*testing.T, call)) {
	for _, m := range calls() {
		t.Run(m.name, func(t *testing.T) { test(t, m) })
	}
}

func TestEveryRequestIsSigned(t *testing.T) {
	each(t, func(t *testing.T, m call) {
		f, c := newFake(t, answer(200, m.good))
		// Answers to Check's further requests may not fit; what was sent counts.
		if err := m.invoke(t.Context(), c); err != nil && m.name != "Check" {
			t.Fatal(err)
		}
		for _, r := range f.requests() {
			if got := r.header[http.CanonicalHeaderKey("Authorization2")]; len(got) != 1 || got[0] != testToken {
				t.Errorf("Authorization2 is %q", got)
			}
			if got := r.header.Get("Oomnitza-Not-Trigger-WF"); (got == "1") != m.write {
				t.Errorf("%s with Oomnitza-Not-Trigger-WF %q", r.method, got)
			}
			if got := r.header.Get("Content-Type"); m.write && got != "application/json" {
				t.Errorf("Content-Type is %q", got)
			}
			if r.header.Get("X-CSRF-Token") != "" {
				t.Error("a CSRF token is echoed that nobody gave")
			}
		}
	})
}

func TestFailuresAreTold(t *testing.T) {
	statuses := []struct {
		status int
		body   string
		kind   httpx.Kind
		says   string
	}{
		{400, `{"errors": ["no such field"]}`, httpx.KindRefused, "no such field"},
		{401, `{"message": "bad token"}`, httpx.KindUnauthorized, "OOMNITZA_API_TOKEN"},
		{403, `{"message": "not allowed"}`, httpx.KindUnauthorized, "OOMNITZA_API_TOKEN"},
		{404, `{"error": "nothing here"}`, httpx.KindNotFound, "nothing here"},
		{409, `{"error": "it exists"}`, httpx.KindConflict, "it exists"},
		{500, `{"error": "out of order"}`, httpx.KindServer, "out of order"},
		{503, pageTitle, httpx.KindServer, "Sign in"},
		{302, ``, httpx.KindConfig, "redirects"},
		{200, pageTitle, httpx.KindConfig, "web page"},
		{200, outagePage, httpx.KindBadAnswer, "web page"},
	}
	each(t, func(t *testing.T, m call) {
		for _, s := range statuses {
			t.Run(fmt.Sprint(s.status, s.kind), func(t *testing.T) {
				_, c := newFake(t, answer(s.status, s.body))
				err := m.invoke(t.Context(), c)
				wantKind(t, err, s.kind)
				wantText(t, err, "Oomnitza", s.says)
			})
		}
	})
}

func TestCutOffAnswersAreTold(t *testing.T) {
	each(t, func(t *testing.T, m call) {
		_, c := newFake(t, answer(200, `[{"user_id": "1", "use`))
		wantKind(t, m.invoke(t.Context(), c), httpx.KindBadAnswer)
		_, c = newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `[{"user_id": "1",`)
		})
		wantKind(t, m.invoke(t.Context(), c), httpx.KindBadAnswer)
	})
}

func TestPassingFailuresAreTriedAgainWhereThatIsHarmless(t *testing.T) {
	failures := map[string]http.HandlerFunc{
		"a server error":       answer(502, ""),
		"a dropped connection": drop,
		"a malformed answer":   answer(200, `{"`),
	}
	each(t, func(t *testing.T, m call) {
		for name, fail := range failures {
			t.Run(name, func(t *testing.T) {
				f, c := newFake(t, inTurn(fail, fail, answer(200, m.good)))
				err := m.invoke(t.Context(), c)
				if m.once {
					if err == nil || !httpx.KindOf(err).Retryable() {
						t.Errorf("got %v, want an error that may pass", err)
					}
					f.only(t)
					return
				}
				if err != nil && m.name != "Check" {
					t.Error(err)
				}
				if got := c.Stats(); got.Retries < 2 || got.Waited == 0 {
					t.Errorf("stats are %+v, want two retries", got)
				}
			})
		}
	})
}

func TestQuickRetriesEnd(t *testing.T) {
	f, c := newFake(t, answer(500, ""))
	_, err := c.GetSaaS(t.Context(), "7")
	wantKind(t, err, httpx.KindServer)
	if got := len(f.requests()); got != 1+quickRetries {
		t.Errorf("%d requests were made, want %d", got, 1+quickRetries)
	}
	if got := c.Stats(); got.Requests != 1+quickRetries || got.Retries != quickRetries || got.RateLimited != 0 {
		t.Errorf("stats are %+v", got)
	}
}

func TestALongRetryAfterIsLeftToTheCaller(t *testing.T) {
	f, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(503)
	})
	_, err := c.GetSaaS(t.Context(), "7")
	wantKind(t, err, httpx.KindServer)
	f.only(t)
	if e, ok := errors.AsType[*httpx.Error](err); !ok || e.RetryAfter != 2*time.Minute {
		t.Errorf("the error does not tell the wait: %+v", e)
	}
}

func TestRateLimitsAreWaitedOut(t *testing.T) {
	limits := map[string]http.HandlerFunc{
		"a header in seconds": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(429)
		},
		"no word of how long": answer(429, ""),
		"words in the body":   answer(429, `{"message": "Expected available in 0.01 seconds."}`),
	}
	each(t, func(t *testing.T, m call) {
		for name, limit := range limits {
			t.Run(name, func(t *testing.T) {
				_, c := newFake(t, inTurn(limit, limit, limit, limit, limit, answer(200, m.good)))
				if err := m.invoke(t.Context(), c); err != nil && m.name != "Check" {
					t.Error(err)
				}
				if got := c.Stats(); got.RateLimited != 5 || got.Retries != 0 || got.Waited == 0 {
					t.Errorf("stats are %+v, want five rate limits", got)
				}
			})
		}
	})
}

func TestARateLimitHoldsEveryRequestBack(t *testing.T) {
	var limited atomic.Bool
	var until atomic.Int64
	f, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		if !limited.Swap(true) {
			until.Store(time.Now().Add(200 * time.Millisecond).UnixNano())
			w.Header().Set("Retry-After", "0.2")
			w.WriteHeader(429)
			return
		}
		if time.Now().UnixNano() < until.Load() {
			t.Error("a request came before the time that the tenant named")
		}
		fmt.Fprint(w, someSaaS)
	})
	var all sync.WaitGroup
	get := func() {
		if _, err := c.GetSaaS(t.Context(), "7"); err != nil {
			t.Error(err)
		}
	}
	all.Go(get)
	for c.Stats().Waited == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 5 {
		all.Go(get)
	}
	all.Wait()
	if got := len(f.requests()); got != 7 {
		t.Errorf("%d requests were made, want 7", got)
	}
}

func TestConcurrencyIsBoundedAndAdapts(t *testing.T) {
	var inside, most atomic.Int64
	var sick atomic.Bool
	_, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		n := inside.Add(1)
		defer inside.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if sick.Load() {
			w.WriteHeader(500)
			return
		}
		fmt.Fprint(w, someSaaS)
	})
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if _, err := c.GetSaaS(t.Context(), "7"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 4 {
		t.Errorf("%d requests were in flight, want at most 4", most.Load())
	}
	sick.Store(true)
	_, err := c.GetSaaS(t.Context(), "7")
	wantKind(t, err, httpx.KindServer)
	if got := c.gate.CurrentLimit(); got != 1 {
		t.Errorf("the bound is %d after four failures, want 1", got)
	}
	sick.Store(false)
	for range 6 {
		if _, err := c.GetSaaS(t.Context(), "7"); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.gate.CurrentLimit(); got != 4 {
		t.Errorf("the bound is %d after recovery, want 4", got)
	}
}

func TestAContextThatEndsComesBackAsItself(t *testing.T) {
	each(t, func(t *testing.T, m call) {
		ctx, cancel := context.WithCancel(t.Context())
		_, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		if err := m.invoke(ctx, c); !errors.Is(err, context.Canceled) || httpx.KindOf(err) != "" {
			t.Errorf("cut off under way: got %v", err)
		}
		if err := m.invoke(ctx, c); !errors.Is(err, context.Canceled) {
			t.Errorf("ended before: got %v", err)
		}
	})
	t.Run("while a rate limit is waited out", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
			time.AfterFunc(time.Millisecond, cancel)
		})
		if _, err := c.GetSaaS(ctx, "7"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		f.only(t)
	})
	t.Run("while waiting to try again", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9")
			w.WriteHeader(500)
			time.AfterFunc(time.Millisecond, cancel)
		})
		if _, err := c.GetSaaS(ctx, "7"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		f.only(t)
	})
}

func TestTheCSRFTokenIsEchoed(t *testing.T) {
	n := 0
	f, c := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n != 2 {
			w.Header().Set("X-CSRF-Token", fmt.Sprintf("csrf-%d", n))
		}
		fmt.Fprint(w, `{"saas_id": "7", "saas_name": "Dropbox"}`)
	})
	for range 4 {
		if _, err := c.GetSaaS(t.Context(), "7"); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"", "csrf-1", "csrf-1", "csrf-3"} {
		if got := f.requests()[i].header.Get("X-CSRF-Token"); got != want {
			t.Errorf("request %d echoed %q, want %q", i, got, want)
		}
	}
}

func TestAWriteWithoutTheRightCSRFTokenFetchesOne(t *testing.T) {
	demanding := func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Header.Get("X-CSRF-Token") != "right" {
			w.WriteHeader(403)
			return
		}
		w.Header().Set("X-CSRF-Token", "right")
		if r.Method == http.MethodGet {
			fmt.Fprint(w, somebody)
			return
		}
		fmt.Fprint(w, `{"saas_id": "7", "user_id": "1"}`)
	}
	each(t, func(t *testing.T, m call) {
		if !m.write {
			return
		}
		for _, stale := range []string{"", "stale"} {
			f, c := newFake(t, demanding)
			if stale != "" {
				c.csrf.Store(&stale)
			}
			if err := m.invoke(t.Context(), c); err != nil {
				t.Errorf("with token %q: %v", stale, err)
			}
			if got := len(f.requests()); got != 3 {
				t.Errorf("%d requests were made, want the write, a read and the write again", got)
			}
		}
	})
	t.Run("a write that stays forbidden is an error", func(t *testing.T) {
		f, c := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.Header().Set("X-CSRF-Token", "right")
				fmt.Fprint(w, somebody)
				return
			}
			w.WriteHeader(403)
		})
		_, err := c.CreateSaaS(t.Context(), saas.Record{Name: "Dropbox"})
		wantKind(t, err, httpx.KindUnauthorized)
		if got := len(f.requests()); got != 3 {
			t.Errorf("%d requests were made, want 3", got)
		}
	})
}

func TestASlowAnswerCountsAsCongestion(t *testing.T) {
	tests := []struct {
		name string
		r    request
		err  error
		took time.Duration
		want string
	}{
		{"a prompt answer is well", request{}, nil, time.Second, "0"},
		{"a slow one is not", request{}, nil, slowAfter + 1, "1"},
		{"a long stream is", request{stream: true}, nil, slowAfter + 1, "0"},
		{"a refusal is well", request{}, &httpx.Error{Kind: httpx.KindRefused}, time.Second, "0"},
		{"a rate limit is not", request{}, &httpx.Error{Kind: httpx.KindRateLimited}, time.Second, "1"},
		{"a server error is not", request{}, &httpx.Error{Kind: httpx.KindServer}, time.Second, "1"},
		{"no answer is not", request{}, &httpx.Error{Kind: httpx.KindNetwork}, time.Second, "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fmt.Sprint(judgeOutcome(tt.r, tt.err, tt.took)); got != tt.want {
				t.Errorf("got outcome %s, want %s", got, tt.want)
			}
		})
	}
}
