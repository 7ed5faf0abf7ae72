package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
)

// secretPath is the part of a webhook's URL that lets anybody post.
const secretPath = "/services/T000/B000/s3cretkey?token=s3crettoken"

func openWeb(t *testing.T, url string) *Notifier {
	t.Helper()
	n, err := OpenChannels(config.SMTP{}, config.Notify{WebhookURL: config.NewSecret(url), PingURL: config.NewSecret(url)})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// serve answers every request alike, and tells the last one.
func serve(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s
}

func TestTheWebhookGetsALineAndTheNotice(t *testing.T) {
	var got *http.Request
	var posted []byte
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		posted, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/html") // as Slack's does
		_, _ = io.WriteString(w, "ok")
	})
	what := failed()
	what.Read = true
	if err := openWeb(t, s.URL+secretPath).PostNotice(t.Context(), what); err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPost || got.RequestURI != secretPath || got.Header.Get("Content-Type") != "application/json" ||
		got.Header.Get("Idempotency-Key") != what.Key || got.UserAgent() != "defendersync" {
		t.Errorf("%s %s %v", got.Method, got.RequestURI, got.Header)
	}
	var body struct {
		Version int
		Text    string
		Notice  contract.Notice
	}
	if err := json.Unmarshal(posted, &body); err != nil {
		t.Fatal(err)
	}
	what.Read = false // that concerns the list of notices
	if body.Version != 1 || body.Text != FormatSummary(what) || !reflect.DeepEqual(body.Notice, what) {
		t.Errorf("posted %s", posted)
	}
}

func TestAKeyThatIsNoHeaderIsHashedAlikeEachTime(t *testing.T) {
	for _, key := range []string{"", "a\r\nX-Evil: 1", "schlüssel", "two words"} {
		got := headerKey(key)
		if len(got) != 64 || got != headerKey(key) || got == headerKey(key+"x") {
			t.Errorf("%q became %q", key, got)
		}
	}
}

func TestAnswersOfTheWebhookAreClassified(t *testing.T) {
	for status, permanent := range map[int]bool{
		400: true, 401: true, 403: true, 404: true, 410: true, 422: true, 302: true, 408: false, 425: false, 429: false, 500: false, 502: false, 503: false,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"error":"no_service"}`)
		})
		n := openWeb(t, s.URL+secretPath)
		for _, err := range []error{n.PostNotice(t.Context(), failed()), n.SendPing(t.Context())} {
			e := wantError(t, err, status, permanent)
			if wait := e.RetryAfter; permanent && wait != 0 || !permanent && wait != 7*time.Second {
				t.Errorf("%d: retry after %v", status, wait)
			}
			if status != 302 && !strings.Contains(e.Error(), "no_service") {
				t.Errorf("%d: the answer is not told: %v", status, e)
			}
		}
	}
}

func TestARedirectIsFollowedOnTheSameHostOnly(t *testing.T) {
	reached := 0
	elsewhere := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusTemporaryRedirect)
			return
		}
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			reached++
		}
	})
	if err := openWeb(t, elsewhere.URL+"/from").PostNotice(t.Context(), failed()); err != nil || reached != 1 {
		t.Errorf("the same host: %v, reached %d times", err, reached)
	}
	for _, code := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL+"/to", code) })
		wantError(t, openWeb(t, s.URL+secretPath).PostNotice(t.Context(), failed()), code, true, "redirects", "NOTIFY_WEBHOOK_URL")
	}
	if reached != 1 {
		t.Error("a notice reached another host")
	}
}

func TestTheURLIsNeverInAnError(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, strings.Repeat("x", 190)+" no hook at "+r.RequestURI+" or http://"+r.Host+r.RequestURI)
	})
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	secure.Config.ErrorLog = nil
	for _, base := range []string{s.URL, closed.URL, secure.URL, strings.Replace(s.URL, "http:", "https:", 1), "http://hook.invalid", "http://us3ername:passw0rd@" + strings.TrimPrefix(closed.URL, "http://")} {
		n := openWeb(t, base+secretPath)
		for _, err := range []error{n.PostNotice(t.Context(), failed()), n.SendPing(t.Context())} {
			if err == nil {
				t.Errorf("%s: no error", base)
				continue
			}
			for _, secret := range []string{"s3cret", "T000/B000", "us3ername", "passw0rd"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q is in: %v", secret, err)
				}
			}
			if !strings.Contains(err.Error(), "_URL") {
				t.Errorf("the setting is not named: %v", err)
			}
		}
	}
	for _, bad := range []string{"s3cret", "ftp://s3cret", "http://\x00s3cret"} {
		_, err := OpenChannels(config.SMTP{}, config.Notify{WebhookURL: config.NewSecret(bad)})
		if err == nil || !strings.Contains(err.Error(), "NOTIFY_WEBHOOK_URL") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	for _, status := range []int{200, 500} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		})
		if err := openWeb(t, s.URL).PostNotice(t.Context(), failed()); (err == nil) != (status == 200) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestThePingIsAGetAndTheCheckPostsNothing(t *testing.T) {
	var asked []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI)
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound) // a front page need not exist
		}
	})
	n := openWeb(t, s.URL+secretPath)
	if err := errors.Join(n.SendPing(t.Context()), n.CheckWebhook(t.Context())); err != nil {
		t.Fatal(err)
	}
	if want := []string{"GET " + secretPath, "HEAD /"}; !reflect.DeepEqual(asked, want) {
		t.Errorf("asked %q", asked)
	}
	s.Close()
	wantError(t, n.CheckWebhook(t.Context()), 0, false, "reach the host")
}

func TestTheCallerCanStopTheWebhook(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that the server notices that the client is gone
		cancel()
		<-r.Context().Done()
	})
	if err := openWeb(t, s.URL+secretPath).PostNotice(ctx, failed()); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestChannelsThatAreNotConfiguredSaySo(t *testing.T) {
	n, err := OpenChannels(config.SMTP{}, config.Notify{})
	if err != nil || n.HasEmail() || n.HasWebhook() || n.HasPing() {
		t.Fatalf("%+v, %v", n, err)
	}
	wantError(t, n.PostNotice(t.Context(), failed()), 0, true, "NOTIFY_WEBHOOK_URL")
	wantError(t, n.CheckWebhook(t.Context()), 0, true, "NOTIFY_WEBHOOK_URL")
	wantError(t, n.SendPing(t.Context()), 0, true, "NOTIFY_PING_URL")
	if n := openWeb(t, "https://hooks.example/x"); !n.HasWebhook() || !n.HasPing() {
		t.Error("a channel is missing")
	}
}
