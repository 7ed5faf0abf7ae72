package httpx

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// tlsServer is an HTTPS server, and the file with the certificate that vouches
// for it.
func tlsServer(t *testing.T) (address, caFile string) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{}`) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(caFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL, caFile
}

func TestACustomAuthorityIsTrusted(t *testing.T) {
	address, ca := tlsServer(t)
	if _, err := Do(t.Context(), client(t, TransportOptions{CAFile: ca}), call(address)); err != nil {
		t.Errorf("with the CA file: %v", err)
	}
}

func TestACertificateOfAnUnknownAuthorityIsASettingsErrorWithAHint(t *testing.T) {
	address, _ := tlsServer(t)
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(address))
	e := asError(t, err)
	if e.Kind != KindConfig || e.Hint != hintCA {
		t.Errorf("%v", err)
	}
}

func TestHTTPSToAnHTTPPortIsASettingsError(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, r *http.Request) {})
	_, err := Do(t.Context(), client(t, TransportOptions{}), call(strings.Replace(plain, "http:", "https:", 1)))
	if e := asError(t, err); e.Kind != KindConfig || e.Hint != hintTLS {
		t.Errorf("%v", err)
	}
}

func TestACAFileThatCannotBeUsedIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"missing": filepath.Join(t.TempDir(), "none.pem"), "without a certificate": empty} {
		_, err := NewHTTPClient(TransportOptions{CAFile: file})
		if e := asError(t, err); e.Kind != KindConfig || !strings.Contains(err.Error(), filepath.Base(file)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// proxyServer forwards plain requests and counts them; it asks for a login if
// told to.
func proxyServer(t *testing.T, login bool) (address string, count *atomic.Int32) {
	t.Helper()
	count = &atomic.Int32{}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		if login && r.Header.Get("Proxy-Authorization") == "" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		resp, err := transport.RoundTrip(&http.Request{Method: r.Method, URL: r.URL, Header: r.Header})
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	}), count
}

func TestRequestsGoThroughTheProxyThatIsSet(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{}`) })
	proxy, count := proxyServer(t, false)
	if _, err := Do(t.Context(), client(t, TransportOptions{ProxyURL: proxy}), call(target)); err != nil {
		t.Fatal(err)
	}
	if count.Load() != 1 {
		t.Errorf("the proxy saw %d requests", count.Load())
	}
}

func TestTheEnvironmentsProxyIsTakenForEachClient(t *testing.T) {
	proxy, count := proxyServer(t, false)
	t.Setenv("HTTP_PROXY", proxy)
	t.Setenv("http_proxy", proxy)
	t.Setenv("NO_PROXY", "direct.example")
	t.Setenv("no_proxy", "direct.example")
	c := client(t, TransportOptions{})
	choose := c.Transport.(*http.Transport).Proxy
	for target, want := range map[string]string{"http://tenant.example/": proxy, "http://direct.example/": ""} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		via, err := choose(&http.Request{URL: u})
		if err != nil || (via == nil) != (want == "") || via != nil && via.String() != want {
			t.Errorf("%s goes via %v (%v), want %q", target, via, err, want)
		}
	}
	// Nobody answers to this name: only the proxy can have been asked.
	if _, err := Do(t.Context(), c, call("http://tenant.invalid")); err == nil || count.Load() != 1 {
		t.Errorf("error %v, the proxy saw %d requests", err, count.Load())
	}
}

func TestAProxyThatWantsALoginIsASettingsError(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{}`) })
	proxy, _ := proxyServer(t, true)
	for name, address := range map[string]string{"plain": target, "tunnelled": strings.Replace(target, "http:", "https:", 1)} {
		_, err := Do(t.Context(), client(t, TransportOptions{ProxyURL: proxy}), call(address))
		if e := asError(t, err); e.Kind != KindConfig || e.Hint != hintProxyLogin {
			t.Errorf("%s: %v", name, err)
		}
	}
	withLogin := strings.Replace(proxy, "://", "://user:pass@", 1)
	if _, err := Do(t.Context(), client(t, TransportOptions{ProxyURL: withLogin}), call(target)); err != nil {
		t.Errorf("with a login: %v", err)
	}
}

func TestAProxyURLThatCannotBeUsedIsRefusedWithoutItsPassword(t *testing.T) {
	for name, raw := range map[string]string{
		"no host": "http://", "another scheme": "ftp://user:hunter2@proxy:21", "not a URL": "http://user:hunter2@bad host:1", "no scheme": "proxy:3128",
	} {
		_, err := NewHTTPClient(TransportOptions{ProxyURL: raw})
		if e := asError(t, err); e.Kind != KindConfig || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheBoundOfConnectionsIsKept(t *testing.T) {
	c := client(t, TransportOptions{MaxConnsPerHost: 3})
	tr := c.Transport.(*http.Transport)
	if tr.MaxConnsPerHost != 3 || tr.MaxIdleConnsPerHost != 3 || c.Timeout != DefaultTimeout {
		t.Errorf("%d connections, %d idle, time limit %v", tr.MaxConnsPerHost, tr.MaxIdleConnsPerHost, c.Timeout)
	}
	tr = client(t, TransportOptions{MaxConnsPerHost: -1}).Transport.(*http.Transport)
	if tr.MaxConnsPerHost != 0 || tr.MaxIdleConnsPerHost != idleConns {
		t.Errorf("without a bound: %d connections, %d idle", tr.MaxConnsPerHost, tr.MaxIdleConnsPerHost)
	}
}

func TestWithoutATimeLimitNothingIsCutShort(t *testing.T) {
	c := client(t, TransportOptions{Timeout: -1})
	if c.Timeout != 0 {
		t.Errorf("a negative time limit is %v", c.Timeout)
	}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{}`) })
	if _, err := Do(t.Context(), c, call(url)); err != nil {
		t.Error(err)
	}
	c.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return nil, os.ErrDeadlineExceeded })
	if _, err := Do(t.Context(), c, call(url)); err == nil || !strings.HasSuffix(err.Error(), "no answer in time") {
		t.Errorf("%v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheAuthoritiesOfAFileAreAddedToTheSystems(t *testing.T) {
	_, file := tlsServer(t)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Skip("this system has none")
	}
	want.AppendCertsFromPEM(text)
	if got, err := CertPool(file); err != nil || !got.Equal(want) {
		t.Errorf("other authorities than the system's and the file's, %v", err)
	}
}
