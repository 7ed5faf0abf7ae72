package simulate

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// Finding is something that the product did wrong.
type Finding struct {
	Kind string // what kind: "missing", "wrong", "budget", …
	Text string
}

// Outcome is what came of a world.
type Outcome struct {
	Seed     uint64
	Trace    string // a hash of all that happened
	Findings []Finding
	Stats    Stats
}

// Stats counts what happened.
type Stats struct {
	Sessions int
	Rows     int // of users, seen by sessions
	Requests int
	Outcomes map[string]int
	Faults   map[string]int // by kind
	Virtual  time.Duration
}

// countFault counts one that struck.
func (s *Stats) countFault(kind string) {
	if s.Faults == nil {
		s.Faults = map[string]int{}
	}
	s.Faults[kind]++
}

// run is a world while it runs.
type run struct {
	*World
	world   *World
	sim     *simulator.Simulator
	network *network
	host    *host
	oracle  *oracle.Oracle
	trace   *trace
	stats   Stats
	dice    dice
	found   []Finding

	kept    map[string][]byte       // fingerprints that sessions have kept, by run
	carry   *contract.SessionResult // of the latest session of the schedule that completed
	held    simulator.Holdings
	rows    oracle.Snapshot // of rows of apps, where some stand still, after the latest session
	drifted int
	unread  map[string]bool // apps whose row could not be read since the last full session
}

// RunWorld runs a world, in a bubble of its own. The story, which may be nil, tells
// of each request.
func RunWorld(t *testing.T, w *World, story io.Writer) (out Outcome) {
	synctest.Test(t, func(*testing.T) {
		time.Sleep(time.Until(w.Start))
		r := beginRun(w, story)
		go r.network.conductUntilStopped()
		r.trace.tellLine("=== world %+v", *w)
		began := time.Now()
		for i := range w.Sessions {
			r.liveUntil(i)
			if len(r.found) > 0 {
				break // what comes after may follow from it
			}
		}
		r.network.stop()
		r.stats.Virtual = time.Since(began)
		out = Outcome{Seed: w.Seed, Trace: r.trace.String(), Findings: r.found, Stats: r.stats}
	})
	return out
}

// beginRun makes the tenants of a world.
func beginRun(w *World, story io.Writer) *run {
	r := &run{World: w, world: w, sim: simulator.New(w.tenantOptions()), trace: newTrace(story), dice: dice(w.Seed), unread: map[string]bool{}}
	r.network = newNetwork(w, map[string]http.Handler{defenderHost: r.sim.Defender(), oomnitzaHost: r.sim.Oomnitza()}, r.trace, &r.stats)
	r.host = &host{run: r}
	r.network.onWrite = r.host.hearWrite
	r.oracle = oracle.New(r.sim)
	r.held = r.sim.Holdings()
	return r
}

// noteFinding notes something that is wrong.
func (r *run) noteFinding(kind, format string, args ...any) {
	f := Finding{kind, fmt.Sprintf(format, args...)}
	r.trace.tellLine("!!! %s: %s", f.Kind, f.Text)
	r.found = append(r.found, f)
}

// liveUntil lets days pass, and holds a session.
func (r *run) liveUntil(i int) {
	s := &r.Sessions[i]
	for range s.Days {
		time.Sleep(r.untilNextDay())
		r.sim.EndDay(s.Change)
	}
	if s.Hours > 0 {
		time.Sleep(time.Duration(s.Hours) * time.Hour)
		r.sim.EndDay(s.Change)
	}
	if s.Kind {
		r.befriendTenants()
	}
	for _, storm := range r.Storms {
		if storm.Session == i {
			r.brewStorm(storm)
		}
	}
	r.oracle.LearnDue(r.sim)
	r.judgeSession(i, r.holdSession(i))
	time.Sleep(settling)
	for _, storm := range r.network.storms {
		time.Sleep(time.Until(storm.until)) // opening does not wait for its end
	}
	r.held = r.sim.Holdings()
	if r.sim.Variants().Unkind.Rows.Still > 0 {
		r.rows = oracle.TakeSnapshot(r.sim)
	}
}

// settling is how long it takes until nothing of a session is on its way any
// more: requests of workers that died may land late.
const settling = 5 * time.Minute

// untilNextDay is the time to the next session's beginning.
func (r *run) untilNextDay() time.Duration {
	past := time.Since(r.Start)
	return past.Truncate(24*time.Hour) + 24*time.Hour - past
}

// befriendTenants makes both tenants and the network kind. How Oomnitza stores names
// stays what it is, since what is stored already does.
func (r *run) befriendTenants() {
	v := r.sim.Variants()
	people, records := v.Unkind.People, v.Unkind.Records
	v.Unkind.Lists, v.Unkind.Answers = simulator.ListSwitches{}, simulator.AnswerSwitches{}
	v.Unkind.People = simulator.PeopleSwitches{
		Stores: people.Stores, StoresLength: people.StoresLength, StoresBlindly: people.StoresBlindly, UniqueAccents: people.UniqueAccents,
		Twins: people.Twins, TwinsAt: people.TwinsAt, Ghosts: people.Ghosts, Gone: people.Gone, NeedsNames: people.NeedsNames, NoEcho: people.NoEcho,
	}
	v.Unkind.Records = simulator.RecordSwitches{
		CreatedBy: records.CreatedBy, Names: records.Names, Unique: records.Unique, Deleted: records.Deleted, OddTypes: records.OddTypes,
	}
	if err := r.sim.SetVariants(v); err != nil {
		panic(fmt.Sprint("simulate: ", err))
	}
	r.sim.SetFaults(simulator.Faults{})
	r.network.calm = true
}

// brewStorm lets a storm begin in the middle of the next session.
func (r *run) brewStorm(s Storm) {
	before := r.network.onWrite
	begun := false
	r.network.onWrite = func(w *worker) {
		before(w)
		if begun || r.network.opening || r.host.written < s.Requests {
			return
		}
		begun = true
		host := defenderHost
		if s.Oomnitza {
			host = oomnitzaHost
		}
		r.trace.tellLine("=== storm over %s: %s for %s", host, s.Fault, s.Lasts)
		r.network.storms = append(r.network.storms, storm{host, time.Now().Add(s.Lasts), faultNamed(s.Fault)})
	}
}
