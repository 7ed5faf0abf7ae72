package metrics

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"defendersync/internal/buildinfo"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
	"defendersync/internal/testing/reasons"
)

// fullStanding is a standing of which everything can be told.
func fullStanding() sessions.Standing {
	return sessions.Standing{
		At: noon, Period: 24 * time.Hour,
		Schedule: contract.ScheduleView{Exists: true, Next: []time.Time{noon.Add(12 * time.Hour), noon.Add(36 * time.Hour)}},
		Open:     []sessions.OpenSession{{ID: "session/hr-x", Run: "x", Began: noon.Add(-time.Minute), HoldsLane: true}},
		Memory: sessions.Memory{Found: true, Running: true, State: contract.WatchState{
			Pending: []contract.Delivery{
				{Key: "hr/a", Channel: contract.ChannelEmail, To: "ann@contoso.com", Error: "no route"},
				{Key: "hr/a", Channel: contract.ChannelEmail, To: "ben@contoso.com"}, {Key: "hr/a", Channel: "pigeon"},
			},
			GivenUp: map[string]int{contract.ChannelWebhook: 2},
			Watch: contract.Watched{LastGood: noon.Add(-time.Hour), Sessions: []contract.WatchedSession{
				{Run: "w"}, {Run: "x", LastProgress: noon.Add(-time.Second), Progress: &contract.NoticeProgress{AppsRead: 30, AppsKnown: 120}},
			}, Totals: contract.SessionTotals{
				Sessions: []contract.SessionCount{
					{Mode: contract.ModeFull, Outcome: saas.OutcomeCompletedWithErrors, Count: 3},
					{Mode: contract.ModeNone, Outcome: saas.OutcomeTerminated, Count: 1},
					{Mode: "of a later version", Outcome: "odd", Count: 1}, {Mode: contract.ModeDryRun, Outcome: "", Count: 2},
				},
				Rows: saas.Counts{
					Apps: saas.AppCounts{Seen: 20, Created: 2, Updated: 3, Unchanged: 4, Adopted: 5, Rejected: 6, NoNews: 3}, People: saas.PeopleCounts{Created: 7, Rejected: 8},
					Users: saas.UserCounts{Seen: 99, Added: 9, Updated: 10, Unchanged: 11, Repeated: 12, Skipped: 13, Rejected: 14},
				},
				Rejects: []saas.ReasonCount{{Reason: "users missing", Count: 5}, {Reason: "alice@contoso.com is odd", Count: 1}},
				Skips:   []saas.ReasonCount{{Reason: "device", Count: 13}},
				Last:    contract.LastSession{Began: noon.Add(-2 * time.Hour), Ended: noon.Add(-time.Hour), Rejected: 28},
			}},
		}},
	}
}

// scrape collects metrics as Prometheus's text, and as values by name and labels.
func scrape(t *testing.T, m *Metrics) (string, map[string]float64) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := prometheus.WrapRegistererWith(prometheus.Labels{LabelIntegration: "hr"}, registry).Register(m); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	values := map[string]float64{}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
		for _, metric := range f.Metric {
			values[f.GetName()+labelsOf(metric)] = valueOf(metric)
		}
	}
	return text.String(), values
}

