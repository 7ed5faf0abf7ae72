package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// seatPage is the part of an app's users that a request is answered with.
func (c *call) seatPage(seats []seat) ([]seat, bool) {
	u := &c.variants.Unkind.People
	number := func(key string, def int) (int, bool) {
		text := c.query.Get(key)
		if text == "" {
			return def, true
		}
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= 0
	}
	skip, good := number("skip", 0)
	seats = c.shuffleSeats(seats)
	limit, too := number("limit", len(seats))
	if !good || !too || u.ListSkip == "refused" && c.query.Has("skip") {
		c.answerError(http.StatusBadRequest, "Unknown query parameter skip")
		return nil, false
	}
	if u.ListTotal != "missing" && !c.variants.NoTotalCount {
		c.header["X-Total-Count"] = []string{strconv.Itoa(len(seats))}
	}
	if u.ListSkip == "ignored" {
		skip = 0
	}
	if u.ListLimit == "ignored" || u.ListCap > 0 && limit > u.ListCap {
		limit = u.ListCap
	}
	if limit == 0 {
		limit = len(seats)
	}
	from := min(skip, len(seats))
	return seats[from:min(from+limit, len(seats))], true
}

// shuffleSeats turns a list, or has rows in it twice, where it is to be so.
func (c *call) shuffleSeats(seats []seat) []seat {
	u := &c.variants.Unkind.People
	if u.ListMoves > 0 && len(seats) > 0 {
		at := int(c.s.lagging.answers.Add(1)) * u.ListMoves % len(seats)
		seats = slices.Concat(seats[at:], seats[:at])
	}
	if u.ListTwice > 0 {
		var out []seat
		for i, x := range seats {
			if out = append(out, x); i%u.ListTwice == 0 {
				out = append(out, x)
			}
		}
		seats = out
	}
	return seats
}

// listUses answers GET /api/v3/users/{id}/software/saas. [DOC]
func (s *Simulator) listUses(c *call) {
	person, ok := s.oom.personNumber(c.ident)
	if !ok || c.variants.Unkind.People.NoOtherLists {
		c.answerError(http.StatusNotFound, "There is no such user")
		return
	}
	s.oom.saasMu.RLock()
	all := s.oom.saas
	s.oom.saasMu.RUnlock()
	c.r.appendText("[")
	first := true
	for n, r := range all {
		r.mu.RLock()
		_, assigned := slices.BinarySearchFunc(r.seats, seat{person: uint32(person)}, compareSeats)
		name := r.fields.Name
		r.mu.RUnlock()
		if !assigned {
			continue
		}
		if !first {
			c.r.appendText(", ")
		}
		first = false
		c.r.appendText(`{"assigned_contract_id": "", "available_contracts": [], "estimated_spend": 0, "saas_id": "`, strconv.Itoa(n+saasBase), `", "saas_name": `)
		c.r.appendString(name)
		c.r.appendText(`, "roles": [], "uid": `)
		c.r.appendInt(int64(n + saasBase))
		c.r.appendText("}")
	}
	c.r.appendText("]")
}

// spoilsBatch refuses a whole bulk assignment: because of its length, of one of
// its people, or of the record.
func (c *call) spoilsBatch(app string, batch []seat, rows int, people []*person) bool {
	u := &c.variants.Unkind.People
	status := u.AssignStatus
	if status == 0 {
		status = http.StatusBadRequest
	}
	switch {
	case c.s.drawRefusal(u.ForbidRecords, "forbidden", foldName(app)):
		c.r.setError(http.StatusForbidden, "<html><head><title>Forbidden</title></head></html>")
	case u.AssignMost > 0 && rows > u.AssignMost:
		c.answerError(status, "Too many items")
	case slices.ContainsFunc(batch, func(x seat) bool {
		return c.s.drawRefusal(u.AssignSpoils, "spoils", foldName(app), foldName(people[x.person].Username))
	}):
		c.answerError(status, "The request could not be processed")
	default:
		return false
	}
	return true
}

// lagging is what reads don't show yet.
type lagging struct {
	mu      sync.Mutex
	seats   map[lateSeat]late // assignments
	people  map[int]int       // reads left, by the person's number
	records map[int]int       // requests met, by the record's number
	answers atomic.Int64
}

type lateSeat struct {
	record int
	person uint32
}

// late is what is shown instead of an assignment, for so many reads.
type late struct {
	before seat
	there  bool
	reads  int
	until  int64 // by Defender's clock, Unix seconds: then all reads show it
}

// isHidden reports whether reads do not show an assignment yet.
func (l late) isHidden(now int64) bool { return l.reads > 0 && now <= l.until }

// lagSeconds is for how long reads lag behind at most: a little less than a worker
// gives them that goes on where another one wrote.
const lagSeconds = 8

// wroteSeats notes what was there before a batch of assignments. One that is written
// again before it shows goes on to show as it was.
func (l *lagging) wroteSeats(c *call, n int, r *record, batch []seat) {
	reads := c.variants.Unkind.People.LagSeats
	if reads == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seats == nil {
		l.seats = map[lateSeat]late{}
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, b := range batch {
		was := l.seats[lateSeat{n, b.person}]
		if !was.isHidden(c.s.Now().Unix()) {
			at, there := slices.BinarySearchFunc(r.seats, b, compareSeats)
			if was = (late{there: there}); there {
				was.before = r.seats[at]
			}
		}
		was.reads, was.until = reads, c.s.Now().Unix()+lagSeconds
		l.seats[lateSeat{n, b.person}] = was
	}
}

// shownSeats are an app's seats as a read sees them.
func (l *lagging) shownSeats(c *call, n int, seats []seat) []seat {
	if c.variants.Unkind.People.LagSeats == 0 {
		return seats
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []seat
	for _, x := range seats {
		was := l.seats[lateSeat{n, x.person}]
		if !was.isHidden(c.s.Now().Unix()) {
			out = append(out, x)
			continue
		}
		was.reads--
		l.seats[lateSeat{n, x.person}] = was
		if was.there {
			out = append(out, was.before)
		}
	}
	return out
}

// hidesRecord reports whether a request about a record's users finds none yet.
func (l *lagging) hidesRecord(c *call, n int, r *record) bool {
	most := c.variants.Unkind.People.LagRecords
	if most == 0 || r.copyFields().ByAnother {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.records == nil {
		l.records = map[int]int{}
	}
	l.records[n]++
	return l.records[n] <= most
}

// madePerson notes somebody whom look-ups don't find yet.
func (l *lagging) madePerson(c *call, n int) {
	if reads := c.variants.Unkind.People.LagPeople; reads > 0 {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.people == nil {
			l.people = map[int]int{}
		}
		l.people[n] = reads
	}
}

// hidesPerson reports whether look-ups don't find somebody yet.
func (l *lagging) hidesPerson(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.people[n] > 0
}

// shownPeople are people as a look-up sees them.
func (l *lagging) shownPeople(c *call, found []int) []int {
	if c.variants.Unkind.People.LagPeople == 0 {
		return found
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(found), func(n int) bool {
		if l.people[n] == 0 {
			return false
		}
		l.people[n]--
		return true
	})
}
