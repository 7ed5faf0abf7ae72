package temporalx

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

var loopback = net.IPv4(127, 0, 0, 1)

// dial connects with variables besides a configuration file that isn't there.
func dial(t *testing.T, environ ...string) (*Connection, error) {
	t.Helper()
	environ = append([]string{"TEMPORAL_CONFIG_FILE=" + filepath.Join(t.TempDir(), "none.toml")}, environ...)
	// Long enough for a slow machine, and yet the failing ones use it up.
	c, err := Dial(t.Context(), Options{Environ: environ, Logger: zerolog.Nop(), Timeout: time.Second})
	if c != nil {
		t.Cleanup(c.Close)
	}
	return c, err
}

func TestDialFollowsTheEnvironment(t *testing.T) {
	ca := newAuthority(t)
	_, _, clientCert, clientKey := ca.issue("client", nil)
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	plain := (&frontend{namespace: "apps"}).start(t)
	secure := (&frontend{namespace: "apps", apiKey: "s3cret"}).start(t, ca.server("127.0.0.1", loopback, false))
	mutual := (&frontend{namespace: "apps"}).start(t, ca.server("temporal.example", nil, true))
	profile := filepath.Join(t.TempDir(), "temporal.toml")
	if err := os.WriteFile(profile, []byte("[profile.prod]\naddress = \""+plain+"\"\nnamespace = \"apps\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, environ := range map[string][]string{
		"an address and a namespace":     {"TEMPORAL_ADDRESS=" + plain, "TEMPORAL_NAMESPACE=apps"},
		"empty variables count for none": {"TEMPORAL_ADDRESS=" + plain, "TEMPORAL_NAMESPACE=apps", "TEMPORAL_TLS_CLIENT_CERT_PATH=", "TEMPORAL_API_KEY= "},
		"an API key over TLS":            {"TEMPORAL_ADDRESS=" + secure, "TEMPORAL_NAMESPACE=apps", "TEMPORAL_API_KEY=s3cret", "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + ca.file},
		"an API key out of a file":       {"TEMPORAL_ADDRESS=" + secure, "TEMPORAL_NAMESPACE=apps", "TEMPORAL_API_KEY_FILE=" + keyFile, "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + ca.file},
		"mutual TLS": {"TEMPORAL_ADDRESS=" + mutual, "TEMPORAL_NAMESPACE=apps", "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + ca.file,
			"TEMPORAL_TLS_SERVER_NAME=temporal.example", "TEMPORAL_TLS_CLIENT_CERT_PATH=" + clientCert, "TEMPORAL_TLS_CLIENT_KEY_PATH=" + clientKey},
		"a profile of the configuration file": {"TEMPORAL_CONFIG_FILE=" + profile, "TEMPORAL_PROFILE=prod"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := dial(t, environ...)
			if err != nil {
				t.Fatal(err)
			}
			if c.Namespace != "apps" || c.Address == "" {
				t.Errorf("connected to namespace %q at %q", c.Namespace, c.Address)
			}
		})
	}
}

func TestDialSaysWhichVariableToLookAt(t *testing.T) {
	ca := newAuthority(t)
	plain := (&frontend{namespace: "apps"}).start(t)
	secure := (&frontend{namespace: "apps", apiKey: "s3cret"}).start(t, ca.server("127.0.0.1", loopback, false))
	mutual := (&frontend{namespace: "apps"}).start(t, ca.server("127.0.0.1", loopback, true))
	named := (&frontend{namespace: "apps"}).start(t, ca.server("temporal.example", nil, false))
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := closed.Addr().String()
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	hanging, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections, nobody reads
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hanging.Close() })
	frozen := hanging.Addr().String()
	slow := (&frontend{namespace: "apps", hangs: true}).start(t)
	trusted := "TEMPORAL_TLS_SERVER_CA_CERT_PATH=" + ca.file
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{"nobody listens", []string{"TEMPORAL_ADDRESS=" + refused}, "check TEMPORAL_ADDRESS and whether the server runs"},
		{"no port", []string{"TEMPORAL_ADDRESS=127.0.0.1"}, "check TEMPORAL_ADDRESS"},
		{"a web server", []string{"TEMPORAL_ADDRESS=" + web.Listener.Addr().String()}, "check the port in TEMPORAL_ADDRESS"},
		{"a frozen server", []string{"TEMPORAL_ADDRESS=" + frozen}, "the server hangs or is overloaded"},
		{"a frozen server behind TLS", []string{"TEMPORAL_ADDRESS=" + frozen, "TEMPORAL_TLS=true"}, "the server hangs or is overloaded"},
		{"a server that does not answer in time", []string{"TEMPORAL_ADDRESS=" + slow}, "it is overloaded, or its database does not answer"},
		{"no such namespace", []string{"TEMPORAL_ADDRESS=" + plain, "TEMPORAL_NAMESPACE=appz"}, "correct TEMPORAL_NAMESPACE"},
		{"a namespace of others", []string{"TEMPORAL_ADDRESS=" + plain, "TEMPORAL_NAMESPACE=forbidden"}, "TEMPORAL_NAMESPACE is its full name"},
		{"a wrong API key", []string{"TEMPORAL_ADDRESS=" + secure, "TEMPORAL_API_KEY=wr0ng", trusted}, "check TEMPORAL_API_KEY"},
		{"TLS to a plain server", []string{"TEMPORAL_ADDRESS=" + plain, "TEMPORAL_TLS=true"}, "TEMPORAL_TLS=false"},
		{"no TLS to a secure server", []string{"TEMPORAL_ADDRESS=" + secure}, "set TEMPORAL_TLS=true"},
		{"an unknown authority", []string{"TEMPORAL_ADDRESS=" + secure, "TEMPORAL_TLS=true"}, "set TEMPORAL_TLS_SERVER_CA_CERT_PATH"},
		{"another name", []string{"TEMPORAL_ADDRESS=" + named, trusted}, "set TEMPORAL_TLS_SERVER_NAME"},
		{"no client certificate", []string{"TEMPORAL_ADDRESS=" + mutual, trusted}, "check TEMPORAL_TLS_CLIENT_CERT_PATH"},
		{"a certificate that isn't there", []string{"TEMPORAL_TLS_CLIENT_CERT_PATH=/none", "TEMPORAL_TLS_CLIENT_KEY_PATH=/none"}, "client cert"},
		{"a profile that isn't there", []string{"TEMPORAL_PROFILE=prod"}, "profile prod"},
		{"a boolean that isn't one", []string{"TEMPORAL_TLS=yes"}, `TEMPORAL_TLS="yes": use true or false`},
		{"a key file that isn't there", []string{"TEMPORAL_API_KEY_FILE=/none"}, "TEMPORAL_API_KEY_FILE: "},
		{"a key and its file", []string{"TEMPORAL_API_KEY_FILE=/none", "TEMPORAL_API_KEY=wr0ng"}, "not both"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := dial(t, tt.environ...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("the key shows: %v", err)
			}
		})
	}
}

