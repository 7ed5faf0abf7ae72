package httpx

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const secret = "0123456789abcdef0123456789abcdef"

// client is a client that reaches loopback servers directly.
func client(t *testing.T, o TransportOptions) *http.Client {
	t.Helper()
	c, err := NewHTTPClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// serve answers every request with h.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func call(url string) Call {
	return Call{
		Peer: "Defender", Op: "list the streams", URL: url + "/api?q=private",
		Header: http.Header{"Authorization": {"Token " + secret}},
	}
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is not a *httpx.Error", err, err)
	}
	return e
}

func TestDoSendsTheCallAndReadsTheAnswerWhole(t *testing.T) {
	var got *http.Request
	var body []byte
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Total-Count", "7")
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"ok":true}`)
	})
	c := call(url)
	c.Method, c.Body = http.MethodPost, map[string]int{"limit": 100}
	answer, err := Do(t.Context(), client(t, TransportOptions{}), c)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != http.StatusCreated || string(answer.Body) != `{"ok":true}` || answer.Header.Get("X-Total-Count") != "7" {
		t.Errorf("answer %+v", answer)
	}
	if got.Method != http.MethodPost || got.URL.String() != "/api?q=private" || string(body) != `{"limit":100}` {
		t.Errorf("request %s %s %s", got.Method, got.URL, body)
	}
	for key, want := range map[string]string{
		"Authorization": "Token " + secret, "Content-Type": "application/json",
		"Accept": "application/json", "User-Agent": "defendersync",
	} {
		if got.Header.Get(key) != want {
			t.Errorf("%s: %q, want %q", key, got.Header.Get(key), want)
		}
	}
}

func TestACallWithoutABodyIsAPlainGet(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.ContentLength != 0 || r.Header.Get("Content-Type") != "" {
			t.Errorf("request %s, %d bytes, %q", r.Method, r.ContentLength, r.Header.Get("Content-Type"))
		}
		w.WriteHeader(http.StatusNoContent)
	})
	answer, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
	if err != nil || len(answer.Body) != 0 {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

func TestACompressedAnswerIsReadAndBoundedAsWhatItUnpacksTo(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, `"`+strings.Repeat("a", 1<<20)+`"`)
		z.Close()
	})
	c := call(url)
	if answer, err := Do(t.Context(), client(t, TransportOptions{}), c); err != nil || len(answer.Body) != 1<<20+2 {
		t.Fatalf("error %v", err)
	}
	c.MaxBody = 1 << 16
	_, err := Do(t.Context(), client(t, TransportOptions{}), c)
	if e := asError(t, err); e.Kind != KindBadAnswer {
		t.Errorf("an answer beyond the bound: %v", err)
	}
}

func TestAnAnnouncedLengthBeyondTheBoundIsNotRead(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 100))
	})
	c := call(url)
	c.MaxBody = 99
	_, err := Do(t.Context(), client(t, TransportOptions{}), c)
	if e := asError(t, err); e.Kind != KindBadAnswer {
		t.Errorf("got %v", err)
	}
	c.MaxBody = 100
	if _, err := Do(t.Context(), client(t, TransportOptions{}), c); err != nil {
		t.Errorf("an answer of just the bound: %v", err)
	}
}

func TestAStatusMeansOneKind(t *testing.T) {
	for status, want := range map[int]Kind{
		301: KindConfig, 302: KindConfig, 304: KindConfig,
		400: KindRefused, 401: KindUnauthorized, 403: KindUnauthorized, 404: KindNotFound, 405: KindRefused,
		407: KindConfig, 408: KindServer, 409: KindConflict, 412: KindRefused, 413: KindRefused, 422: KindRefused,
		425: KindServer, 429: KindRateLimited, 500: KindServer, 502: KindServer, 503: KindServer, 504: KindServer, 599: KindServer,
	} {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "17")
			w.WriteHeader(status)
			if status != 304 {
				io.WriteString(w, `{"detail":"because"}`)
			}
		})
		_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
		e := asError(t, err)
		if e.Kind != want || e.Status != status || e.Peer != "Defender" || e.Op != "list the streams" {
			t.Errorf("%d: %+v, want %s", status, e, want)
		}
		if e.RetryAfter != 17*time.Second {
			t.Errorf("%d: wait %v", status, e.RetryAfter)
		}
		if status >= 400 && e.Message != "because" {
			t.Errorf("%d: message %q", status, e.Message)
		}
	}
}

func TestTheWaitIsFoundInTheBodyToo(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
		io.WriteString(w, `{"error":{"message":"Request was throttled. Expected available in 23 seconds."}}`)
	})
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
	if e := asError(t, err); e.RetryAfter != 23*time.Second || e.Kind != KindRateLimited {
		t.Errorf("%+v", e)
	}
}

func TestSecondsInOtherErrorsAreNoWait(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusGatewayTimeout)
		io.WriteString(w, `{"error":"upstream timed out after 600 seconds"}`)
	})
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
	if e := asError(t, err); e.RetryAfter != 0 {
		t.Errorf("%+v", e)
	}
}

func TestARedirectIsNotFollowedAndTellsWhereTo(t *testing.T) {
	followed := false
	other := serve(t, func(http.ResponseWriter, *http.Request) { followed = true })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+"/login?session=private", http.StatusFound)
	})
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
	e := asError(t, err)
	if followed {
		t.Error("the redirect was followed")
	}
	if e.Kind != KindConfig || !strings.Contains(e.Message, other) || strings.Contains(err.Error(), "private") || e.Hint == "" {
		t.Errorf("%v", err)
	}
}

func TestAWebPageInsteadOfDataIsABadAnswerWithAHint(t *testing.T) {
	for name, tc := range map[string]struct {
		title string
		kind  Kind
		looks int
	}{
		"an outage": {"Down for maintenance", KindBadAnswer, 0},
		"a login":   {"Sign in to your account", KindConfig, confirmElsewhere},
	} {
		page := "\n <!DOCTYPE html><html><head><TITLE>" + tc.title + "</TITLE></head></html>"
		for how, contentType := range map[string]string{"announced": "text/html; charset=utf-8", "disguised as JSON": "application/json"} {
			for call, read := range map[string]func(string) error{
				"whole": func(url string) error {
					_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
					return err
				},
				"streamed": func(url string) error {
					_, err := DoStream(t.Context(), client(t, TransportOptions{}), call(url))
					return err
				},
			} {
				t.Run(name+" "+how+" "+call, func(t *testing.T) {
					url := serve(t, func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("Content-Type", contentType)
						io.WriteString(w, page)
					})
					err := read(url)
					e := asError(t, err)
					if e.Kind != tc.kind || e.Confirmations != tc.looks || !strings.Contains(e.Message, tc.title) || !strings.Contains(e.Hint, "proxy") {
						t.Errorf("%v: %+v", err, e)
					}
				})
			}
		}
	}
}

func TestDataThatIsAnnouncedAsAWebPageIsRead(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `{"ok":true}`)
	})
	if answer, err := Do(t.Context(), client(t, TransportOptions{}), call(url)); err != nil || string(answer.Body) != `{"ok":true}` {
		t.Errorf("%v, %v", answer, err)
	}
}

func TestAnAnswerThatBreaksOffIsABadAnswer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, `{"data":[`)
	})
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
	if e := asError(t, err); e.Kind != KindBadAnswer || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("%v", err)
	}
}

func TestADroppedConnectionIsANetworkError(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
	if e := asError(t, err); e.Kind != KindNetwork {
		t.Errorf("%v", err)
	}
}

func TestNoAnswerInTimeIsANetworkErrorAndNotTheCallersDeadline(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api" {
			<-release
			return
		}
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-release
	})
	defer close(release)
	for name, path := range map[string]string{"no headers": "", "no end of the body": "/x"} {
		t.Run(name, func(t *testing.T) {
			_, err := Do(t.Context(), client(t, TransportOptions{Timeout: 50 * time.Millisecond}), call(url+path))
			e := asError(t, err)
			if e.Kind != KindNetwork || !strings.Contains(err.Error(), "no answer within 50ms") && !strings.Contains(err.Error(), "in time") {
				t.Errorf("%v", err)
			}
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				t.Errorf("%v reads as the caller's own deadline", err)
			}
		})
	}
}

func TestTheCallersOwnContextErrorComesBackAsItself(t *testing.T) {
	for name, flush := range map[string]bool{"before the headers": false, "within the body": true} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if flush {
					w.WriteHeader(http.StatusOK)
					w.(http.Flusher).Flush()
				}
				cancel()
				<-r.Context().Done()
			})
			_, err := Do(ctx, client(t, TransportOptions{}), call(url))
			if !errors.Is(err, context.Canceled) || KindOf(err) != "" {
				t.Errorf("%v, kind %q", err, KindOf(err))
			}
		})
	}
}

func TestAPortThatNobodyListensOnHasAHint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, err = Do(t.Context(), client(t, TransportOptions{}), call("http://"+address))
	e := asError(t, err)
	if e.Kind != KindNetwork || e.Hint != hintRefused {
		t.Errorf("%v", err)
	}
}

func TestAHostThatDoesNotResolveHasAHint(t *testing.T) {
	c := client(t, TransportOptions{})
	c.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}}
	}
	_, err := Do(t.Context(), c, call("http://nowhere.invalid"))
	e := asError(t, err)
	if e.Kind != KindNetwork || e.Hint != hintHost || !strings.Contains(err.Error(), "nowhere.invalid") {
		t.Errorf("%v", err)
	}
}

func TestErrorsShowNeitherTokenNorQuery(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"detail":"token `+secret+` is not known"}`)
	})
	for name, target := range map[string]string{
		"a refusal that repeats it": url, "no answer": "http://127.0.0.1:1", "a URL that can't be parsed": "http://bad host/",
	} {
		_, err := Do(t.Context(), client(t, TransportOptions{}), call(target))
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "private") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARequestThatCannotBeEncodedSaysSo(t *testing.T) {
	c := call("http://127.0.0.1:1")
	c.Body = func() {}
	if _, err := Do(t.Context(), client(t, TransportOptions{}), c); err == nil || !strings.Contains(err.Error(), "encode the request") {
		t.Errorf("%v", err)
	}
}

func TestDoStreamLeavesTheBodyToTheCaller(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `[1,2,`)
	})
	c := call(url)
	resp, err := DoStream(t.Context(), client(t, TransportOptions{}), c)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if string(body) != `[1,2,` {
		t.Errorf("body %q", body)
	}
	if e := asError(t, ReadError(t.Context(), c, err)); e.Kind != KindBadAnswer {
		t.Errorf("%v", e)
	}
}
