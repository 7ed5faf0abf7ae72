package httpx

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestAnErrorTellsWhatWasDoneWhatCameBackAndWhatToDo(t *testing.T) {
	cause := errors.New("connection reset")
	for want, e := range map[string]*Error{
		"Defender: list the streams: HTTP 403: no right (ask for one)": {
			Peer: "Defender", Op: "list the streams", Kind: KindUnauthorized, Status: 403, Message: "no right", Hint: "ask for one",
		},
		"Oomnitza: assign: connection reset": {Peer: "Oomnitza", Op: "assign", Kind: KindNetwork, Err: cause, RetryAfter: time.Second},
	} {
		if e.Error() != want {
			t.Errorf("got %q, want %q", e.Error(), want)
		}
	}
	wrapped := fmt.Errorf("session: %w", &Error{Kind: KindNetwork, Err: cause})
	if !errors.Is(wrapped, cause) || KindOf(wrapped) != KindNetwork || KindOf(cause) != "" || KindOf(nil) != "" {
		t.Error("kind or cause is not found through wrapping")
	}
}

func TestKindsThatTimeMayCureAreRetryable(t *testing.T) {
	for kind, want := range map[Kind]bool{
		KindNetwork: true, KindServer: true, KindRateLimited: true, KindBadAnswer: true, KindStopping: true,
		KindUnauthorized: false, KindNotFound: false, KindConflict: false, KindRefused: false, KindContract: false, KindConfig: false,
	} {
		if kind.Retryable() != want {
			t.Errorf("%s: retryable %v", kind, !want)
		}
	}
}
