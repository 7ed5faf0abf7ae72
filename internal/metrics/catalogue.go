package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// Scope says whose a metric is.
type Scope string

// The scopes.
const (
	// ScopeIntegration: every worker tells the same; aggregate by max.
	ScopeIntegration Scope = "integration"
	// ScopeWorker: each worker tells of itself; aggregate by sum.
	ScopeWorker Scope = "worker"
)

// Kind is the type of a metric, in Prometheus's words.
type Kind string

// The kinds.
const (
	KindCounter   Kind = "counter"
	KindGauge     Kind = "gauge"
	KindHistogram Kind = "histogram"
)

// Family is one metric, with all its label values.
type Family struct {
	Name   string
	Kind   Kind
	Scope  Scope
	Labels []string // beside LabelIntegration, which every metric has
	Help   string
}

// LabelIntegration names the integration in every metric.
const LabelIntegration = "integration"

// The metrics of the integration.
var (
	sessionsTotal      = define("defendersync_sessions_total", KindCounter, ScopeIntegration, "Sessions that have ended, each counted once.", "mode", "outcome")
	rowsTotal          = define("defendersync_rows_total", KindCounter, ScopeIntegration, "Rows that sessions carried over or not, by what became of them; dry runs and limited sessions left out.", "kind", "result")
	noNewsTotal        = define("defendersync_apps_without_news_total", KindCounter, ScopeIntegration, "Apps whose users incremental sessions did not read, since the apps' rows in Defender had not changed; they are among the rows of kind apps as well; dry runs and limited sessions left out.")
	rejectedTotal      = define("defendersync_rejected_rows_total", KindCounter, ScopeIntegration, "Rows that could not be read or written; dry runs and limited sessions left out.", "reason")
	skippedTotal       = define("defendersync_skipped_rows_total", KindCounter, ScopeIntegration, "Rows that were left out by rule; dry runs and limited sessions left out.", "reason")
	lastGood           = define("defendersync_last_good_session_timestamp_seconds", KindGauge, ScopeIntegration, "When the last session that completed ended, with or without rejected rows; absent before the first.")
	lastEnd            = define("defendersync_last_session_end_timestamp_seconds", KindGauge, ScopeIntegration, "When the last session ended, whatever came of it; skipped, limited and dry runs left out.")
	lastDuration       = define("defendersync_last_session_duration_seconds", KindGauge, ScopeIntegration, "How long that session took.")
	lastRejected       = define("defendersync_last_session_rejected_rows", KindGauge, ScopeIntegration, "How many rows of any kind that session rejected.")
	sessionRunning     = define("defendersync_session_running", KindGauge, ScopeIntegration, "1 while a session runs or waits for a worker, else 0.")
	sessionStart       = define("defendersync_session_start_timestamp_seconds", KindGauge, ScopeIntegration, "When the running session started; absent while none runs.")
	sessionAppsDone    = define("defendersync_session_apps_done", KindGauge, ScopeIntegration, "Apps that the running session has carried over with their users, as the watch saw it last (INTEGRATION_WATCH_EVERY); absent while none runs.")
	sessionAppsKnown   = define("defendersync_session_apps_known", KindGauge, ScopeIntegration, "Apps that it has to carry over, about; missing while that is not known.")
	sessionProgress    = define("defendersync_session_progress_timestamp_seconds", KindGauge, ScopeIntegration, "When it last made progress, as the watch saw it last.")
	schedulePaused     = define("defendersync_schedule_paused", KindGauge, ScopeIntegration, "1 while the schedule is paused, else 0; absent without a schedule.")
	schedulePeriod     = define("defendersync_schedule_period_seconds", KindGauge, ScopeIntegration, "Longest time between two of the schedule's next starts; absent where there are fewer than two.")
	scheduleNext       = define("defendersync_schedule_next_start_timestamp_seconds", KindGauge, ScopeIntegration, "When the schedule starts the next session; absent while it is paused without an end.")
	noticesPending     = define("defendersync_notices_pending", KindGauge, ScopeIntegration, "Notices that are still to be delivered, one for each receiver.", "channel")
	noticesFailing     = define("defendersync_notices_failing", KindGauge, ScopeIntegration, "Those of them whose last attempt failed.", "channel")
	noticesUndelivered = define("defendersync_notices_undeliverable_total", KindCounter, ScopeIntegration, "Notices that were given up after three days, and pings after an hour.", "channel")
	watchRunning       = define("defendersync_watch_running", KindGauge, ScopeIntegration, "1 while the integration's watch runs, else 0: without it nobody is told of anything.")
	standingReadAt     = define("defendersync_state_read_timestamp_seconds", KindGauge, ScopeWorker, "When this worker last read from Temporal what the metrics of the integration tell; before the first time, when it started.")
	requestsTotal      = define("defendersync_requests_total", KindCounter, ScopeWorker, "Requests to a peer, each attempt counted, by what came of it.", "peer", "outcome")
	requestDuration    = define("defendersync_request_duration_seconds", KindHistogram, ScopeWorker, "Time from sending a request until its answer was read, or until there was none to be had.", "peer")
	outageSeconds      = define("defendersync_outage_seconds_total", KindCounter, ScopeWorker, "Time in which a peer did not answer, or answered 5xx or garbage, between the requests that show it.", "peer")
	budgetLimit        = define("defendersync_budget_limit_requests", KindGauge, ScopeWorker, "Requests to Defender that the budget allows in a window; 0: there is no budget.")
	budgetWindow       = define("defendersync_budget_window_seconds", KindGauge, ScopeWorker, "Length of that window.")
	budgetUsed         = define("defendersync_budget_used_requests", KindGauge, ScopeWorker, "Requests to Defender in the last window, as this worker counts them: its own, and those of workers whose work it took over.", "holder")
	budgetWait         = define("defendersync_budget_wait_seconds_total", KindCounter, ScopeWorker, "Time that requests to Defender waited for the budget and for the end of pauses, summed over requests.")
	budgetByOthers     = define("defendersync_budget_used_by_others_requests_total", KindCounter, ScopeWorker, "What others used of the budget, at the least: what was left of it whenever Defender answered that it was used up.")
	deliveriesTotal    = define("defendersync_notice_deliveries_total", KindCounter, ScopeWorker, "Attempts to deliver a notice to one receiver, by what came of them.", "channel", "outcome")
	workerReady        = define("defendersync_worker_ready", KindGauge, ScopeWorker, "1 while this worker takes work, as /readyz says, else 0.")
	buildInfo          = define("defendersync_build_info", KindGauge, ScopeWorker, "Always 1; the labels tell which build this worker is.", "version", "revision", "goversion")
)

// catalogue is every family, in the order of the definitions.
var catalogue []Family

// define adds a family to the catalogue.
func define(name string, kind Kind, scope Scope, help string, labels ...string) Family {
	f := Family{Name: name, Kind: kind, Scope: scope, Labels: labels, Help: help}
	catalogue = append(catalogue, f)
	return f
}

// ListFamilies returns every metric of ours.
func ListFamilies() []Family { return slices.Clone(catalogue) }

// describe makes the description that Prometheus's library wants.
func (f Family) describe() *prometheus.Desc {
	return prometheus.NewDesc(f.Name, f.Help, f.Labels, nil)
}

// newCounter makes counters of a family, one for each combination of label values.
func (f Family) newCounter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.Name, Help: f.Help}, f.Labels)
}

// newHistogram makes histograms of a family.
func (f Family) newHistogram(buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: f.Name, Help: f.Help, Buckets: buckets}, f.Labels)
}
