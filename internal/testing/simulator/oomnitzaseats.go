package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listSeats answers GET /api/v3/saas/{id}/users: all of an app's people, in
// one list [DOC], or the part of it that is asked for. [INF]
func (s *Simulator) listSeats(c *call) {
	n, r := s.oom.findByID(c.ident)
	if r == nil || s.lagging.hidesRecord(c, n, r) {
		c.answerError(http.StatusNotFound, "There is no such SaaS")
		return
	}
	t := s.oom
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	r.mu.RLock()
	defer r.mu.RUnlock()
	shown, ok := c.seatPage(s.lagging.shownSeats(c, n, r.seats))
	if !ok {
		return
	}
	c.r.body = slices.Grow(c.r.body, 256*len(shown)+2)
	c.r.appendText("[")
	for i := range shown {
		if i > 0 {
			c.r.appendText(", ")
		}
		c.appendSeat(n, &shown[i], t.people[shown[i].person], s.appRole(n, r, &shown[i]))
	}
	c.r.appendText("]")
}

// listAllSeats answers GET /api/v3/saas_users: the same objects over all apps.
// [DOC] Its filter is taken over the person's fields. [INF]
func (s *Simulator) listAllSeats(c *call) {
	if c.variants.Unkind.People.NoOtherLists {
		c.answerError(http.StatusNotFound, "Not found")
		return
	}
	f, ok := c.readFilter(map[string]bool{"username": true, "email": true, "user_id": true, "full_name": true, "last_visit": true})
	if !ok {
		return
	}
	t := s.oom
	t.saasMu.RLock()
	all := t.saas
	t.saasMu.RUnlock()
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	n := 0
	c.r.appendText("[")
	for at, r := range all {
		r.mu.RLock()
		for i := range r.seats {
			seat := &r.seats[i]
			p := t.people[seat.person]
			if f != nil && !f.matchRecord(seat.sourceFields(p), c.variants.CaseMatters) {
				continue
			}
			if n++; n > 1 {
				c.r.appendText(", ")
			}
			c.appendSeat(at, seat, p, s.appRole(at, r, seat))
		}
		r.mu.RUnlock()
	}
	c.r.appendText("]")
	if !c.variants.NoTotalCount {
		c.header["X-Total-Count"] = []string{strconv.Itoa(n)}
	}
}

func (s *seat) sourceFields(p *person) source {
	of := p.sourceFields(int(s.person))
	return func(field string) string {
		if field == "last_visit" {
			if s.last == 0 {
				return ""
			}
			return strconv.FormatInt(int64(s.last), 10)
		}
		return of(field)
	}
}

// appendSeat appends an assigned user as documented, where a role is one object
// and a last visit a number. [DOC] How a tenant writes that there is none is not
// documented; see Variants.Unset.
func (c *call) appendSeat(app int, s *seat, p *person, role string) {
	r := c.r
	r.appendText(`{"user_id": `)
	c.appendID(int(s.person)+personBase, true)
	r.appendText(`, "username": `)
	r.appendString(p.Username)
	r.appendText(`, "email": `)
	r.appendString(p.Email)
	r.appendText(`, "full_name": `)
	r.appendString(p.Full)
	r.appendText(`, "last_visit": `)
	if s.last == 0 && c.variants.Unset == "null" {
		r.appendText("null")
	} else {
		r.appendInt(int64(s.last))
	}
	r.appendText(`, "old_usage": false, "media_url": "", "contract_id": "", "roles": `)
	switch {
	case role == "" && c.variants.Unset == "null":
		r.appendText("[]")
	case role == "":
		r.appendText(`{"role_id": "", "role_external_id": "", "role_external_label": ""}`)
	default:
		r.appendText(`{"role_id": "1", "role_external_id": "`, strings.ToLower(role), `", "role_external_label": "`, role, `"}`)
	}
	if c.resource.path == "saas_users" && c.variants.Unkind.People.SeatsNameApp {
		r.appendText(`, "saas_id": `)
		r.appendInt(int64(app + saasBase))
	}
	r.appendText(`, "user_external_id": ""}`)
}

// appRole is the role that a person has in an app of another integration; "":
// none.
func (s *Simulator) appRole(n int, r *record, x *seat) string {
	if !s.opts.AppRoles || !r.fields.ByAnother {
		return ""
	}
	return []string{"", "Admin", "Member"}[s.world.seed.drawBits(diceExisting, uint64(n)<<32|uint64(x.person), 2)%3]
}

// rowError is one row of a bulk assignment that was refused.
type rowError struct {
	user    string
	message string
}

// assignRow is one row of a bulk assignment as it was sent.
type assignRow struct {
	user        []byte
	assign      []byte
	last        []byte
	unknown     bool
	userIsText  bool
	assignKnown bool
}

