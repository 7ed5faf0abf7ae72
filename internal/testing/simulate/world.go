package simulate

import (
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

// World is one simulated world and what happens in it, all of it drawn from a
// seed. It is plain data, so that less of it can be tried as well.
type World struct {
	Seed  uint64
	Start time.Time

	// The tenants.
	Apps, People, Pairs, Streams, SameNames int
	Views                                   int // of the streams, the last ones, that are views of the first
	ExistingPeople, ExistingApps            float64
	Realistic, OddStreams                   bool
	Switches                                []string           // of the unkind world, by name
	Forms                                   []string           // that the vendors leave undocumented, by name
	Drift                                   float64            // chance that rows move before a page is served
	Refused                                 map[string]float64 // share of rows that a tenant never gives or takes, by their kind

	// The settings.
	Budget, Fetchers, Writers, MaxRetryApps int
	GiveUp                                  time.Duration
	Overlap                                 time.Duration

	// The network.
	Latency  time.Duration
	Slow     float64            // share of answers that take up to half a minute
	Faults   map[string]float64 // share of requests that meet a fault, by its name
	Patience int                // faults that one request meets in a row at most; 0: no bound
	Storms   []Storm

	Sessions []Session
}

// Storm is a time in which a tenant meets every request with the same fault.
type Storm struct {
	Session, Requests int // it begins after so many requests of a session
	Oomnitza          bool
	Fault             string
	Lasts             time.Duration
}

// Session is one session, and what comes before it.
type Session struct {
	Days    int // that pass before it
	Hours   int // that pass before it, where no day does
	Change  simulator.ChangeOptions
	Full    bool // it is started beside the schedule, as a full one
	DryRun  bool
	Moments []Moment
	Kind    bool // from here on everything is well
}

// tenantOptions are the tenants' as the world has them.
func (w *World) tenantOptions() simulator.Options {
	o := simulator.Options{
		Seed: w.Seed, Start: w.Start, Apps: w.Apps, People: w.People, Pairs: w.Pairs, Streams: w.Streams, Views: w.Views, SameNames: w.SameNames,
		ExistingPeople: w.ExistingPeople, ExistingApps: w.ExistingApps, OddStreams: w.OddStreams, Budget: 0, Faults: w.tenantFaults(),
	}
	if w.Realistic {
		o.Names = simulator.RealisticNames()
	}
	for _, name := range w.Forms {
		forms[name](&o)
	}
	for _, name := range w.Switches {
		s, _ := switchNamed(name)
		apps, streams := o.Apps, o.Streams
		s.Set(&o)
		o.Seed, o.Apps, o.Streams = w.Seed, apps, streams
	}
	return o
}

// newPolicy is the integration's settings.
func (w *World) newPolicy(user string) saas.Policy {
	return saas.Policy{
		DefaultRole: 25, IntegrationUser: user, UsernameFormat: saas.FormatEmail, Overlap: w.Overlap, FullEvery: 7 * saas.Day,
		Heartbeat: 15 * time.Second, GiveUp: w.GiveUp, MaxRetryApps: w.MaxRetryApps,
	}
}

// worstEnding is the least that a session may make of the world: of its switches
// the one that costs most.
func (w *World) worstEnding() simulator.Ending {
	rank := map[simulator.Ending]int{simulator.Exact: 0, simulator.Later: 0, simulator.Noted: 1, simulator.Chance: 2, simulator.Loud: 3}
	worst := simulator.Exact
	if w.Drift > 0 || len(w.Refused) > 0 || len(w.Switches) > 0 && len(w.Faults)+len(w.Storms) > 0 {
		// A list may keep changing, a row be refused; and what one switch allows, faults may not.
		worst = simulator.Chance
	}
	for _, name := range w.Switches {
		if s, _ := switchNamed(name); rank[s.Ends] > rank[worst] {
			worst = s.Ends
		}
	}
	return worst
}

// isMild reports whether whatever goes wrong passes: then nothing may be lost of
// it.
func (w *World) isMild() bool {
	for _, s := range w.Storms {
		if s.Lasts > w.GiveUp/3 {
			return false
		}
	}
	return w.Patience > 0 && w.Patience <= 2
}

// switchNamed finds a switch of the unkind world.
func switchNamed(name string) (simulator.World, bool) {
	for _, w := range simulator.ListWorlds() {
		if w.Name == name {
			return w, true
		}
	}
	return simulator.World{}, false
}
