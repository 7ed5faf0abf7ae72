package simulator

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tenant is what Oomnitza holds. People and apps are found by number, which is
// their id less a base; locks are held per kind and per app.
type tenant struct {
	sim *Simulator

	peopleMu sync.RWMutex
	people   []*person
	byUser   map[string]int // folded user name → number
	byEmail  map[string][]int

	saasMu  sync.RWMutex
	saas    []*record
	bySaaS  map[string]int // folded name → number
	byLink  map[string][]int
	buried  map[string][]int // deleted records by name, while lists show them
	changed atomic.Int64     // writes so far, for whoever keeps the state

	counts Counts
	countM sync.Mutex
}

// Ids are these plus the number of the record.
const (
	personBase = 100001
	saasBase   = 5001
)

// person is an entry of the People page. Entries are replaced, never changed
// in place, so that a list can be written out without a lock.
type person struct {
	Username  string `json:"username"`
	Email     string `json:"email"`
	First     string `json:"first"`
	Last      string `json:"last"`
	Full      string `json:"full"`
	Role      int    `json:"role"`
	Suspended bool   `json:"suspended"`
	CreatedBy string `json:"createdBy"`
	Created   int64  `json:"created"` // Unix seconds
	ChangedBy string `json:"changedBy"`
	Changed   int64  `json:"changed"`
	Position  string `json:"position,omitempty"`
	External  string `json:"external,omitempty"`
	Deleted   bool   `json:"deleted,omitempty"`
	Sent      string `json:"sent,omitempty"` // the user name as a client sent it, where another form is stored

	unanswered bool // its create was asked by a client that had gone
}

// record is a SaaS application and who is assigned to it.
type record struct {
	mu         sync.RWMutex
	fields     saasFields
	seats      []seat // by person
	unanswered bool
}

// saasFields are those of the SaaS object that a client may set, and who made
// it. [DOC]
type saasFields struct {
	Name       string  `json:"name"`
	Source     string  `json:"source"`
	Hash       bool    `json:"hash"`
	Ignored    string  `json:"ignored"`
	Linked     string  `json:"linked"`
	LinkKey    string  `json:"linkKey"`
	Category   string  `json:"category,omitempty"`
	Publisher  string  `json:"publisher,omitempty"`
	URL        string  `json:"url,omitempty"`
	Version    string  `json:"version,omitempty"`
	Statistic  string  `json:"usageStatistic,omitempty"`
	History    string  `json:"usageHistory,omitempty"`
	Renewal    string  `json:"renewal,omitempty"`
	Visited    int64   `json:"visited"`
	Available  int64   `json:"availableLicenses,omitempty"`
	Total      int64   `json:"totalLicenses,omitempty"`
	Spend      float64 `json:"annualSpend,omitempty"`
	CreatedBy  string  `json:"createdBy"`
	Created    int64   `json:"created"` // Unix seconds
	ChangedBy  string  `json:"changedBy"`
	Changed    int64   `json:"changed"`
	ByAnother  bool    `json:"byAnother,omitempty"` // made before the first session
	PatchCount int     `json:"patches,omitempty"`
	Deleted    bool    `json:"deleted,omitempty"`
	Erased     bool    `json:"erased,omitempty"` // deleted, and shown nowhere
}

// Counts says what Oomnitza was told to write.
type Counts struct {
	SaaSCreated   int // apps that clients made
	SaaSPatched   int
	PeopleCreated int // people that clients made
	PeoplePatched int
	Assigns       int // bulk assignments
	Rows          int // their rows
	Refused       int // of those rows, refused
	Redundant     int // of those rows, what was there already
	Backwards     int // of those rows, an older last visit than was there
	Conflicts     int // creates refused for a name that is taken
}

func newTenant(s *Simulator) *tenant {
	t := &tenant{sim: s, byUser: map[string]int{}, byEmail: map[string][]int{}, bySaaS: map[string]int{}, byLink: map[string][]int{}, buried: map[string][]int{}}
	t.settleTenant()
	return t
}

// foldName gives the form under which a unique name is compared.
func foldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// addPerson enters a person; the caller holds the lock and has looked for the
// user name.
func (t *tenant) addPerson(p *person) int {
	n := len(t.people)
	t.people = append(t.people, p)
	t.byUser[foldName(p.Username)] = n
	if p.Email != "" {
		t.byEmail[foldName(p.Email)] = append(t.byEmail[foldName(p.Email)], n)
	}
	return n
}

// addSaaS enters an app; the caller holds the lock and has looked for the name.
func (t *tenant) addSaaS(r *record) int {
	n := len(t.saas)
	t.saas = append(t.saas, r)
	t.bySaaS[t.sim.nameKey(r.fields.Name)] = n
	if r.fields.LinkKey != "" {
		t.byLink[r.fields.LinkKey] = append(t.byLink[r.fields.LinkKey], n)
	}
	return n
}

