package simulator

import "time"

// ListSwitches say how Defender's lists behave. Those that end in Of name the
// list that a switch is about: "apps", "users" or "" for both.
type ListSwitches struct {
	// Sort is the order in which rows come, whatever was asked for: "" as
	// asked; "other", by something else; "ascending" where last activity was
	// to descend; "in-page", right within each page alone; "shuffled", another
	// at each request; "slight", a few neighbours the wrong way round.
	Sort   string
	SortOf string

	Cut     int    // rows after which a list ends, though there are more; 0: none
	CutOf   string //
	MaxSkip int    // a page that begins there or later is refused; 0: none
	Overlap int    // rows of a page that the page before had already

	Total   string // "" true; "zero", "negative", "text", "null", "huge", "missing"
	HasNext string // "" true; "always"; "again", always and with the last page once more; "never"

	BadPage string // what the page at BadSkip answers, always: "400", "403", "404", "500", "302", "html", "cut", "endless", "huge", "shape", "empty"
	BadSkip int
	BadOf   string

	Route      string // what requests of RouteOf answer, while others work: a status, "html" or "json"
	RouteOf    string // "users" (of the two endpoints), "cas" (of the two prefixes), "streams" (of the two paths)
	RouteAfter int    // so many requests of the route are answered well before

	Deny           int // status of a single denial
	DenyDefenderAt int // the request that meets it, counted from 1; 0: none
	DenyOomnitzaAt int

	Trickle time.Duration // how long the body of a list of users takes, byte by byte
}

// listWorld is a world in which lists behave in a way.
func listWorld(name string, ends Ending, l ListSwitches) World {
	return World{Name: name, Ends: ends, Set: func(o *Options) { o.Variants.Unkind.Lists = l }}
}

// inOnePage gives a world's tenant a single page of apps, so that lists which
// are tried again for half a minute are so side by side.
func inOnePage(w World) World {
	set := w.Set
	w.Set = func(o *Options) {
		o.Apps, o.Streams = 60, 1
		set(o)
	}
	return w
}

// listWorlds are the ways in which lists behave.
func listWorlds() []World {
	worlds := []World{
		listWorld("Defender ignores the sort of both lists", Exact, ListSwitches{Sort: "other"}),
		listWorld("Defender ignores the sort of apps", Exact, ListSwitches{Sort: "other", SortOf: "apps"}),
		listWorld("Defender ignores the sort of users", Exact, ListSwitches{Sort: "other", SortOf: "users"}),
		listWorld("Defender sorts by time the wrong way round", Exact, ListSwitches{Sort: "ascending"}),
		listWorld("Defender sorts within a page only", Exact, ListSwitches{Sort: "in-page"}),
		listWorld("Defender sorts a little wrongly", Exact, ListSwitches{Sort: "slight"}),
		listWorld("Defender shows users in another order at each request", Loud, ListSwitches{Sort: "shuffled", SortOf: "users"}),
		listWorld("Defender shows apps in another order at each request", Loud, ListSwitches{Sort: "shuffled", SortOf: "apps"}),
		listWorld("Defender's lists of users end after 100 rows", Loud, ListSwitches{Cut: 100, CutOf: "users"}),
		listWorld("Defender's lists of users end after 60 rows, and no total tells", Loud, ListSwitches{Cut: 60, CutOf: "users", Total: "missing"}),
		listWorld("Defender's list of apps ends after 60 rows", Loud, ListSwitches{Cut: 60, CutOf: "apps"}),
		listWorld("Defender's lists of users end after 60 rows, and the total is 0", Loud, ListSwitches{Cut: 60, CutOf: "users", Total: "zero"}),
		listWorld("Defender refuses to skip 100 rows", Loud, ListSwitches{MaxSkip: 100}),
		listWorld("Defender's pages overlap", Exact, ListSwitches{Overlap: 7}),
		listWorld("Defender always says that there is more", Noted, ListSwitches{HasNext: "always"}),
		listWorld("Defender shows the last page for ever", Noted, ListSwitches{HasNext: "again"}),
		listWorld("Defender never says that there is more", Exact, ListSwitches{HasNext: "never"}),
		listWorld("Defender denies one request with 401", Exact, ListSwitches{Deny: 401, DenyDefenderAt: 9}),
		listWorld("Defender denies one request with 403", Exact, ListSwitches{Deny: 403, DenyDefenderAt: 9}),
		listWorld("Oomnitza denies one request with 401", Exact, ListSwitches{Deny: 401, DenyOomnitzaAt: 40}),
		listWorld("Oomnitza denies one request with 403", Exact, ListSwitches{Deny: 403, DenyOomnitzaAt: 40}),
		listWorld("Defender's users endpoint goes away in mid-session", Exact, ListSwitches{Route: "410", RouteOf: "users", RouteAfter: 20}),
	}
	for _, total := range []string{"zero", "negative", "text", "null"} {
		worlds = append(worlds, listWorld("Defender's total is "+total, Exact, ListSwitches{Total: total}))
	}
	worlds = append(worlds, listWorld("Defender's total is huge", Noted, ListSwitches{Total: "huge"}))
	for _, of := range []string{"users", "cas", "streams"} {
		for _, answer := range []string{"400", "403", "404", "405", "410", "501", "302", "html", "json"} {
			worlds = append(worlds, listWorld("Defender answers "+answer+" to "+of, Exact, ListSwitches{Route: answer, RouteOf: of}))
		}
	}
	for _, bad := range []string{"400", "403", "404", "500", "302", "html", "cut", "endless", "huge", "shape", "empty"} {
		worlds = append(worlds,
			inOnePage(listWorld("the second page of users answers "+bad, Loud, ListSwitches{BadPage: bad, BadSkip: 100, BadOf: "users"})),
			listWorld("the second page of apps answers "+bad, Loud, ListSwitches{BadPage: bad, BadSkip: 100, BadOf: "apps"}))
	}
	return append(worlds, listWorld("the first page of users answers 400", Loud, ListSwitches{BadPage: "400", BadOf: "users"}))
}
