package metrics

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"defendersync/internal/buildinfo"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/ratelimit"
	"defendersync/internal/sessions"
)

// requestBuckets are in seconds. Oomnitza answers in tenths of a second, Defender in a
// few seconds, and its generic address in half a minute.
var requestBuckets = []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120}

// Budget is a request budget: a ratelimit.Limiter.
type Budget interface {
	CurrentUsage() ratelimit.Usage
	Stats() ratelimit.Stats
}

// Metrics is what one worker tells Prometheus. It is a prometheus.Collector, and safe for
// concurrent use.
type Metrics struct {
	build      buildinfo.Info
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	deliveries *prometheus.CounterVec

	mu       sync.Mutex
	outages  map[string]*outage // by peer
	budget   Budget             // nil: not known yet
	byOthers int                // requests of others, as far as refusals show them
	refused  time.Time          // when they were last estimated
	ready    func() bool        // nil: not ready
	standing *sessions.Standing // nil: not read yet
	readAt   time.Time          // when it was read; before that, when the worker started
}

// New prepares the metrics of a build.
func New(build buildinfo.Info) *Metrics {
	m := &Metrics{
		build: build, requests: requestsTotal.newCounter(), durations: requestDuration.newHistogram(requestBuckets), deliveries: deliveriesTotal.newCounter(),
		outages: map[string]*outage{}, readAt: time.Now(),
	}
	for _, peer := range peers {
		m.outages[peer] = &outage{}
		m.durations.WithLabelValues(peer)
		for _, outcome := range listRequestOutcomes() {
			m.requests.WithLabelValues(peer, outcome)
		}
	}
	for _, channel := range channels {
		for _, outcome := range deliveryOutcomes {
			m.deliveries.WithLabelValues(channel, outcome)
		}
	}
	return m
}

// SetBudget names the budget of requests to Defender.
func (m *Metrics) SetBudget(b Budget) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.budget = b
}

// SetReady names the function that tells whether the worker takes work.
func (m *Metrics) SetReady(ready func() bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ready = ready
}

// SetStanding takes in how the integration stands, as it was just read.
func (m *Metrics) SetStanding(s sessions.Standing) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.standing, m.readAt = &s, s.At
}

// ObserveExchange counts a request that is over.
func (m *Metrics) ObserveExchange(x httpx.Exchange) {
	peer := bound(strings.ToLower(x.Peer), peers)
	m.requests.WithLabelValues(peer, outcomeOfRequest(x)).Inc()
	if !x.Ended {
		m.durations.WithLabelValues(peer).Observe(x.Took.Seconds())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.outages[peer]; o != nil {
		o.note(x)
	}
	if peer == peerDefender && x.Kind == httpx.KindRateLimited {
		m.estimateOthers(x.Began.Add(x.Took))
	}
}

// estimateOthers adds what others have used of a budget that Defender calls used up:
// whatever of it is not ours, and one request at the least. Refusals within one window
// tell of the same requests.
func (m *Metrics) estimateOthers(at time.Time) {
	if m.budget == nil {
		return
	}
	u := m.budget.CurrentUsage()
	if u.Limit == 0 || !m.refused.IsZero() && at.Sub(m.refused) < u.Window {
		return
	}
	m.refused = at
	m.byOthers += max(u.Limit-u.Own-u.Earlier, 1)
}

// ObserveDelivery counts an attempt to deliver a notice. off means that the worker lacks
// the channel; err is why it was not delivered.
func (m *Metrics) ObserveDelivery(channel string, off bool, err error) {
	outcome := deliveryDone
	var failed *notify.Error
	switch {
	case off:
		outcome = deliveryOff
	case errors.As(err, &failed) && failed.Permanent:
		outcome = deliveryRefused
	case err != nil:
		outcome = deliveryFailed
	}
	m.deliveries.WithLabelValues(bound(channel, channels), outcome).Inc()
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(to chan<- *prometheus.Desc) {
	for _, f := range catalogue {
		to <- f.describe()
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(to chan<- prometheus.Metric) {
	m.requests.Collect(to)
	m.durations.Collect(to)
	m.deliveries.Collect(to)
	m.mu.Lock()
	defer m.mu.Unlock()
	s := sink{to}
	m.collectWorker(s)
	if m.standing != nil {
		collectStanding(s, *m.standing)
	}
}

// collectWorker tells of this process. It needs the lock.
func (m *Metrics) collectWorker(s sink) {
	s.add(buildInfo, 1, m.build.Version, m.build.Commit, runtime.Version())
	s.flag(workerReady, m.ready != nil && m.ready())
	s.seconds(standingReadAt, m.readAt)
	for _, peer := range peers {
		s.add(outageSeconds, m.outages[peer].total.Seconds(), peer)
	}
	if m.budget == nil {
		return
	}
	u := m.budget.CurrentUsage()
	s.add(budgetLimit, float64(u.Limit))
	s.add(budgetWindow, u.Window.Seconds())
	s.add(budgetUsed, float64(u.Own), "this_worker")
	s.add(budgetUsed, float64(u.Earlier), "earlier_workers")
	s.add(budgetWait, m.budget.Stats().Waited.Seconds())
	s.add(budgetByOthers, float64(m.byOthers))
}
