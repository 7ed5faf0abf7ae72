package httpx

import (
	"context"
	"testing"
)

func TestACallTakesItsTurnWhereTheContextHasTurns(t *testing.T) {
	TakeTurn(t.Context(), Call{URL: "https://example.com/1"}) // there are none: nothing happens
	var seen []string
	ctx := WithTurns(t.Context(), func(_ context.Context, c Call) { seen = append(seen, c.URL) })
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	TakeTurn(within, Call{URL: "https://example.com/2"})
	if len(seen) != 1 || seen[0] != "https://example.com/2" {
		t.Errorf("seen: %q", seen)
	}
}
