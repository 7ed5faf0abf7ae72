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

func TestWhatAFailureIsAbout(t *testing.T) {
	denial, shape := &Error{Kind: KindUnauthorized, Status: 403}, &Error{Kind: KindContract}
	for name, tc := range map[string]struct {
		err                                 error
		answer, about, unknownShape, denial bool
	}{
		"no error":                      {},
		"another error":                 {err: errors.New("x")},
		"no answer":                     {err: &Error{Kind: KindNetwork}},
		"a denial":                      {err: denial, answer: true, about: true, denial: true},
		"a denial, wrapped":             {err: fmt.Errorf("x: %w", denial), answer: true, about: true, denial: true},
		"a token that can't be used":    {err: &Error{Kind: KindUnauthorized}, denial: true},
		"a redirect":                    {err: &Error{Kind: KindConfig, Status: 302}, answer: true, about: true, denial: true},
		"a setting that can't be used":  {err: &Error{Kind: KindConfig}},
		"a refusal":                     {err: &Error{Kind: KindRefused, Status: 400}, answer: true, about: true},
		"rows of an unknown shape":      {err: shape, about: true, unknownShape: true},
		"an endpoint that isn't there":  {err: &Error{Kind: KindContract, Status: 404}, answer: true, about: true},
		"rows of another kind, wrapped": {err: fmt.Errorf("x: %w", shape), about: true, unknownShape: true},
	} {
		if IsAnswer(tc.err) != tc.answer || IsAboutRequest(tc.err) != tc.about || IsUnknownShape(tc.err) != tc.unknownShape || IsDenial(tc.err) != tc.denial {
			t.Errorf("%s: an answer %v, about the request %v, of an unknown shape %v, a denial %v", name,
				IsAnswer(tc.err), IsAboutRequest(tc.err), IsUnknownShape(tc.err), IsDenial(tc.err))
		}
	}
}

func TestAPeerThatAnswersAndWontHasDeclined(t *testing.T) {
	for kind, want := range map[Kind]bool{
		KindRefused: true, KindNotFound: true, KindContract: true, KindConflict: true,
		KindNetwork: false, KindServer: false, KindRateLimited: false, KindBadAnswer: false, KindStopping: false, KindUnauthorized: false, KindConfig: false,
	} {
		if kind.Declined() != want {
			t.Errorf("%s: declined %v", kind, !want)
		}
	}
}
