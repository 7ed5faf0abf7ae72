package simulator

import "net/http"

// PeopleSwitches say what Oomnitza does with people and assignments.
type PeopleSwitches struct {
	// The list of an app's users.

	ListCap      int    // most rows of one answer; 0: all
	ListTotal    string // X-Total-Count: "" true, "missing"
	ListSkip     string // "" heeded, "ignored", "refused"
	ListLimit    string // "" heeded, "ignored"
	ListMoves    int    // by so many rows the list turns from one answer to the next
	ListTwice    int    // every so many rows one stands twice; 0: none
	NoOtherLists bool   // saas_users and users/{}/software/saas are not there
	SeatsNameApp bool   // rows of saas_users name their app

	// Reads that lag behind: so many reads don't show what was written.

	LagSeats   int // of an assignment
	LagPeople  int // of a person
	LagRecords int // of a record, by its users: as many requests find none

	// Writes that are refused. Shares are of people, or of people in an app.

	AssignMost    int     // most rows of a bulk assignment; 0: no limit
	AssignSpoils  float64 // a share of assignments that spoils its whole batch
	AssignStatus  int     // with this status (400), as does AssignMost
	ForbidRecords float64 // a share of records to which nobody may be assigned: 403
	PersonFails   float64 // a share of people who can't be created
	PersonStatus  int     // with this status (400)
	PersonSays    string  // in these words; %s stands for the user name
	Silent        bool    // the answer to an assignment that was made is empty
	NeedsNames    bool    // nobody is created without first and last name

	// How names are compared and stored.

	FilterTrips   string // a filter with one of these characters in it is refused
	FilterStatus  int    // with this status (400)
	Stores        string // user names and addresses: "" as sent, "escaped", "cut", "trimmed"
	StoresLength  int    // where they are cut
	StoresBlindly bool   // whether a name is taken is asked of what is sent, not of what would be stored
	UniqueAccents bool   // unique user names ignore accents
	NoEcho        bool   // the answer to a create names the id alone

	// People who are no longer there.

	Twins   float64 // a share of people who are there twice: living, and gone with the same address
	Ghosts  float64 // a share of people who are there, gone alone, with the same user name
	Gone    string  // how that is told: "deleted" (default), "is_deleted", "deleted_at", "status", "removed"
	TwinsAt string  // where the one who is gone stands: "last" (default), "first"
}

// set makes the function of a World out of a change of these switches.
func setPeople(change func(*PeopleSwitches)) func(*Options) {
	return func(o *Options) { change(&o.Variants.Unkind.People) }
}