func TestSettingsAreCheckedWithoutDialling(t *testing.T) {
	if err := CheckSettings([]string{"TEMPORAL_ADDRESS=127.0.0.1:1", "TEMPORAL_CONFIG_FILE=/dev/null"}); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{"TEMPORAL_TLS=yes", "TEMPORAL_ADDRESS=http://127.0.0.1:1", "TEMPORAL_API_KEY_FILE=/none"} {
		name, _, _ := strings.Cut(wrong, "=")
		if err := CheckSettings([]string{wrong, "TEMPORAL_CONFIG_FILE=/dev/null"}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestDialStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Dial(ctx, Options{Environ: []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, Logger: zerolog.Nop()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDialRefusesABadEncryptionKey(t *testing.T) {
	_, err := Dial(t.Context(), Options{EncryptionKeys: "c2hvcnQ=", Logger: zerolog.Nop()})
	if err == nil || !strings.Contains(err.Error(), "PAYLOAD_ENCRYPTION_KEY: key 1 of 1") || strings.Contains(err.Error(), "c2hvcnQ") {
		t.Errorf("got %v", err)
	}
}

func TestSDKLoggerKeepsLevelsAndFields(t *testing.T) {
	var out bytes.Buffer
	logger := SDKLogger(zerolog.New(&out).Level(zerolog.InfoLevel))
	logger.Debug("not this")
	logger.Warn("look", "Attempt", 3, "Error", errors.New("broken"))
	if got := out.String(); strings.Contains(got, "not this") || !strings.Contains(got, `"level":"warn"`) ||
		!strings.Contains(got, `"Attempt":3`) || !strings.Contains(got, "broken") || !strings.Contains(got, "look") {
		t.Errorf("logged %s", got)
	}
}

func TestAnIPv6AddressNeedsBrackets(t *testing.T) {
	for _, address := range []string{"localhost:7233", "[::1]:7233", "[fe80::1%eth0]:7233", "dns:///temporal:7233", "temporal.contoso.com:443", ":7233", "localhost"} {
		if err := checkAddress(address); err != nil {
			t.Error(err)
		}
	}
	for _, address := range []string{"::1", "::1:7233", "2001:db8::1", "http://temporal.contoso.com", "https://localhost:7233", `"localhost:7233"`, "local host:7233"} {
		if err := checkAddress(address); err == nil || !strings.Contains(err.Error(), "TEMPORAL_ADDRESS") || !strings.Contains(err.Error(), "[::1]:7233") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
