package httpx

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestAnExchangeTellsHowItEnded(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		kind  Kind
		ended bool
	}{
		"answered":              {nil, "", false},
		"refused":               {fmt.Errorf("wrapped: %w", &Error{Kind: KindRefused}), KindRefused, false},
		"ended by the caller":   {fmt.Errorf("Defender: list: %w", context.Canceled), "", true},
		"the caller's deadline": {context.DeadlineExceeded, "", true},
	} {
		x := NewExchange("Defender", time.Now().Add(-time.Minute), tc.err)
		if x.Peer != "Defender" || x.Kind != tc.kind || x.Ended != tc.ended || x.Took < time.Minute {
			t.Errorf("%s: %+v", name, x)
		}
	}
}
