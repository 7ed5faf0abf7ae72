package simulator

import (
	"sync"
	"sync/atomic"
	"time"
)

// Simulator is a Defender tenant and an Oomnitza tenant. It is safe for
// concurrent use; what is switched while requests are under way holds for
// those that arrive after.
type Simulator struct {
	opts   Options
	clock  func() time.Time
	offset atomic.Int64 // Defender's clock less the real one, ns
	faults atomic.Pointer[Faults]

	world      *world
	oom        *tenant
	log        *requestLog
	budget     *window
	violations violations
	lagging    lagging // what reads of people and assignments do not show yet
	dice       dice
	tokenUser  atomic.Pointer[string]
	answers    answerCounts

	defenderSeen atomic.Int64 // authorised requests, for tokens that run out
	oomnitzaSeen atomic.Int64
	connectors   connectorRuns
	switched     atomic.Int64 // how often faults and variants were switched
	met          sync.Map     // kinds of requests to Oomnitza that came before
	routed       atomic.Int64 // requests of a route that goes away
	shuffles     atomic.Uint64
}

// New makes the tenants. Options that name no known variant panic: they are
// written by programmers, or were checked by Variants.CompleteDefaults.
func New(o Options) *Simulator {
	o = o.withDefaults()
	v, err := o.Variants.CompleteDefaults()
	if err != nil {
		panic("simulator: " + err.Error())
	}
	o.Variants = v
	s := &Simulator{opts: o, clock: o.Clock, log: newRequestLog(o.Window), budget: newWindow(o.Budget, o.Window)}
	s.offset.Store(int64(o.Start.Sub(o.Clock())))
	s.SetFaults(o.Faults)
	s.SetTokenUser(o.TokenUser)
	s.world = newWorld(o, o.Start)
	s.oom = newTenant(s)
	if o.Synced {
		s.oom.fillSynced()
	}
	return s
}

// TokenUser is the user name behind Oomnitza's token.
func (s *Simulator) TokenUser() string { return *s.tokenUser.Load() }

// SetTokenUser has the token of Oomnitza act for another user from now on, as one does
// that was issued to somebody else.
func (s *Simulator) SetTokenUser(name string) { s.tokenUser.Store(&name) }

// Now is what Defender's clock shows: real time and the days that were added.
func (s *Simulator) Now() time.Time {
	return s.clock().Add(time.Duration(s.offset.Load())).UTC()
}

// AdvanceDays lets n days pass on Defender's side, each bringing changes.
func (s *Simulator) AdvanceDays(n int, c ChangeOptions) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for range n {
		s.offset.Add(int64(24 * time.Hour))
		s.world.endDay(s.Now().UnixMilli(), c.withDefaults())
	}
}

// AdvanceTime lets less or more than a day pass on Defender's side, at the end of
// which a day's changes are there.
func (s *Simulator) AdvanceTime(d time.Duration, c ChangeOptions) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.offset.Add(int64(d))
	s.world.endDay(s.Now().UnixMilli(), c.withDefaults())
}

// EndDay ends a day on Defender's side now, with its changes, where AdvanceDays
// lets it pass first: it is for clocks that can be advanced themselves.
func (s *Simulator) EndDay(c ChangeOptions) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.endDay(s.Now().UnixMilli(), c.withDefaults())
}

// Variants gives what forms the tenants use now.
func (s *Simulator) Variants() Variants {
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	return s.world.variants
}

// SetVariants switches the forms that the tenants use. Ids that Oomnitza gave
// out stay what they are.
func (s *Simulator) SetVariants(v Variants) error {
	v, err := v.CompleteDefaults()
	if err != nil {
		return err
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.variants = v
	s.world.cache.resetCache()
	s.switched.Add(1)
	return nil
}

// Options gives the options in force, defaults filled in.
func (s *Simulator) Options() Options { return s.opts }

// Violations lists what no well-behaved client would have done, the first 200
// of them: a last visit that moves backwards, a DELETE, an unassignment, a
// write that would set off workflows, a create repeated, a request that the
// vendors' contracts do not know.
func (s *Simulator) Violations() []string { return s.violations.listViolations() }

// violations collects what a client should not have done.
type violations struct {
	mu    sync.Mutex
	seen  []string
	count int
}

const maxViolations = 200

func (v *violations) addViolation(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.count++
	if len(v.seen) < maxViolations {
		v.seen = append(v.seen, text)
	}
}

func (v *violations) listViolations() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.seen...)
}