func labelsOf(m *dto.Metric) string {
	var parts []string
	for _, l := range m.Label {
		if l.GetName() != LabelIntegration {
			parts = append(parts, l.GetName()+"="+l.GetValue())
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
	}
	return m.Gauge.GetValue()
}

// expect compares values.
func expect(t *testing.T, got map[string]float64, want map[string]float64) {
	t.Helper()
	for name, value := range want {
		if v, there := got[name]; !there || v != value {
			t.Errorf("%s is %v (%v), want %v", name, v, there, value)
		}
	}
}

func TestTheStandingIsToldWhole(t *testing.T) {
	m := New(buildinfo.Info{Version: "0.1.0"})
	m.SetStanding(fullStanding())
	text, got := scrape(t, m)
	at := float64(noon.Unix())
	expect(t, got, map[string]float64{
		"defendersync_sessions_total{mode=full,outcome=completed_with_errors}": 3,
		"defendersync_sessions_total{mode=none,outcome=terminated}":            1,
		"defendersync_sessions_total{mode=other,outcome=other}":                1,
		"defendersync_sessions_total{mode=dry_run,outcome=other}":              2,
		"defendersync_sessions_total{mode=incremental,outcome=failed}":         0,
		"defendersync_rows_total{kind=apps,result=created}":                    2,
		"defendersync_rows_total{kind=apps,result=updated}":                    3,
		"defendersync_rows_total{kind=apps,result=unchanged}":                  4,
		"defendersync_rows_total{kind=apps,result=adopted}":                    5,
		"defendersync_rows_total{kind=apps,result=rejected}":                   6,
		"defendersync_apps_without_news_total{}":                               3,
		"defendersync_rows_total{kind=people,result=created}":                  7,
		"defendersync_rows_total{kind=people,result=rejected}":                 8,
		"defendersync_rows_total{kind=users,result=added}":                     9,
		"defendersync_rows_total{kind=users,result=updated}":                   10,
		"defendersync_rows_total{kind=users,result=unchanged}":                 11,
		"defendersync_rows_total{kind=users,result=repeated}":                  12,
		"defendersync_rows_total{kind=users,result=skipped}":                   13,
		"defendersync_rows_total{kind=users,result=rejected}":                  14,
		"defendersync_rejected_rows_total{reason=users missing}":               5,
		"defendersync_rejected_rows_total{reason=other}":                       1,
		"defendersync_rejected_rows_total{reason=app refused by Oomnitza}":     0,
		"defendersync_skipped_rows_total{reason=device}":                       13,
		"defendersync_skipped_rows_total{reason=service}":                      0,
		"defendersync_last_good_session_timestamp_seconds{}":                   at - 3600,
		"defendersync_last_session_end_timestamp_seconds{}":                    at - 3600,
		"defendersync_last_session_duration_seconds{}":                         3600,
		"defendersync_last_session_rejected_rows{}":                            28,
		"defendersync_session_running{}":                                       1,
		"defendersync_session_start_timestamp_seconds{}":                       at - 60,
		"defendersync_session_apps_done{}":                                     30,
		"defendersync_session_apps_known{}":                                    120,
		"defendersync_session_progress_timestamp_seconds{}":                    at - 1,
		"defendersync_schedule_paused{}":                                       0,
		"defendersync_schedule_period_seconds{}":                               86400,
		"defendersync_schedule_next_start_timestamp_seconds{}":                 at + 12*3600,
		"defendersync_notices_pending{channel=email}":                          2,
		"defendersync_notices_pending{channel=other}":                          1,
		"defendersync_notices_failing{channel=email}":                          1,
		"defendersync_notices_failing{channel=webhook}":                        0,
		"defendersync_notices_undeliverable_total{channel=webhook}":            2,
		"defendersync_watch_running{}":                                         1,
		"defendersync_state_read_timestamp_seconds{}":                          at,
	})
	for _, secret := range []string{"contoso", "ann@", "no route", "session/"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics show %q", secret)
		}
	}
}

func TestWhatIsNotKnownIsAbsent(t *testing.T) {
	absent := func(got map[string]float64, names ...string) {
		t.Helper()
		for _, name := range names {
			for series := range got {
				if strings.HasPrefix(series, name+"{") {
					t.Errorf("%s is told", series)
				}
			}
		}
	}
	m := New(buildinfo.Info{})
	_, got := scrape(t, m)
	absent(got, "defendersync_sessions_total", "defendersync_session_running", "defendersync_budget_limit_requests")
	m.SetStanding(sessions.Standing{At: noon})
	_, got = scrape(t, m)
	absent(got, "defendersync_last_good_session_timestamp_seconds", "defendersync_last_session_rejected_rows",
		"defendersync_session_start_timestamp_seconds", "defendersync_session_apps_done", "defendersync_session_progress_timestamp_seconds", "defendersync_schedule_paused", "defendersync_schedule_period_seconds")
	expect(t, got, map[string]float64{"defendersync_session_running{}": 0, "defendersync_watch_running{}": 0, "defendersync_sessions_total{mode=full,outcome=completed}": 0})
	paused := fullStanding()
	paused.Schedule.Paused = true
	m.SetStanding(paused)
	_, got = scrape(t, m)
	absent(got, "defendersync_schedule_next_start_timestamp_seconds")
	expect(t, got, map[string]float64{"defendersync_schedule_paused{}": 1})
}

func TestRequestsAreCountedByWhatCameOfThem(t *testing.T) {
	m := New(buildinfo.Info{})
	for kind := range requestOutcomes {
		m.ObserveExchange(asked(0, time.Second, kind))
	}
	m.ObserveExchange(asked(0, time.Second, ""))
	m.ObserveExchange(asked(0, time.Second, "Of a later version"))
	m.ObserveExchange(httpx.Exchange{Peer: "Oomnitza", Ended: true})
	m.ObserveExchange(httpx.Exchange{Peer: "https://tenant.example.com"})
	_, got := scrape(t, m)
	want := map[string]float64{
		"defendersync_requests_total{outcome=ok,peer=defender}":       1,
		"defendersync_requests_total{outcome=other,peer=defender}":    1,
		"defendersync_requests_total{outcome=given_up,peer=oomnitza}": 1,
		"defendersync_requests_total{outcome=ok,peer=oomnitza}":       0,
		"defendersync_requests_total{outcome=ok,peer=other}":          1,
		"defendersync_request_duration_seconds{peer=defender}":        float64(len(requestOutcomes) + 2),
		"defendersync_request_duration_seconds{peer=oomnitza}":        0,
	}
	for _, outcome := range requestOutcomes {
		want["defendersync_requests_total{outcome="+outcome+",peer=defender}"] = 1
	}
	expect(t, got, want)
}

