package oomnitza

import (
	"net/http"
	"slices"
	"testing"

	"defendersync/internal/httpx"
)

// TestEachRequestIsToldOf: one that is sent again, too.
func TestEachRequestIsToldOf(t *testing.T) {
	_, c := newFake(t, inTurn(answer(http.StatusTooManyRequests, "{}"), answer(http.StatusBadGateway, "{}"), answer(http.StatusOK, `[{"user_id": "1", "username": "ann"}]`)))
	var told []httpx.Kind
	c.observe = func(x httpx.Exchange) {
		told = append(told, x.Kind)
		if x.Peer != "Oomnitza" || x.Began.IsZero() || x.Ended {
			t.Errorf("%+v", x)
		}
	}
	r := request{op: "look", method: http.MethodGet, path: pathUsers}
	if err := c.sendAndRead(t.Context(), r, func(*httpx.Answer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []httpx.Kind{httpx.KindRateLimited, httpx.KindServer, ""}; !slices.Equal(told, want) || len(told) != c.Stats().Requests {
		t.Errorf("told of %q, want %q; %d requests were sent", told, want, c.Stats().Requests)
	}
}
