package cluster

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// window is that of Defender's budget, and margin the share of it by which the
// product stays away from its edges.
const (
	window = time.Minute
	margin = window / 200
)

// lagMeter measures how late this process gets to run: by so much the arrival of a
// request may be noted too late.
type lagMeter struct {
	mu    sync.Mutex
	worst time.Duration
}

// startLagMeter measures until the test ends.
func startLagMeter(t *testing.T) *lagMeter {
	m := &lagMeter{}
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		const step = 5 * time.Millisecond
		for {
			began := time.Now()
			select {
			case <-over:
				return
			case <-time.After(step):
			}
			m.mu.Lock()
			m.worst = max(m.worst, time.Since(began)-step)
			m.mu.Unlock()
		}
	}()
	t.Cleanup(func() { close(over); <-done })
	return m
}

func (m *lagMeter) readWorst() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.worst
}

// checkBudget expects that no window of Defender's has seen more than the budget,
// whoever sent it, and that nothing was answered 429. Where this machine was so busy
// that arrivals were noted late, windows that are shorter by that are looked at.
func (m *team) checkBudget(lag *lagMeter) {
	m.t.Helper()
	usage, budget := m.Sim.Requests().Defender, m.Sim.Options().Budget
	length := window
	late := lag.readWorst()
	if late > margin {
		length -= late
	}
	most, from := mostWithin(m.arrivals(), length)
	m.t.Logf("%s: %d requests to Defender, at most %d in %s of a budget of %d a minute, %d answered 429; arrivals noted up to %s late",
		m.Name, usage.Requests, most, length.Round(time.Millisecond), budget, usage.RateLimited, late.Round(time.Millisecond))
	if most > budget || late <= margin && usage.RateLimited > 0 {
		m.t.Errorf("%s: %d requests within %s from %s on, of a budget of %d; %d answered 429; what happened: %v",
			m.Name, most, length, m.since(from), budget, usage.RateLimited, m.story)
		for i, w := range m.workers {
			m.t.Logf("%s: worker %d (pid %d) asked at %v", m.Name, i, w.PID(), m.compress(w.Door.listRead()))
		}
	}
}

// compress lists spans in which there were requests without a pause of a second.
func (m *team) compress(times []time.Time) (spans []string) {
	for i := 0; i < len(times); {
		j := i
		for j+1 < len(times) && times[j+1].Sub(times[j]) < time.Second {
			j++
		}
		spans = append(spans, m.since(times[i])+"-"+m.since(times[j])+": "+strconv.Itoa(j-i+1))
		i = j + 1
	}
	return spans
}

// since tells a time by what has passed since the team began.
func (m *team) since(t time.Time) string { return t.Sub(m.began).Round(10 * time.Millisecond).String() }

// tell adds to the story of what happened, for when something is wrong.
func (m *team) tell(format string, args ...any) {
	m.story = append(m.story, m.since(time.Now())+" "+fmt.Sprintf(format, args...))
}

// arrivals are when the team's workers asked Defender, in order.
func (m *team) arrivals() (all []time.Time) {
	for _, w := range m.hired {
		all = append(all, w.Door.listRead()...)
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// mostWithin is the most of the times that lie within any span of a length, and when
// that begins.
func mostWithin(times []time.Time, length time.Duration) (most int, from time.Time) {
	first := 0
	for i, at := range times {
		for at.Sub(times[first]) >= length {
			first++
		}
		if n := i - first + 1; n > most {
			most, from = n, times[first]
		}
	}
	return most, from
}