func TestWhatOthersUseOfTheBudgetIsEstimatedOnceAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(buildinfo.Info{})
		refusal := func() httpx.Exchange {
			return httpx.Exchange{Peer: "Defender", Began: time.Now(), Kind: httpx.KindRateLimited}
		}
		m.ObserveExchange(refusal()) // no budget is known
		limiter := ratelimit.NewLimiter(10, time.Minute)
		m.SetBudget(limiter)
		limiter.Restore(contract.RecentRequests{Holders: []contract.BudgetHolder{{ID: "earlier", At: time.Now(), Counts: []int{2}, Step: time.Second, Stopped: true}}})
		for range 3 {
			if err := limiter.WaitForSlot(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		_, got := scrape(t, m)
		expect(t, got, map[string]float64{
			"defendersync_budget_limit_requests{}":                      10,
			"defendersync_budget_window_seconds{}":                      60,
			"defendersync_budget_used_requests{holder=this_worker}":     3,
			"defendersync_budget_used_requests{holder=earlier_workers}": 2,
			"defendersync_budget_used_by_others_requests_total{}":       0,
		})
		if got["defendersync_budget_wait_seconds_total{}"] < 6 {
			t.Errorf("waited %v seconds", got["defendersync_budget_wait_seconds_total{}"])
		}
		m.ObserveExchange(refusal())
		m.ObserveExchange(refusal())
		_, got = scrape(t, m)
		expect(t, got, map[string]float64{"defendersync_budget_used_by_others_requests_total{}": 5})
		time.Sleep(2 * time.Minute)
		m.ObserveExchange(refusal())
		_, got = scrape(t, m)
		expect(t, got, map[string]float64{"defendersync_budget_used_by_others_requests_total{}": 15})
	})
}

func TestDeliveriesAreCountedByWhatCameOfThem(t *testing.T) {
	m := New(buildinfo.Info{})
	m.ObserveDelivery(contract.ChannelEmail, false, nil)
	m.ObserveDelivery(contract.ChannelWebhook, true, nil)
	m.ObserveDelivery(contract.ChannelPing, false, errors.New("no route"))
	m.ObserveDelivery(contract.ChannelPing, false, &notify.Error{Permanent: true})
	m.ObserveDelivery(contract.ChannelPing, false, &notify.Error{})
	m.ObserveDelivery("pigeon", false, nil)
	_, got := scrape(t, m)
	expect(t, got, map[string]float64{
		"defendersync_notice_deliveries_total{channel=email,outcome=delivered}":    1,
		"defendersync_notice_deliveries_total{channel=webhook,outcome=not_set_up}": 1,
		"defendersync_notice_deliveries_total{channel=ping,outcome=failed}":        2,
		"defendersync_notice_deliveries_total{channel=ping,outcome=refused}":       1,
		"defendersync_notice_deliveries_total{channel=other,outcome=delivered}":    1,
	})
}

func TestAWorkerTellsWhetherItTakesWorkAndWhatItIs(t *testing.T) {
	m := New(buildinfo.Info{Version: "0.1.0", Commit: "abc"})
	_, got := scrape(t, m)
	expect(t, got, map[string]float64{"defendersync_worker_ready{}": 0})
	m.SetReady(func() bool { return true })
	text, got := scrape(t, m)
	expect(t, got, map[string]float64{"defendersync_worker_ready{}": 1})
	if !strings.Contains(text, `revision="abc",version="0.1.0"`) {
		t.Error("the build is not told")
	}
}

// TestReasonsAreThoseOfTheDocs: a reason without a label value would be counted as other.
func TestReasonsAreThoseOfTheDocs(t *testing.T) {
	rows, err := reasons.Load()
	if err != nil {
		t.Fatal(err)
	}
	explained := map[reasons.Kind][]string{}
	for _, row := range rows {
		explained[row.Kind] = append(explained[row.Kind], row.Says)
	}
	for kind, known := range map[reasons.Kind][]string{reasons.Rejected: rejectReasons, reasons.Skipped: skipReasons} {
		want, got := slices.Sorted(slices.Values(explained[kind])), slices.Sorted(slices.Values(known))
		if !slices.Equal(want, got) {
			t.Errorf("%s:\n%q\n%q", kind, got, want)
		}
	}
}

// TestPrometheusHasNothingToSayAgainstTheNames has its own linter look at them.
func TestPrometheusHasNothingToSayAgainstTheNames(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	m := New(buildinfo.Info{Version: "0.1.0"})
	m.SetStanding(fullStanding())
	m.SetBudget(ratelimit.NewLimiter(30, time.Minute))
	text, _ := scrape(t, m)
	cmd := exec.Command(promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
