package simulator

import (
	"html"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// refusesPerson refuses to create somebody.
func (c *call) refusesPerson(p *person) bool {
	u := &c.variants.Unkind.People
	switch {
	case u.NeedsNames && (p.First == "" || p.Last == ""):
		c.refuseWrite(http.StatusBadRequest, "last_name: this field is required")
	case c.s.drawRefusal(u.PersonFails, "person", foldName(p.Username)):
		status, says := u.PersonStatus, u.PersonSays
		if status == 0 {
			status = http.StatusBadRequest
		}
		if says == "" {
			says = "%s can't be stored"
		}
		c.answerError(status, strings.ReplaceAll(says, "%s", p.Username))
	default:
		return false
	}
	return true
}

// storePerson puts a person's names into the form in which they are stored, and
// finds who has the user name; the caller holds the lock.
func (c *call) storePerson(p *person) (at int, taken bool) {
	u := &c.variants.Unkind.People
	t := c.s.oom
	sent := *p
	for _, text := range []*string{&p.Username, &p.Email} {
		*text = u.storedText(*text)
	}
	if p.Username != sent.Username {
		p.Sent = sent.Username
	}
	asked := p.Username
	if u.StoresBlindly {
		asked = sent.Username
	}
	if at, taken = t.byUser[foldName(asked)]; taken || !u.UniqueAccents {
		return at, taken
	}
	at = slices.IndexFunc(t.people, func(other *person) bool { return stripAccents(other.Username) == stripAccents(asked) })
	return max(at, 0), at >= 0
}

// storedText gives a text as it is stored.
func (u *PeopleSwitches) storedText(text string) string {
	switch u.Stores {
	case "escaped":
		return html.EscapeString(text)
	case "cut":
		if runes := []rune(text); len(runes) > u.StoresLength {
			return string(runes[:u.StoresLength])
		}
	case "trimmed":
		return strings.Join(strings.Fields(text), "")
	}
	return text
}

// stripAccents folds a name and removes its accents.
func stripAccents(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(foldName(name)))
}

// tripsOver refuses a filter because of a character in it.
func (c *call) tripsOver(filter string) bool {
	u := &c.variants.Unkind.People
	if u.FilterTrips == "" || !strings.ContainsAny(filter, u.FilterTrips) {
		return false
	}
	status := u.FilterStatus
	if status == 0 {
		status = http.StatusBadRequest
	}
	c.answerError(status, "The filter can't be parsed")
	return true
}

// appendGone tells whether a person is deleted.
func (c *call) appendGone(p *person) {
	form := c.variants.Unkind.People.Gone
	if !p.Deleted {
		c.r.appendText(`"deleted": "0"`)
		return
	}
	c.r.appendText(map[string]string{
		"is_deleted": `"is_deleted": true`, "deleted_at": `"deleted_at": "2026-01-02T03:04:05Z"`, "status": `"deleted": "0", "status": "Deleted"`,
		"removed": `"removed": 1`, "": `"deleted": "1"`, "deleted": `"deleted": "1"`,
	}[form])
}

// settleTwins enters people who are no longer there: beside a living one with
// the same address, or alone under the user name.
func (t *tenant) settleTwins(born int64) {
	o, w := &t.sim.opts, t.sim.world
	u := o.Variants.Unkind.People
	enter := func(p person) {
		p.CreatedBy, p.Created, p.ChangedBy, p.Changed, p.Role = "admin", born, "admin", born, o.Roles[0]
		if _, taken := t.byUser[foldName(p.Username)]; !taken {
			t.addPerson(&p)
		}
	}
	for p := range o.People {
		email := string(w.appendEmail(nil, p))
		if _, there := t.byEmail[foldName(email)]; there || w.kindOf(p) != nameEmail {
			continue
		}
		living, gone := person{Username: "now-" + email, Email: email}, person{Username: "was-" + email, Email: email, Deleted: true}
		switch {
		case fallsWithin(w.seed.drawBits(diceExisting, uint64(p), 5), u.Twins):
			pair := []person{living, gone}
			if u.TwinsAt == "first" {
				slices.Reverse(pair)
			}
			enter(pair[0])
			enter(pair[1])
		case fallsWithin(w.seed.drawBits(diceExisting, uint64(p), 6), u.Ghosts):
			enter(person{Username: email, Email: email, Deleted: true})
		}
	}
}

// RemakePerson deletes somebody and enters them anew, with the same names and another
// id, as an administrator would.
func (s *Simulator) RemakePerson(username string) {
	t := s.oom
	t.peopleMu.Lock()
	defer t.peopleMu.Unlock()
	n, ok := t.byUser[foldName(username)]
	if !ok {
		panic("simulator: nobody is called " + username)
	}
	gone, anew := *t.people[n], *t.people[n]
	gone.Deleted, gone.Username = true, "deleted-"+gone.Username
	t.people[n] = &gone
	t.addPerson(&anew)
}
