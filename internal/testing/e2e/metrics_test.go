package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"defendersync/internal/contract"
	"defendersync/internal/metrics"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// measured is a worker whose metrics are read.
type measured struct {
	*harness.Process
	address string
}

// measuredWorker starts a worker that serves metrics, and waits until it does. Somebody
// else may take a port between finding it and using it.
func (b *bench) measuredWorker(settings ...string) measured {
	b.t.Helper()
	for range 5 {
		address := closedPort(b.t)
		w := measured{b.worker(append(settings, "METRICS_ADDRESS="+address)...), address}
		for w.IsRunning() && b.ctx.Err() == nil {
			if _, err := w.scrape(); err == nil {
				return w
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	b.t.Fatal("no worker serves metrics")
	return measured{}
}

// series are values by name and labels, as Prometheus writes them, the integration's
// label left out. A histogram has the number of its observations.
type series map[string]float64

// scrape reads the metrics of a worker.
func (w measured) scrape() (series, error) {
	resp, err := http.Get("http://" + w.address + "/metrics")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(resp.Body)
	if err != nil {
		return nil, err
	}
	out := series{}
	for name, family := range families {
		for _, m := range family.Metric {
			out[name+formatLabels(m)] = valueOf(m)
		}
	}
	return out, nil
}

func formatLabels(m *dto.Metric) string {
	var parts []string
	for _, l := range m.Label {
		if l.GetName() != metrics.LabelIntegration {
			parts = append(parts, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
		}
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

func valueOf(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Histogram != nil:
		return float64(m.Histogram.GetSampleCount())
	case m.Untyped != nil:
		return m.Untyped.GetValue()
	}
	return m.Gauge.GetValue()
}

// only returns the series of the families that a filter selects.
func (s series) only(wanted func(metrics.Family) bool) series {
	out := series{}
	for _, f := range metrics.ListFamilies() {
		for name, value := range s {
			if wanted(f) && strings.HasPrefix(name, f.Name+"{") {
				out[name] = value
			}
		}
	}
	return out
}

// sum adds up the series of a family that have a label value.
func (s series) sum(family, label string) float64 {
	var sum float64
	for name, value := range s {
		if strings.HasPrefix(name, family+"{") && strings.Contains(name, label) {
			sum += value
		}
	}
	return sum
}

// awaitSeries scrapes until the series are as they should be, and returns them.
func (b *bench) awaitSeries(w measured, what string, good func(series) bool) series {
	b.t.Helper()
	var last series
	for b.ctx.Err() == nil {
		if s, err := w.scrape(); err == nil {
			if last = s; good(s) {
				return s
			}
		}
		time.Sleep(200 * time.Millisecond)
	}
	b.t.Fatalf("%s; the metrics are:\n%s", what, last.only(func(metrics.Family) bool { return true }))
	return nil
}

// String writes the series in order.
func (s series) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(&b, "%s %v\n", name, s[name])
	}
	return b.String()
}

// rowsOf is what the metrics have to tell of a session's rows.
func rowsOf(r contract.SessionResult) series {
	out := series{}
	row := func(kind, result string, n int) {
		out[fmt.Sprintf("defendersync_rows_total{kind=%q,result=%q}", kind, result)] = float64(n)
	}
	a, u, p := r.Counts.Apps, r.Counts.Users, r.Counts.People
	row("apps", "created", a.Created)
	row("apps", "updated", a.Updated)
	row("apps", "unchanged", a.Unchanged)
	row("apps", "adopted", a.Adopted)
	row("apps", "rejected", a.Rejected)
	row("users", "added", u.Added)
	row("users", "updated", u.Updated)
	row("users", "unchanged", u.Unchanged)
	row("users", "repeated", u.Repeated)
	row("users", "skipped", u.Skipped)
	row("users", "rejected", u.Rejected)
	row("people", "created", p.Created)
	row("people", "rejected", p.Rejected)
	for _, c := range r.Rejects.ByReason {
		out[fmt.Sprintf("defendersync_rejected_rows_total{reason=%q}", c.Reason)] = float64(c.Count)
	}
	for _, c := range r.Skips.ByReason {
		out[fmt.Sprintf("defendersync_skipped_rows_total{reason=%q}", c.Reason)] = float64(c.Count)
	}
	return out
}

// checkSeries compares series with what they should be.
func (b *bench) checkSeries(got, want series) {
	b.t.Helper()
	for name, value := range want {
		if v, there := got[name]; !there || v != value {
			b.t.Errorf("%s is %v (%v), not %v", name, v, there, value)
		}
	}
}

// ended waits until a worker tells of so many sessions that have ended.
func (b *bench) ended(w measured, n float64) series {
	b.t.Helper()
	return b.awaitSeries(w, fmt.Sprintf("%v sessions are not told of", n), func(s series) bool {
		return s.sum("defendersync_sessions_total", "") == n
	})
}

func TestMetricsTellWhatASessionDid(t *testing.T) {
	b := newBench(t, rich())
	w := b.measuredWorker()
	b.schedule()
	b.Sim.SetFaults(simulator.Faults{RefuseAssign: 0.001, RefusePeople: 0.005, RefuseSaaS: 0.01})
	r := b.session(saas.OutcomeCompletedWithErrors)
	got := b.ended(w, 1)
	b.checkSeries(got, rowsOf(r))
	b.checkSeries(got, series{
		`defendersync_sessions_total{mode="full",outcome="completed_with_errors"}`: 1,
		"defendersync_last_session_rejected_rows{}":                                float64(r.Counts.Rejected()),
		"defendersync_session_running{}":                                           0,
		"defendersync_schedule_paused{}":                                           0,
		"defendersync_worker_ready{}":                                              1,
		"defendersync_watch_running{}":                                             1,
		"defendersync_budget_limit_requests{}":                                     0,
	})
	if n := got.sum("defendersync_rejected_rows_total", "") - got.sum("defendersync_rejected_rows_total", `"other"`); int(n) != r.Rejects.Total() {
		t.Errorf("%v rows are rejected for known reasons, the session says %d", n, r.Rejects.Total())
	}
	for peer, n := range map[string]int{"defender": r.Requests.Defender, "oomnitza": r.Requests.Oomnitza} {
		// A request that was given up may not have been written yet.
		all := got.sum("defendersync_requests_total", fmt.Sprintf("peer=%q", peer))
		ended := all - got[fmt.Sprintf("defendersync_requests_total{outcome=\"given_up\",peer=%q}", peer)]
		if n < int(ended) || n > int(all) || n == 0 {
			t.Errorf("%v requests to %s are told of, the session made %d", all, peer, n)
		}
		if v := got[fmt.Sprintf("defendersync_request_duration_seconds{peer=%q}", peer)]; v != ended {
			t.Errorf("the durations of %v requests to %s are told of, not of %v", v, peer, ended)
		}
	}
	if v := got["defendersync_last_good_session_timestamp_seconds{}"]; v < float64(r.Ended.Unix()) || v > float64(r.Ended.Unix()+60) {
		t.Errorf("the last good session ended at %v, not %s", v, r.Ended)
	}
	second := b.measuredWorker()
	again := b.ended(second, 1)
	ofIntegration := func(f metrics.Family) bool { return f.Scope == metrics.ScopeIntegration }
	if one, other := got.only(ofIntegration), again.only(ofIntegration); !maps.Equal(one, other) {
		t.Errorf("a worker that starts later tells something else:\n%s\n%s", one, other)
	}
	b.keepsNames(w, r)
}

// keepsNames checks that the metrics name nobody and nothing of a tenant's.
func (b *bench) keepsNames(w measured, r contract.SessionResult) {
	b.t.Helper()
	got, err := w.scrape()
	if err != nil {
		b.t.Fatal(err)
	}
	text := got.String()
	opts := b.Sim.Options()
	secrets := []string{opts.DefenderToken, opts.OomnitzaToken, "contoso", "127.0.0.1", "http://", r.Session}
	for _, secret := range append(secrets, r.Streams...) {
		if strings.Contains(text, secret) {
			b.t.Errorf("the metrics show %q", secret)
		}
	}
}

func TestASessionCountsOnceWhoeverIsKilled(t *testing.T) {
	b := pacedBench(t)
	b.schedule()
	workers := []measured{b.measuredWorker(), b.measuredWorker()}
	done := b.following()
	for range 3 {
		b.userPages(15, done)
		for _, w := range workers {
			w.KillAndWait()
		}
		workers = []measured{b.measuredWorker(), b.measuredWorker()}
	}
	r, ok := <-done
	if !ok || r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %+v", r)
	}
	for _, w := range append(workers, b.measuredWorker()) {
		got := b.ended(w, 1)
		b.checkSeries(got, rowsOf(r))
		b.checkSeries(got, series{`defendersync_sessions_total{mode="full",outcome="completed"}`: 1, "defendersync_budget_limit_requests{}": 3000})
	}
}
