package simulator

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// big is the largest tenant that the project is measured with.
func big() *Simulator {
	return New(Options{Seed: 1, Apps: 31000, People: 20000, Pairs: 1_000_000, Streams: 1, Start: noon, Names: RealisticNames()})
}

// sink swallows an answer.
type sink struct{ h http.Header }

func (s sink) Header() http.Header         { return s.h }
func (s sink) Write(b []byte) (int, error) { return len(b), nil }
func (s sink) WriteHeader(int)             {}

// BenchmarkUserPages serves pages of users without a network between.
func BenchmarkUserPages(b *testing.B) {
	s := big()
	h := s.Defender()
	rows := 0
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		app := i % 2000
		skip := i / 2000 * 100 % max(100, int(s.world.apps[app].users))
		body := fmt.Sprintf(`{"appId": "%s", "streamId": "%s", "timeframe": 90, "skip": %d, "limit": 100, "sortField": "lastSeen", "sortDirection": "desc"}`,
			s.world.appID(app), s.world.streamID(0), skip)
		req := httptest.NewRequest(http.MethodPost, usersPath, strings.NewReader(body))
		req.Header.Set("Authorization", "Token "+s.opts.DefenderToken)
		h.ServeHTTP(sink{http.Header{}}, req)
		rows += min(100, int(s.world.apps[app].users)-skip)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "pairs/s")
}

// BenchmarkAssign takes bulk assignments of 100 rows.
func BenchmarkAssign(b *testing.B) {
	s := New(Options{People: 1000, Apps: 200, Pairs: 2000, ExistingPeople: 1, ExistingApps: 1, Start: noon})
	h := s.Oomnitza()
	var rows []string
	for n := range 100 {
		rows = append(rows, fmt.Sprintf(`{"user_id":"%d","assign":true,"last_visit":1800000000}`, personBase+n*7%900))
	}
	body := "[" + strings.Join(rows, ",") + "]"
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		req := httptest.NewRequest(http.MethodPost, fmt.Sprintf("/api/v3/saas/%d/users", saasBase+i%150), strings.NewReader(body))
		req.Header.Set("Authorization2", s.opts.OomnitzaToken)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Oomnitza-Not-Trigger-WF", "1")
		h.ServeHTTP(sink{http.Header{}}, req)
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "rows/s")
	if v := s.Violations(); len(v) > 0 {
		b.Fatal(v)
	}
}

// BenchmarkAppPages lists the apps of the largest tenant, once computed.
func BenchmarkAppPages(b *testing.B) {
	s := big()
	server := httptest.NewServer(s.Defender())
	defer server.Close()
	for i := 0; b.Loop(); i++ {
		body := fmt.Sprintf(`{"streamId": "%s", "timeframe": 90, "skip": %d, "limit": 100, "sortField": "name", "sortDirection": "asc"}`,
			s.world.streamID(0), i%310*100)
		req, _ := http.NewRequest(http.MethodPost, server.URL+appsPath, strings.NewReader(body))
		req.Header.Set("Authorization", "Token "+s.opts.DefenderToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
