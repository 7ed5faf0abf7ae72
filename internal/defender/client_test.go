package defender

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/ratelimit"
)

func TestEveryRequestCarriesTheToken(t *testing.T) {
	tn := newTenant(t, always(200, `{"streams":[]}`))
	c := tn.client()
	if _, err := c.Streams(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := tn.asked[0].header.Get("Authorization"); got != "Token "+token {
		t.Errorf("Authorization %q", got)
	}
}

func TestATokenThatCanBeNoneIsRefused(t *testing.T) {
	for name, bad := range map[string]string{"empty": "", "with a blank": "abc def", "with a line end": "abc\n", "with a bullet from the portal": "••••"} {
		_, err := New(Options{URL: "contoso.us.portal.cloudappsecurity.com", Token: bad})
		e := wantError(t, err, httpx.KindConfig, "DEFENDER_API_KEY")
		if bad != "" && strings.Contains(e.Error(), bad) {
			t.Errorf("%s: the token is shown: %v", name, err)
		}
	}
	if _, err := New(Options{Token: token}); httpx.KindOf(err) != httpx.KindConfig {
		t.Errorf("without a URL: %v", err)
	}
}

func TestA429IsWaitedOutForAsLongAsTheServerSays(t *testing.T) {
	for name, tc := range map[string]struct {
		status     int
		retryAfter string
		body       string
		least      time.Duration
	}{
		"by the header":            {429, "1", ``, time.Second},
		"by the sentence":          {429, "", `{"error":{"message":"Request was throttled. Expected available in 1 seconds."}}`, time.Second},
		"by neither":               {429, "", `{"error":true}`, 50 * time.Millisecond},
		"hidden in another status": {403, "", `{"detail":"Request was throttled. Expected available in 1 second."}`, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int32
			tn := newTenant(t, func(request) (int, string) {
				if n.Add(1) <= 2 {
					return tc.status, tc.body
				}
				return 200, `{"streams":[]}`
			})
			if tc.retryAfter != "" {
				tn.header.Set("Retry-After", tc.retryAfter)
			}
			c := tn.client(func(o *Options) { o.Throttled = 50 * time.Millisecond })
			began := time.Now()
			if _, err := c.Streams(t.Context()); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took < 2*tc.least {
				t.Errorf("came back after %v", took)
			}
			if s := c.Stats(); s.Requests != 3 || s.RateLimited != 2 || s.Waited < 2*tc.least {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestThePauseAfterA429IsTheServersAndALittle(t *testing.T) {
	c := &Client{throttled: throttledFor}
	for name, tc := range map[string]struct{ asked, from, to time.Duration }{
		"what it asked for":     {20 * time.Second, 20 * time.Second, 21 * time.Second},
		"a minute by default":   {0, time.Minute, 63 * time.Second},
		"never next to no time": {time.Millisecond, time.Second, 1050 * time.Millisecond},
	} {
		for range 50 {
			if got := c.pauseFor(&httpx.Error{RetryAfter: tc.asked}); got < tc.from || got > tc.to {
				t.Fatalf("%s: %v", name, got)
			}
		}
	}
}

func TestAWaitFor429EndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tn := newTenant(t, func(request) (int, string) {
		cancel()
		return 429, ""
	})
	tn.header.Set("Retry-After", "3600")
	if _, err := tn.client().Streams(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAWaitFor429EndsWhenTheProcessStops(t *testing.T) {
	limiter := ratelimit.NewLimiter(0, time.Minute)
	tn := newTenant(t, func(request) (int, string) {
		limiter.Stop()
		return 429, ""
	})
	tn.header.Set("Retry-After", "3600")
	_, err := tn.client(func(o *Options) { o.Limiter = limiter }).Streams(t.Context())
	wantError(t, err, httpx.KindStopping)
	if !errors.Is(err, ratelimit.ErrStopped) {
		t.Errorf("%v does not wrap ErrStopped", err)
	}
	if len(tn.paths()) != 1 {
		t.Errorf("asked %v", tn.paths())
	}
}

func TestAPauseHoldsBackEveryRequestOfTheTenant(t *testing.T) {
	var n atomic.Int32
	var mu sync.Mutex
	var arrived []time.Time
	tn := newTenant(t, func(request) (int, string) {
		if n.Add(1) == 1 {
			return 429, ""
		}
		mu.Lock()
		defer mu.Unlock()
		arrived = append(arrived, time.Now())
		return 200, `{"streams":[]}`
	})
	tn.header.Set("Retry-After", "1")
	c := tn.client(func(o *Options) { o.Limiter = ratelimit.NewLimiter(1000, 10*time.Second) })
	began := time.Now()
	if _, err := c.Streams(t.Context()); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if _, err := c.Streams(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, at := range arrived {
		if at.Sub(began) < time.Second {
			t.Errorf("a request came %v after the 429", at.Sub(began))
		}
	}
}

func TestEveryRequestTakesItsSlotOfTheBudget(t *testing.T) {
	tn := newTenant(t, always(200, `{"streams":[]}`))
	limiter := ratelimit.NewLimiter(20, time.Second)
	c := tn.client(func(o *Options) { o.Limiter = limiter })
	began := time.Now()
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			for range 5 {
				if _, err := c.Streams(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	// One slot at once, the others every twentieth of a second.
	if took := time.Since(began); took < 1150*time.Millisecond {
		t.Errorf("25 requests took %v", took)
	}
	if s := c.Stats(); s.Requests != 25 || s.Waited == 0 || limiter.Stats().Granted != 25 {
		t.Errorf("stats %+v", s)
	}
}

func TestARequestThatIsNeverSentCostsNoBudget(t *testing.T) {
	limiter := ratelimit.NewLimiter(2, time.Hour)
	c, err := New(Options{URL: "http://127.0.0.1:1", AllowHost: "127.0.0.1", Token: token, Limiter: limiter})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // more than the budget: it would block if they counted
		_, err := c.Streams(t.Context())
		wantError(t, err, httpx.KindNetwork)
	}
	if s := c.Stats(); s.Requests != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestOtherFailuresComeBackAtOnceWithTheirKind(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		body   string
		kind   httpx.Kind
		says   []string
	}{
		"a wrong token":          {401, `{"detail":"Invalid token"}`, httpx.KindUnauthorized, []string{"HTTP 401", "Invalid token", "DEFENDER_API_KEY"}},
		"a missing right":        {403, `{"detail":"Insufficient role based permissions"}`, httpx.KindUnauthorized, []string{"Insufficient role", "Security Reader"}},
		"a server's failure":     {500, `{"detail":"Internal server error"}`, httpx.KindServer, []string{"HTTP 500"}},
		"a gateway's page":       {502, `<html><title>Bad gateway</title></html>`, httpx.KindServer, []string{"Bad gateway"}},
		"a login page":           {200, `<!DOCTYPE html><title>Sign in</title>`, httpx.KindConfig, []string{"Sign in", "proxy"}},
		"an outage's page":       {200, `<!DOCTYPE html><title>Maintenance</title>`, httpx.KindBadAnswer, []string{"Maintenance", "proxy"}},
		"not JSON":               {200, `hello`, httpx.KindBadAnswer, []string{"not JSON"}},
		"a wrong address":        {404, ``, httpx.KindNotFound, []string{"DEFENDER_API_URL"}},
		"a redirect":             {302, ``, httpx.KindConfig, []string{"redirects"}},
		"a list of another kind": {200, `{"items":[{"title":"alice"}]}`, httpx.KindContract, []string{"keys seen: items"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newTenant(t, always(tc.status, tc.body)).client().Streams(t.Context())
			wantError(t, err, tc.kind, tc.says...)
		})
	}
}

func TestOneLoginPageOrRedirectIsLookedAtAgain(t *testing.T) {
	for name, first := range map[string]struct {
		status int
		body   string
	}{
		"a login page": {200, `<!DOCTYPE html><title>Sign in</title>`},
		"a redirect":   {302, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			tn := newTenant(t, func(request) (int, string) {
				if n++; n == 1 {
					return first.status, first.body
				}
				return 200, `{"streams":[]}`
			})
			if _, err := tn.client().Streams(t.Context()); err != nil || n != 2 {
				t.Errorf("%d requests: %v", n, err)
			}
		})
	}
}

func TestAPageIsNoLongerThanWasAskedFor(t *testing.T) {
	page := func(rows int, row string) string {
		return `{"data":[` + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + `],"hasNext":false}`
	}
	for name, tc := range map[string]struct {
		body string
		says string
	}{
		"too many rows":    {page(501, `{"userName":"a@b.example","lastSeen":1}`), "where 100 were asked for"},
		"too many bytes":   {page(100, `{"userName":"`+strings.Repeat("a", 50<<10)+`"}`), "longer than"},
		"data twice":       {`{"data":[{"userName":"a@b.example","lastSeen":1}],"hasNext":false,"data":[]}`, "twice"},
		"null":             {"null", "no list"},
		"nothing":          {"", "not JSON"},
		"a length in rows": {page(1, `{"userName":"`+strings.Repeat("a", 2<<20)+`"}`), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newTenant(t, always(200, tc.body)).client().ReadUsers(t.Context(), listing.UserQuery{Stream: "s", App: "1", Timeframe: 90})
			wantError(t, err, httpx.KindBadAnswer, tc.says)
		})
	}
}

func TestACustomAuthorityAndAProxyReachTheTenant(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"streams":[]}`) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		o    httpx.TransportOptions
		kind httpx.Kind
	}{
		"with its authority":           {httpx.TransportOptions{CAFile: ca}, ""},
		"without":                      {httpx.TransportOptions{}, httpx.KindConfig},
		"by a proxy that is not there": {httpx.TransportOptions{CAFile: ca, ProxyURL: "http://127.0.0.1:1"}, httpx.KindNetwork},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := httpx.NewHTTPClient(tc.o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.CloseIdleConnections)
			c, err := New(Options{URL: s.URL, AllowHost: "127.0.0.1", Token: token, HTTP: client})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = c.Streams(t.Context()); httpx.KindOf(err) != tc.kind || (err == nil) != (tc.kind == "") {
				t.Errorf("%v, want kind %q", err, tc.kind)
			}
		})
	}
}
