package simulator

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// state is what a later process needs to go on with the same tenants.
type state struct {
	Version int         `json:"version"`
	Options Options     `json:"options"`
	Offset  int64       `json:"offset"` // Defender's clock less the real one, ns
	Events  []event     `json:"events"`
	People  []*person   `json:"people"`
	SaaS    []savedSaaS `json:"saas"`
	Counts  Counts      `json:"counts"`
}

const stateVersion = 1

type savedSaaS struct {
	Fields saasFields `json:"fields"`
	Seats  []byte     `json:"seats"` // seatBytes each: person, last, writes; little-endian
}

const seatBytes = 10

// Save writes down what Oomnitza holds, the options, and what has happened on
// Defender's side. It may run while the tenants are in use.
func (s *Simulator) Save(w io.Writer) error {
	st := state{Version: stateVersion, Options: s.opts, Offset: s.offset.Load(), Counts: s.Counts()}
	st.Options.Faults = s.Faults()
	s.world.mu.RLock()
	st.Options.Variants = s.world.variants
	st.Events = append(st.Events, s.world.events...)
	s.world.mu.RUnlock()
	t := s.oom
	t.saasMu.RLock()
	apps := t.saas
	t.saasMu.RUnlock()
	for _, r := range apps {
		r.mu.RLock()
		saved := savedSaaS{Fields: r.fields, Seats: make([]byte, 0, seatBytes*len(r.seats))}
		for _, x := range r.seats {
			saved.Seats = binary.LittleEndian.AppendUint32(saved.Seats, x.person)
			saved.Seats = binary.LittleEndian.AppendUint32(saved.Seats, x.last)
			saved.Seats = binary.LittleEndian.AppendUint16(saved.Seats, x.writes)
		}
		r.mu.RUnlock()
		st.SaaS = append(st.SaaS, saved)
	}
	t.peopleMu.RLock() // after the seats, so that everyone seated is among the people
	st.People = append(st.People, t.people...)
	t.peopleMu.RUnlock()
	if err := json.NewEncoder(w).Encode(st); err != nil {
		return fmt.Errorf("save the simulated tenants: %w", err)
	}
	return nil
}

// RestoreTenants makes the tenants that Save wrote down. The change function, which
// may be nil, sees the saved options before anything is made of them: budget,
// tokens, variants and faults may be set anew, scale and seed may not.
func RestoreTenants(r io.Reader, change func(*Options)) (*Simulator, error) {
	var st state
	if err := json.NewDecoder(r).Decode(&st); err != nil {
		return nil, fmt.Errorf("restore the simulated tenants: %w", err)
	}
	if st.Version != stateVersion {
		return nil, fmt.Errorf("restore the simulated tenants: the state is of version %d, not %d", st.Version, stateVersion)
	}
	was := st.Options
	if change != nil {
		change(&st.Options)
	}
	o := st.Options
	if o.Seed != was.Seed || o.Apps != was.Apps || o.People != was.People || o.Pairs != was.Pairs || o.Streams != was.Streams || o.Views != was.Views ||
		o.Names != was.Names || o.SameNames != was.SameNames || o.EmptyApps != was.EmptyApps || !o.Start.Equal(was.Start) {
		return nil, errors.New("restore the simulated tenants: the state was made with another seed or scale")
	}
	v, err := o.Variants.CompleteDefaults()
	if err != nil {
		return nil, fmt.Errorf("restore the simulated tenants: %w", err)
	}
	o.Variants, o.Synced = v, false // what was there is in the state
	s := New(o)
	s.offset.Store(st.Offset)
	s.world.replayEvents(st.Events)
	return s, s.oom.restoreState(&st)
}

// replayEvents repeats what happened on Defender's side.
func (w *world) replayEvents(events []event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		switch {
		case e.Change != nil:
			w.endDay(e.At, *e.Change)
			continue // advance keeps the event itself
		case e.Drift != nil:
			w.drifted[*e.Drift] = e.At
		default:
			w.discoverApp(e.At)
		}
		w.events = append(w.events, e)
	}
	w.sortNames()
	w.cache.resetCache()
}

// restoreState replaces what the tenant holds.
func (t *tenant) restoreState(st *state) error {
	t.peopleMu.Lock()
	defer t.peopleMu.Unlock()
	t.saasMu.Lock()
	defer t.saasMu.Unlock()
	t.people, t.byUser, t.byEmail = nil, map[string]int{}, map[string][]int{}
	t.saas, t.bySaaS, t.byLink = nil, map[string]int{}, map[string][]int{}
	for _, p := range st.People {
		t.addPerson(p)
	}
	for _, saved := range st.SaaS {
		r := &record{fields: saved.Fields, seats: make([]seat, 0, len(saved.Seats)/seatBytes)}
		for b := saved.Seats; len(b) >= seatBytes; b = b[seatBytes:] {
			x := seat{binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[8:])}
			if int(x.person) >= len(t.people) {
				return errors.New("restore the simulated tenants: someone is assigned who is not among the people")
			}
			r.seats = append(r.seats, x)
		}
		t.addSaaS(r)
	}
	t.counts = st.Counts
	return nil
}

// Changes grows with everything that Save would write differently.
func (s *Simulator) Changes() int64 {
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	return s.oom.changed.Load() + int64(len(s.world.events)) + s.switched.Load()
}

// saasDate reads Unix seconds; what is zero stays zero.
func saasDate(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