// assignSeats answers POST /api/v3/saas/{id}/users. [DOC] With an assignment a
// client may send last_visit; what a tenant makes of it is not documented, see
// Variants.LastVisit.
func (s *Simulator) assignSeats(c *call) {
	n, r := s.oom.findByID(c.ident)
	if r == nil || s.lagging.hidesRecord(c, n, r) {
		c.answerError(http.StatusNotFound, "There is no such SaaS")
		return
	}
	name := r.copyFields().Name
	t := s.oom
	batch := make([]seat, 0, 128)
	var errs []rowError
	var users []string
	rows := 0
	t.peopleMu.RLock()
	err := eachObject(c.body, func(sc *scan) error {
		row, err := readAssignRow(sc)
		if err != nil {
			return err
		}
		rows++
		if c.faults.RefuseAssign > 0 {
			users = append(users, rawText(row.user))
		}
		got, problem := c.seatOf(&row, name, t.people)
		if problem != "" {
			errs = append(errs, rowError{rawText(row.user), problem})
			return nil
		}
		batch = append(batch, got)
		return nil
	})
	spoilt := err == nil && c.spoilsBatch(name, batch, rows, t.people)
	t.peopleMu.RUnlock()
	if err != nil {
		c.refuseUnknown(http.StatusBadRequest, err.Error())
		return
	}
	if spoilt {
		return
	}
	s.lagging.wroteSeats(c, n, r, batch)
	s.storeSeats(r, name, batch, rows, len(errs), c.variants.LastVisit == "kept")
	c.appendRowErrors(errs, users)
}

func readAssignRow(sc *scan) (row assignRow, err error) {
	err = sc.eachField(func(key, raw []byte) {
		switch string(key) {
		case "user_id":
			row.user, row.userIsText = raw, raw[0] == '"'
		case "assign":
			row.assign, row.assignKnown = raw, true
		case "last_visit":
			row.last = raw
		default:
			row.unknown = true
		}
	})
	return row, err
}

// seatOf judges one row.
func (c *call) seatOf(row *assignRow, app string, people []*person) (seat, string) {
	if len(row.user) == 0 || !row.assignKnown || row.unknown || !row.userIsText && c.variants.IDs != "number" {
		c.s.violations.addViolation("Oomnitza: an assignment's row is not {user_id, assign, last_visit}")
		return seat{}, "The row is not valid"
	}
	if string(row.assign) != "true" {
		c.s.violations.addViolation("Oomnitza: a row takes an assignment away")
		return seat{}, "The row is not an assignment"
	}
	if len(row.last) > 0 && c.variants.LastVisit == "refused" {
		return seat{}, "Unknown field last_visit"
	}
	id, ok := rawInt(row.user)
	n := int(id) - personBase
	if !ok || n < 0 || n >= len(people) || people[n].Deleted {
		return seat{}, "There is no such user"
	}
	if c.s.AssignRefused(app, people[n].heldName(nil)) {
		return seat{}, "This user cannot be assigned"
	}
	out := seat{person: uint32(n)}
	if len(row.last) > 0 {
		last, ok := lastVisit(row.last)
		if !ok {
			c.s.violations.addViolation("Oomnitza: last_visit is neither Unix seconds nor ISO 8601")
			return seat{}, "last_visit is not a date"
		}
		out.last = last
	}
	return out, ""
}

// lastVisit reads a date: Unix seconds or ISO 8601. [DOC]
func lastVisit(raw []byte) (uint32, bool) {
	if n, ok := rawInt(raw); ok {
		return uint32(n), n >= 0 && n < 1<<32
	}
	t, err := time.Parse(time.RFC3339, rawText(raw))
	if err != nil {
		return 0, string(raw) == "null"
	}
	return uint32(t.Unix()), t.Unix() >= 0
}

// storeSeats writes a batch to an app's seats and counts what it did.
func (s *Simulator) storeSeats(r *record, app string, batch []seat, rows, refused int, keep bool) {
	r.mu.Lock()
	seats, redundant, backwards := mergeSeats(r.seats, batch, keep)
	r.seats = seats
	r.mu.Unlock()
	for _, b := range backwards {
		s.violations.addViolation("Oomnitza: the last visit of " + s.oom.usernameOf(b.person) + " to " + app + " moves backwards")
	}
	s.oom.updateCounts(func(k *Counts) {
		k.Assigns++
		k.Rows += rows
		k.Refused += refused
		k.Redundant += redundant
		k.Backwards += len(backwards)
	})
}

func (t *tenant) usernameOf(n uint32) string {
	t.peopleMu.RLock()
	defer t.peopleMu.RUnlock()
	return t.people[n].Username
}