// findByID finds an app by its id in a path.
func (t *tenant) findByID(ident string) (int, *record) {
	id, err := strconv.Atoi(ident)
	t.saasMu.RLock()
	defer t.saasMu.RUnlock()
	if n := id - saasBase; err == nil && n >= 0 && n < len(t.saas) {
		return n, t.saas[n]
	}
	return -1, nil
}

// personNumber finds a person by id, or by user name as the path allows. [CODE]
func (t *tenant) personNumber(ident string) (int, bool) {
	id, err := strconv.Atoi(ident)
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	if n := id - personBase; err == nil && n >= 0 && n < len(t.people) {
		return n, true
	}
	n, ok := t.byUser[foldName(ident)]
	return n, ok
}

func (t *tenant) updateCounts(f func(*Counts)) {
	t.countM.Lock()
	f(&t.counts)
	t.countM.Unlock()
	t.changed.Add(1)
}

// settleTenant fills the tenant with what was there before any session: its
// administrators, the integration's own user, and what Options ask for.
func (t *tenant) settleTenant() {
	o, w := &t.sim.opts, t.sim.world
	born := t.sim.opts.Start.Add(-400 * 24 * time.Hour).Unix()
	enter := func(p person) {
		p.Full = strings.TrimSpace(p.First + " " + p.Last)
		p.CreatedBy, p.Created, p.ChangedBy, p.Changed = "admin", born, "admin", born
		if _, taken := t.byUser[foldName(p.Username)]; !taken {
			t.addPerson(&p)
		}
	}
	enter(person{Username: "admin", Email: "it.admin@contoso.com", First: "Ida", Last: "Adminson", Role: o.Roles[0]})
	enter(person{Username: o.TokenUser, Email: o.TokenUser, First: "Defender", Last: "Sync", Role: o.Roles[0]})
	for i, role := range o.Roles {
		n := strconv.Itoa(i)
		enter(person{Username: "resident" + n + "@contoso.com", Email: "resident" + n + "@contoso.com", First: "Resident", Last: "No" + n, Role: role})
	}
	for p := range o.People {
		h := w.seed.drawBits(diceExisting, uint64(p), 0)
		if w.kindOf(p) != nameEmail || !fallsWithin(h, o.ExistingPeople) {
			continue
		}
		enter(w.makeResident(p, mixBits(h), o.Roles))
	}
	t.settleTwins(born)
	if w.variants.Unkind.Records.Deleted {
		t.buryRecords(born)
	}
	for i := range w.apps {
		if h := w.seed.drawBits(diceExisting, uint64(w.apps[i].id), 1); fallsWithin(h, o.ExistingApps) {
			t.settleApp(i, mixBits(h), born)
		}
	}
}

// makeResident makes one of Defender's people as Oomnitza knew them before: in
// another spelling, under another user name, with a role of their own.
func (w *world) makeResident(p int, h uint64, roles []int) person {
	first, last, _ := w.personName(p)
	email := w.appendEmail(nil, p)
	out := person{First: first, Last: last, Role: roles[h>>8%uint64(len(roles))], Suspended: h>>16%5 == 0, Position: "Employee"}
	switch h % 4 {
	case 0:
		capitalizeWords(email)
	case 1:
		upperLetters(email)
	case 2:
		out.Username = "emp" + strconv.Itoa(p) // found by the email address alone
	}
	out.Email = string(email)
	if out.Username == "" {
		out.Username = out.Email
	}
	return out
}

// settleApp makes an app as another integration would have, with some of its
// users and an employee whom Defender does not see.
func (t *tenant) settleApp(i int, h uint64, born int64) {
	w := t.sim.world
	a := &w.apps[i]
	name := a.brand.name
	if h%3 == 0 {
		name = strings.ToUpper(name)
	}
	if _, taken := t.bySaaS[t.sim.nameKey(name)]; taken {
		return
	}
	r := &record{fields: saasFields{Name: name, Source: "okta", Ignored: "0", Linked: "0", LinkKey: "okta:" + strconv.Itoa(a.id),
		Category: "Other", Publisher: "as told by Okta", CreatedBy: "okta_integration", Created: born, ChangedBy: "okta_integration",
		Changed: born, ByAnother: true}}
	n := t.addSaaS(r)
	latest := uint32(t.sim.opts.Start.Unix())
	r.seats = append(r.seats, seat{person: uint32(n % len(t.people)), last: latest - 40*86400})
	perm := w.slotPerm(i)
	for k := range min(a.users, 3) {
		number, ok := t.byUser[foldName(string(w.appendEmail(nil, w.personOf(perm.mapIndex(int(k))))))]
		if ok && number != int(r.seats[0].person) {
			r.seats = insertSeat(r.seats, seat{person: uint32(number), last: latest - uint32(mixBits(h+uint64(k))%(100*86400))})
		}
	}
}
