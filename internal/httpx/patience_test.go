package httpx

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowPeer answers after a while, and then a byte at a time.
type slowPeer struct {
	before, between time.Duration
	body            string
}

func (p slowPeer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := sleepFor(req.Context(), p.before); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: &trickle{req.Context(), p.between, strings.NewReader(p.body)}}, nil
}

type trickle struct {
	ctx     context.Context
	between time.Duration
	rest    io.Reader
}

func (s *trickle) Read(p []byte) (int, error) {
	if err := sleepFor(s.ctx, s.between); err != nil {
		return 0, err
	}
	return s.rest.Read(p[:1])
}

func (*trickle) Close() error { return nil }

func sleepFor(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAnAnswerThatTricklesIsWaitedForWhileItGetsOn(t *testing.T) {
	body := `{"data":[]}` // eleven bytes, and a read that finds the end
	for name, tc := range map[string]struct {
		peer slowPeer
		took time.Duration
		says string // of the error; "": none
	}{
		"at once":                               {slowPeer{0, 0, body}, 0, ""},
		"longer than the limit, but it gets on": {slowPeer{time.Second, time.Second, body}, 13 * time.Second, ""},
		"no answer":                             {slowPeer{time.Hour, 0, body}, 3 * time.Second, "no answer within 3s"},
		"it falls silent":                       {slowPeer{0, 4 * time.Second, body}, 3 * time.Second, "did not end in time"},
		"it gets on for ever":                   {slowPeer{0, 2 * time.Second, strings.Repeat(" ", 1000)}, 15 * time.Second, "did not end in time"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := &http.Client{Transport: tc.peer, Timeout: 3 * time.Second}
				began := time.Now()
				answer, err := Do(t.Context(), client, Call{Peer: "Defender", Op: "read", URL: "http://tenant.invalid/"})
				if took := time.Since(began); took != tc.took {
					t.Errorf("it took %v, not %v", took, tc.took)
				}
				if tc.says == "" {
					if err != nil || string(answer.Body) != body {
						t.Errorf("%+v, %v", answer, err)
					}
					return
				}
				if KindOf(err) != KindNetwork || !strings.Contains(err.Error(), tc.says) || errors.Is(err, context.Canceled) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

func TestTheCallersOwnEndIsNoTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		client := &http.Client{Transport: slowPeer{0, 2 * time.Second, "x"}, Timeout: time.Minute}
		_, err := Do(ctx, client, Call{Peer: "Defender", Op: "read", URL: "http://tenant.invalid/"})
		if KindOf(err) != "" || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}
