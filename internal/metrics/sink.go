package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// sink sends values to a scrape.
type sink struct{ to chan<- prometheus.Metric }

// add sends one value of a family, with its label values in the family's order.
func (s sink) add(f Family, value float64, labels ...string) {
	kind := prometheus.GaugeValue
	if f.Kind == KindCounter {
		kind = prometheus.CounterValue
	}
	s.to <- prometheus.MustNewConstMetric(f.describe(), kind, value, labels...)
}

// flag sends 1 or 0.
func (s sink) flag(f Family, on bool, labels ...string) {
	value := 0.0
	if on {
		value = 1
	}
	s.add(f, value, labels...)
}

// seconds sends a time in Unix seconds; nothing when there is none.
func (s sink) seconds(f Family, at time.Time) {
	if !at.IsZero() {
		s.add(f, float64(at.UnixMilli())/1000)
	}
}

// tally adds up values by their labels, and sends each sum once.
type tally struct {
	order []string
	sums  map[string]float64
}

// newTally begins with a value of 0 for each label value, so that a first increase shows.
func newTally(values []string) tally {
	t := tally{sums: map[string]float64{}}
	for _, v := range values {
		t.add(v, 0)
	}
	return t
}

func (t *tally) add(value string, n int) {
	if _, known := t.sums[value]; !known {
		t.order = append(t.order, value)
	}
	t.sums[value] += float64(n)
}

// send sends the sums of a family with one label.
func (t tally) send(s sink, f Family) {
	for _, value := range t.order {
		s.add(f, t.sums[value], value)
	}
}
