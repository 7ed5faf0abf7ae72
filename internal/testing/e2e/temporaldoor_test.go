package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
)

// authority signs certificates for a test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newCertificate makes a certificate, signed by the authority or, for nil, by itself.
func (a *authority) newCertificate(t *testing.T, template x509.Certificate) (der []byte, key *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := &template, key
	if a != nil {
		parent, signer = a.certificate, a.key
	}
	if der, err = x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, signer); err != nil {
		t.Fatal(err)
	}
	return der, key
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	var none *authority
	der, key := none.newCertificate(t, x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	})
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key}
}

// issueFiles writes a client's certificate and key over files, as whatever renews
// certificates does.
func (a *authority) issueFiles(t *testing.T, certFile, keyFile string) {
	t.Helper()
	der, key := a.newCertificate(t, x509.Certificate{Subject: pkix.Name{CommonName: "worker"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", private)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// temporalDoor stands before the Temporal server and asks for a client certificate and
// an API key, as Temporal Cloud and many servers do.
type temporalDoor struct {
	address string
	proxy   http.Handler

	mu      sync.Mutex
	clients *x509.CertPool
	keys    map[string]bool
	slow    time.Duration // how late it lets heartbeats through
}

// openDoor opens a door before the server, with a certificate that its authority signed.
func openDoor(t *testing.T, server string, a *authority) *temporalDoor {
	t.Helper()
	der, key := a.newCertificate(t, x509.Certificate{DNSNames: []string{"temporal.test"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: server})
	proxy.Transport, proxy.FlushInterval = &http.Transport{Protocols: &protocols}, -1
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	d := &temporalDoor{proxy: proxy}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = listener.Addr().String()
	own := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	front := &http.Server{Handler: d, TLSConfig: &tls.Config{NextProtos: []string{"h2"}, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return &tls.Config{NextProtos: []string{"h2"}, Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: d.clients}, nil
	}, Certificates: []tls.Certificate{own}}}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = front.ServeTLS(listener, "", "")
	}()
	t.Cleanup(func() { _ = front.Close(); <-served })
	return d
}

// accept names the authorities of clients and the keys that are good from now on.
func (d *temporalDoor) accept(keys []string, authorities ...*authority) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clients, d.keys = x509.NewCertPool(), map[string]bool{}
	for _, a := range authorities {
		d.clients.AddCert(a.certificate)
	}
	for _, k := range keys {
		d.keys[k] = true
	}
}

// ServeHTTP lets a call through, or refuses it the way gRPC does.
func (d *temporalDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	d.mu.Lock()
	known, slow := d.keys[key], d.slow
	d.mu.Unlock()
	if !known {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Grpc-Status", "16") // Unauthenticated
		w.Header().Set("Grpc-Message", "Request unauthorized.")
		return
	}
	if slow > 0 && strings.HasSuffix(r.URL.Path, "/RecordActivityTaskHeartbeat") {
		select {
		case <-time.After(slow):
		case <-r.Context().Done():
			return
		}
	}
	d.proxy.ServeHTTP(w, r)
}

// slowHeartbeats lets heartbeats through late from now on.
func (d *temporalDoor) slowHeartbeats(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.slow = by
}

// TestTemporalsKeyAndCertificateAreReplacedWhileASessionRuns: files are read when a
// worker starts. One that runs keeps what it has read, so another takes over with the
// new files before the old ones lose their worth.
func TestTemporalsKeyAndCertificateAreReplacedWhileASessionRuns(t *testing.T) {
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=15s")
	first, second := newAuthority(t, "first"), newAuthority(t, "second")
	door := openDoor(t, b.Address, first)
	door.accept([]string{"key-one"}, first)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write := func(a *authority, key string) {
		a.issueFiles(t, file("client.pem"), file("client.key"))
		if err := os.WriteFile(file("api-key"), []byte(key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(first, "key-one")
	writePEM(t, file("ca.pem"), "CERTIFICATE", first.certificate.Raw)
	secured := []string{
		"TEMPORAL_ADDRESS=" + door.address, "TEMPORAL_TLS_SERVER_NAME=temporal.test", "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + file("ca.pem"),
		"TEMPORAL_TLS_CLIENT_CERT_PATH=" + file("client.pem"), "TEMPORAL_TLS_CLIENT_KEY_PATH=" + file("client.key"), "TEMPORAL_API_KEY_FILE=" + file("api-key"),
	}
	want := oracle.New(b.Sim)
	w := b.worker(secured...)
	b.schedule()
	done := b.following()
	b.userPages(20, done)

	door.accept([]string{"key-one", "key-two"}, first, second)
	write(second, "key-two")
	b.userPages(20, done) // with what was read at the start
	w = b.relieved(w, secured...)
	door.accept([]string{"key-two"}, second)
	if r, ok := <-done; !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	b.agree(want.LearnDue(b.Sim))
	b.unfetched()

	write(first, "key-one") // what is no longer good is named, by whatever starts with it
	out := b.RunWith(b.ctx, append(b.Env, secured...), "schedule", "show")
	if out.Code != 1 || !strings.Contains(out.Err, door.address) {
		t.Errorf("with the old certificate a command ended with %d: %s", out.Code, out.Err)
	}
	write(second, "key-one")
	out = b.RunWith(b.ctx, append(b.Env, secured...), "schedule", "show")
	if out.Code != 1 || !strings.Contains(out.Err, "TEMPORAL_API_KEY") {
		t.Errorf("with the old key a command ended with %d: %s", out.Code, out.Err)
	}
	door.accept([]string{"key-three"}, second)
	if code := w.WaitExit(limit); code != 1 || !strings.Contains(w.ReadLog(), "no more work") {
		t.Errorf("the worker whose key was revoked ended with %d:\n%s", code, w.ReadLog())
	}
}

// TestASessionGoesOnWhereTemporalIsSlow: a server that takes seconds to take a heartbeat
// is not one that is gone.
func TestASessionGoesOnWhereTemporalIsSlow(t *testing.T) {
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=15s")
	signer := newAuthority(t, "authority")
	door := openDoor(t, b.Address, signer)
	door.accept([]string{"key"}, signer)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	signer.issueFiles(t, file("client.pem"), file("client.key"))
	writePEM(t, file("ca.pem"), "CERTIFICATE", signer.certificate.Raw)
	want := oracle.New(b.Sim)
	w := b.worker("TEMPORAL_ADDRESS="+door.address, "TEMPORAL_TLS_SERVER_NAME=temporal.test", "TEMPORAL_TLS_SERVER_CA_CERT_PATH="+file("ca.pem"),
		"TEMPORAL_TLS_CLIENT_CERT_PATH="+file("client.pem"), "TEMPORAL_TLS_CLIENT_KEY_PATH="+file("client.key"), "TEMPORAL_API_KEY=key")
	b.schedule()
	done := b.following()
	b.userPages(20, done)
	door.slowHeartbeats(2500 * time.Millisecond)
	b.userPages(40, done)
	door.slowHeartbeats(4 * time.Second)
	b.userPages(40, done)
	door.slowHeartbeats(0)
	if r, ok := <-done; !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	b.agree(want.LearnDue(b.Sim))
	if strings.Contains(w.ReadLog(), "this attempt ends") {
		t.Errorf("an attempt ended although heartbeats were taken:\n%s", w.ReadLog())
	}
}
