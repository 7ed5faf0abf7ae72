package simulate

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Report sums up what came of many worlds.
type Report struct {
	Worlds int
	Failed []Outcome
	Stats
}

// AddOutcome takes in a world.
func (r *Report) AddOutcome(o Outcome) {
	r.Worlds++
	if len(o.Findings) > 0 {
		r.Failed = append(r.Failed, o)
	}
	r.Sessions += o.Stats.Sessions
	r.Rows += o.Stats.Rows
	r.Requests += o.Stats.Requests
	r.Virtual += o.Stats.Virtual
	for name, n := range o.Stats.Outcomes {
		if r.Outcomes == nil {
			r.Outcomes = map[string]int{}
		}
		r.Outcomes[name] += n
	}
	for name, n := range o.Stats.Faults {
		if r.Faults == nil {
			r.Faults = map[string]int{}
		}
		r.Faults[name] += n
	}
}

// totalFaults is how many faults struck.
func (r *Report) totalFaults() (n int) {
	for _, x := range r.Faults {
		n += x
	}
	return n
}

// PrintTable prints the table.
func (r *Report) PrintTable(w io.Writer, took time.Duration) {
	p := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) } // a terminal that is gone is no concern
	p("%d worlds, %d sessions, %d rows of users, %d requests, %s of virtual time in %s", r.Worlds, r.Sessions, r.Rows, r.Requests, inDays(r.Virtual), took.Round(time.Second))
	p("\nSessions by outcome:")
	for _, name := range slices.Sorted(maps.Keys(r.Outcomes)) {
		p("  %8d  %s", r.Outcomes[name], name)
	}
	p("\n%d faults of %d kinds:", r.totalFaults(), len(r.Faults))
	names := slices.SortedFunc(maps.Keys(r.Faults), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Faults[b], r.Faults[a]), strings.Compare(a, b))
	})
	for _, name := range names {
		p("  %8d  %s", r.Faults[name], name)
	}
	kinds := map[string]int{}
	for _, o := range r.Failed {
		kinds[o.Findings[0].Kind]++
	}
	p("\nWorlds in which something was lost, doubled, moved backwards or wrong in silence: %d", len(r.Failed))
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		p("  %8d  %s", kinds[kind], kind)
	}
}

func inDays(d time.Duration) string { return fmt.Sprintf("%.0f days", d.Hours()/24) }