func peopleWorlds() []World {
	world := func(name string, ends Ending, change func(*PeopleSwitches)) World {
		return World{Name: name, Set: setPeople(change), Ends: ends}
	}
	// In a world of this seed some people's names have an apostrophe.
	quoted := func(name string, ends Ending, change func(*PeopleSwitches)) World {
		return World{Name: name, Ends: ends, Set: func(o *Options) {
			o.Seed = 2
			setPeople(change)(o)
		}}
	}
	return []World{
		world("Oomnitza caps lists of users at 20, without a total", Exact, func(p *PeopleSwitches) { p.ListCap, p.ListTotal = 20, "missing" }),
		world("Oomnitza caps lists of users at 37, with a total", Exact, func(p *PeopleSwitches) { p.ListCap = 37 }),
		world("Oomnitza caps lists of users at 50 and ignores limit, without a total", Exact, func(p *PeopleSwitches) {
			p.ListCap, p.ListTotal, p.ListLimit = 50, "missing", "ignored"
		}),
		world("Oomnitza caps lists of users at 20 and turns no pages", Loud, func(p *PeopleSwitches) {
			p.ListCap, p.ListTotal, p.ListSkip = 20, "missing", "ignored"
		}),
		world("Oomnitza caps lists of users at 50 and refuses skip", Loud, func(p *PeopleSwitches) { p.ListCap, p.ListSkip = 50, "refused" }),
		world("Oomnitza caps lists of users at 20 and names apps elsewhere", Exact, func(p *PeopleSwitches) {
			p.ListCap, p.ListTotal, p.ListSkip, p.SeatsNameApp = 20, "missing", "ignored", true
		}),
		world("Oomnitza caps lists of users at 20 and has no other list", Loud, func(p *PeopleSwitches) {
			p.ListCap, p.ListTotal, p.ListSkip, p.NoOtherLists = 20, "missing", "ignored", true
		}),
		world("Oomnitza's lists of users turn while they are read", Chance, func(p *PeopleSwitches) { p.ListCap, p.ListMoves = 30, 7 }),
		world("Oomnitza's lists of users have rows twice", Exact, func(p *PeopleSwitches) { p.ListTwice = 9 }),
		world("assignments show late", Exact, func(p *PeopleSwitches) { p.LagSeats = 3 }),
		world("people show late", Exact, func(p *PeopleSwitches) { p.LagPeople = 2 }),
		world("records show late", Exact, func(p *PeopleSwitches) { p.LagRecords = 2 }),
		world("Oomnitza takes 30 assignments at once", Exact, func(p *PeopleSwitches) { p.AssignMost, p.AssignStatus = 30, http.StatusRequestEntityTooLarge }),
		world("one assignment spoils its batch, 400", Loud, func(p *PeopleSwitches) { p.AssignSpoils = 0.02 }),
		world("one assignment spoils its batch, 500", Loud, func(p *PeopleSwitches) { p.AssignSpoils, p.AssignStatus = 0.0015, http.StatusInternalServerError }),
		world("nobody may be assigned to some records", Loud, func(p *PeopleSwitches) { p.ForbidRecords = 0.05 }),
		world("some people can't be created, 403", Loud, func(p *PeopleSwitches) { p.PersonFails, p.PersonStatus = 0.03, http.StatusForbidden }),
		world("some people can't be created, 500", Loud, func(p *PeopleSwitches) { p.PersonFails, p.PersonStatus = 0.02, http.StatusInternalServerError }),
		world("some people's domains are not allowed", Loud, func(p *PeopleSwitches) {
			p.PersonFails, p.PersonSays = 0.03, "carole@role-models.com and %s: the email domain is not allowed"
		}),
		world("Oomnitza answers nothing to assignments", Exact, func(p *PeopleSwitches) { p.Silent = true }),
		world("first and last names are required", Exact, func(p *PeopleSwitches) { p.NeedsNames = true }),
		quoted("filters trip over quotes", Exact, func(p *PeopleSwitches) { p.FilterTrips = `'\&` }),
		quoted("filters fail over quotes", Exact, func(p *PeopleSwitches) { p.FilterTrips, p.FilterStatus = `'\&`, http.StatusForbidden }),
		quoted("Oomnitza stores names escaped", Noted, func(p *PeopleSwitches) { p.Stores = "escaped" }),
		quoted("Oomnitza stores names escaped and takes them twice", Noted, func(p *PeopleSwitches) { p.Stores, p.StoresBlindly = "escaped", true }),
		world("Oomnitza cuts names", Noted, func(p *PeopleSwitches) { p.Stores, p.StoresLength = "cut", 24 }),
		world("Oomnitza answers creates with an id alone", Exact, func(p *PeopleSwitches) { p.NoEcho = true }),
		world("deleted people have the addresses of living ones", Exact, func(p *PeopleSwitches) { p.Twins = 0.2 }),
		world("deleted people stand before the living ones", Exact, func(p *PeopleSwitches) { p.Twins, p.TwinsAt, p.Gone = 0.2, "first", "status" }),
		world("deleted people keep their user names", Loud, func(p *PeopleSwitches) { p.Ghosts, p.Gone = 0.03, "is_deleted" }),
	}
}
