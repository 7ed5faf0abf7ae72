package gather

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
)

// ages are the spans of time that users are counted in by last activity.
var ages = []struct {
	label string
	days  int // at most
}{{"0–7 days", 7}, {"8–30 days", 30}, {"31–60 days", 60}, {"61–90 days", 90}, {"over 90 days", 1 << 20}}

// namedApps bounds the apps that are kept of one person.
const namedApps = 3

// counter counts users as they are read.
type counter struct {
	policy saas.Policy
	links  query.Links
	now    time.Time
	apps   map[string]users // by the record's id
	people map[string]*person
	ages   []page.Age
	sum    users
}

// users is a number of users by their state.
type users struct{ active, inactive, unknown int }

// person is somebody who uses apps.
type person struct {
	id, name, username string
	active             bool // in one app at least
	unused             int
	apps               [namedApps]unusedApp // unused longest first
}

// unusedApp is an app that somebody no longer uses.
type unusedApp struct {
	app  *query.AppRef // of all its users
	last time.Time
}

func newCounter(s query.Source, now time.Time) *counter {
	c := &counter{policy: s.Policy, links: s.Links, now: now, apps: map[string]users{}, people: map[string]*person{}}
	for _, a := range ages {
		c.ages = append(c.ages, page.Age{Label: a.label})
	}
	return c
}

// addApp counts the users of one app.
func (c *counter) addApp(got query.AppUsers) {
	var n users
	app := got.App
	for i := range got.Users {
		u := &got.Users[i]
		who := c.findPerson(u)
		switch u.Status {
		case query.Active:
			n.active++
			who.active = true
			c.findAge(u.LastActivity).Active++
		case query.Inactive:
			n.inactive++
			c.findAge(u.LastActivity).Inactive++
			who.unused++
			who.keepApp(unusedApp{&app, u.LastActivity})
		default:
			n.unknown++
		}
	}
	c.apps[got.App.ID] = n
	c.sum.active += n.active
	c.sum.inactive += n.inactive
	c.sum.unknown += n.unknown
}

// findPerson finds or makes the person behind a user.
func (c *counter) findPerson(u *query.User) *person {
	key := saas.Fold(u.Username)
	if p, ok := c.people[key]; ok {
		return p
	}
	// What is kept must not keep the answer that it was cut from.
	p := &person{id: strings.Clone(u.ID), name: strings.Clone(u.Name), username: strings.Clone(u.Username)}
	c.people[strings.Clone(key)] = p
	return p
}

// findAge is the span that a time lies in.
func (c *counter) findAge(last time.Time) *page.Age {
	days := int(c.now.Sub(last) / saas.Day)
	for i, a := range ages {
		if days <= a.days {
			return &c.ages[i]
		}
	}
	return &c.ages[len(c.ages)-1]
}

// keepApp remembers an app if it is among those unused longest.
func (p *person) keepApp(u unusedApp) {
	at := min(p.unused-1, namedApps)
	for at > 0 && u.last.Before(p.apps[at-1].last) {
		if at < namedApps {
			p.apps[at] = p.apps[at-1]
		}
		at--
	}
	if at < namedApps {
		p.apps[at] = u
	}
}

// noActivity is said where nothing tells when users were last active.
const noActivity = "Oomnitza has no last activity for these users, so it is unknown who is active. 'defendersync report users --live' reads it from Defender."

// fillCounts tells what was counted.
func (c *counter) fillCounts(d *page.Data, apps []query.App, read int) {
	t := &d.Totals
	t.AppsRead, t.Active, t.Inactive, t.Unknown, t.People = read, c.sum.active, c.sum.inactive, c.sum.unknown, len(c.people)
	for _, a := range apps {
		d.Apps = append(d.Apps, c.shownApp(a))
	}
	if t.Active+t.Inactive == 0 && t.Unknown > 0 {
		for _, p := range []page.Panel{page.Activity, page.Seats, page.Chase} {
			d.Missing[p] = noActivity
		}
		return
	}
	d.Ages = c.ages
	for _, p := range c.people {
		if p.active {
			t.ActivePeople++
		}
		if p.unused > 0 {
			t.Unused++
		}
	}
	d.Unused = c.worstPeople()
	if read < len(apps) {
		for _, p := range []page.Panel{page.Activity, page.Seats, page.Chase} {
			d.Notes[p] = fmt.Sprintf("Includes the users of the %d most used of %d apps.", read, len(apps))
		}
	}
}

// chased is how many people are handed on to the page.
const chased = 100

// worstPeople are the people with the most unused apps.
func (c *counter) worstPeople() []page.Person {
	var all []*person
	for _, p := range c.people {
		if p.unused > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *person) int { return cmp.Or(b.unused-a.unused, strings.Compare(a.username, b.username)) })
	var out []page.Person
	for _, p := range all[:min(len(all), chased)] {
		who := page.Person{Name: p.name, Username: p.username, Count: p.unused, Record: c.links.LinkPerson(p.id)}
		for _, u := range p.apps[:min(p.unused, namedApps)] {
			who.Apps = append(who.Apps, page.Unused{App: u.app.Name, Last: u.last, Record: c.links.LinkRecord(u.app.ID),
				InDefender: c.links.LinkInDefender(query.App{Name: u.app.Name, DefenderID: u.app.DefenderID})})
		}
		out = append(out, who)
	}
	return out
}
