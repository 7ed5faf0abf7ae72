package defender

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"defendersync/internal/httpx"
)

// TestEachRequestIsToldOf: one that is sent again, too, and a rate limit whatever its status.
func TestEachRequestIsToldOf(t *testing.T) {
	answers := []struct {
		status int
		body   string
	}{
		{http.StatusTooManyRequests, `{"detail":"slow down"}`}, {http.StatusForbidden, `{"detail":"Request was throttled."}`},
		{http.StatusBadGateway, "bad gateway"},
	}
	n := 0
	tn := newTenant(t, func(request) (int, string) {
		a := answers[min(n, len(answers)-1)]
		n++
		return a.status, a.body
	})
	var told []httpx.Exchange
	c := tn.client(func(o *Options) {
		o.Throttled = time.Millisecond
		o.Observe = func(x httpx.Exchange) { told = append(told, x) }
	})
	if err := c.Check(t.Context()); err == nil {
		t.Fatal("the tenant is out, and Check succeeds")
	}
	var kinds []httpx.Kind
	for _, x := range told {
		kinds = append(kinds, x.Kind)
		if x.Peer != "Defender" || x.Began.IsZero() || x.Took <= 0 || x.Ended {
			t.Errorf("%+v", x)
		}
	}
	want := []httpx.Kind{httpx.KindRateLimited, httpx.KindRateLimited, httpx.KindServer}
	if len(kinds) < 3 || !slices.Equal(kinds[:3], want) || len(told) != c.Stats().Requests {
		t.Errorf("told of %v, want %v; %d requests were sent", kinds, want, c.Stats().Requests)
	}
}
