package simulator

import (
	"strconv"
	"strings"
	"time"
)

// Holdings is the whole of what Oomnitza holds.
type Holdings struct {
	SaaS     map[string]HeldSaaS   // by name
	People   map[string]HeldPerson // by user name
	Assigned map[string][]HeldSeat // by the app's name
	Counts   Counts
}

// HeldSaaS is one app.
type HeldSaaS struct {
	ID        string
	Name      string
	Source    string
	Category  string
	Publisher string
	URL       string
	LinkKey   string
	CreatedBy string
	ChangedBy string
	Visited   int
	Version   string
	Patches   int  // changes by clients
	ByAnother bool // it was there before the first session
}

// HeldPerson is one entry of the People page.
type HeldPerson struct {
	ID        string
	Username  string
	Email     string
	FirstName string
	LastName  string
	Role      int
	Suspended bool
	CreatedBy string
}

// HeldSeat is one person's assignment to an app.
type HeldSeat struct {
	Username     string
	LastActivity time.Time // zero: none
	Writes       int       // by clients
}

// Holdings copies what Oomnitza holds. Use Counts where numbers are enough.
func (s *Simulator) Holdings() Holdings {
	t := s.oom
	h := Holdings{SaaS: map[string]HeldSaaS{}, People: map[string]HeldPerson{}, Assigned: map[string][]HeldSeat{}, Counts: s.Counts()}
	t.saasMu.RLock()
	apps := t.saas
	t.saasMu.RUnlock()
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	for n, p := range t.people {
		if p.Deleted {
			continue
		}
		name := p.heldName(h.People)
		h.People[name] = HeldPerson{ID: strconv.Itoa(n + personBase), Username: name, Email: p.heldEmail(), FirstName: p.First,
			LastName: p.Last, Role: p.Role, Suspended: p.Suspended, CreatedBy: p.CreatedBy}
	}
	for n, r := range apps {
		r.mu.RLock()
		f := &r.fields
		if f.Deleted {
			r.mu.RUnlock()
			continue
		}
		h.SaaS[f.Name] = HeldSaaS{ID: strconv.Itoa(n + saasBase), Name: f.Name, Source: f.Source, Category: f.Category,
			Publisher: f.Publisher, URL: f.URL, LinkKey: f.LinkKey, CreatedBy: f.CreatedBy, ChangedBy: f.ChangedBy,
			Visited: int(f.Visited), Version: f.Version, Patches: f.PatchCount, ByAnother: f.ByAnother}
		seats := make([]HeldSeat, len(r.seats))
		for i, x := range r.seats {
			seats[i] = HeldSeat{Username: t.people[x.person].heldName(nil), LastActivity: saasDate(int64(x.last)), Writes: int(x.writes)}
		}
		h.Assigned[f.Name] = seats
		r.mu.RUnlock()
	}
	return h
}

// Counts tells what clients have written to Oomnitza so far.
func (s *Simulator) Counts() Counts {
	s.oom.countM.Lock()
	defer s.oom.countM.Unlock()
	return s.oom.counts
}

// ResetCounts starts the counts anew, for the next session.
func (s *Simulator) ResetCounts() {
	s.oom.countM.Lock()
	defer s.oom.countM.Unlock()
	s.oom.counts = Counts{}
}

// Totals is how much Oomnitza holds.
type Totals struct{ SaaS, People, Assignments int }

// Totals counts what Oomnitza holds.
func (s *Simulator) Totals() Totals {
	t := s.oom
	t.saasMu.RLock()
	apps := t.saas
	t.saasMu.RUnlock()
	t.peopleMu.RLock()
	out := Totals{SaaS: len(apps), People: len(t.people)}
	t.peopleMu.RUnlock()
	for _, r := range apps {
		r.mu.RLock()
		out.Assignments += len(r.seats)
		r.mu.RUnlock()
	}
	return out
}

// heldName is the user name that a client meant; people that the tenant takes
// for several although one was meant are told apart.
func (p *person) heldName(others map[string]HeldPerson) string {
	name := p.Username
	if p.Sent != "" {
		name = p.Sent
	}
	if _, twice := others[name]; twice {
		name += " (once more)"
	}
	return name
}

// heldEmail is the address that a client meant.
func (p *person) heldEmail() string {
	if p.Sent != "" && strings.Contains(p.Sent, "@") {
		return p.Sent
	}
	return p.Email
}
