package temporalx

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestHealthTellsLivingFromWorking(t *testing.T) {
	h := NewHealth("")
	for _, step := range []struct {
		ready bool
		path  string
		want  int
	}{
		{false, "/healthz", 200}, {false, "/readyz", 503}, {true, "/readyz", 200}, {true, "/healthz", 200}, {false, "/readyz", 503}, {true, "/", 404},
	} {
		h.SetReady(step.ready)
		if status, text := get(t, h, step.path); status != step.want || text == "" {
			t.Errorf("%s when ready is %v: %d %q", step.path, step.ready, status, text)
		}
	}
}

func TestHealthSaysWhyItIsNotReady(t *testing.T) {
	h := NewHealth("")
	if _, text := get(t, h, "/readyz"); !strings.Contains(text, "not ready: starting") {
		t.Errorf("at first it says %q", text)
	}
	h.SetReady(true)
	h.SetNotReady("Temporal does not answer")
	if status, text := get(t, h, "/readyz"); status != http.StatusServiceUnavailable || text != "not ready: Temporal does not answer\n" {
		t.Errorf("it says %d %q", status, text)
	}
}

func TestMetricsShowTheSDKsAndOurs(t *testing.T) {
	m, err := NewMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sdk := m.Handler().WithTags(map[string]string{"namespace": "apps"})
	sdk.Counter("temporal_request").Inc(3)
	sdk.Timer("temporal_request_latency").Record(30 * time.Millisecond)
	sdk.Gauge("temporal_num_pollers").Update(2)
	pages, err := m.NewMeter("defendersync").Int64Counter("sync_pages")
	if err != nil {
		t.Fatal(err)
	}
	pages.Add(context.Background(), 5)
	_, text := get(t, m, "/metrics")
	for _, want := range []string{`temporal_request_total{namespace="apps"} 3`, `le="0.05"`, `temporal_num_pollers{namespace="apps"} 2`, "sync_pages_total 5", "go_goroutines"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
}

func TestMetricsWithoutAnAddressAreOff(t *testing.T) {
	m, err := NewMetrics("")
	if err != nil {
		t.Fatal(err)
	}
	m.Handler().Counter("temporal_request").Inc(1)
	pages, err := m.NewMeter("defendersync").Int64Counter("sync_pages")
	if err != nil {
		t.Fatal(err)
	}
	pages.Add(context.Background(), 5)
	if _, text := get(t, m, "/metrics"); text != "" {
		t.Errorf("collected %s", text)
	}
	if err := m.Serve(t.Context()); err != nil {
		t.Error(err)
	}
	if err := NewHealth("").Serve(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestServingStopsWithItsContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serveOn(ctx, listener, NewHealth("")) }()
	answer, err := http.Get("http://" + listener.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "ok\n" || answer.Body.Close() != nil {
		t.Errorf("got %q, %v", body, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if again, err := net.Listen("tcp", listener.Addr().String()); err != nil {
		t.Errorf("the port is still taken: %v", err)
	} else if err := again.Close(); err != nil {
		t.Error(err)
	}
}

func TestATakenPortIsNamedWithItsSetting(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	m, err := NewMetrics(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for want, serve := range map[string]func(context.Context) error{
		"METRICS_ADDRESS=" + listener.Addr().String(): m.Serve,
		"HEALTH_ADDRESS=" + listener.Addr().String():  NewHealth(listener.Addr().String()).Serve,
	} {
		if err := serve(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
