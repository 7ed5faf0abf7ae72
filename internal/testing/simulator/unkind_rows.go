package simulator

// RowSwitches say what rows of Defender's lists hold. The truth stays what it
// is: whoever a row means, in whatever spelling, is the same person.
type RowSwitches struct {
	// Names is where a user's name stands: "" under one key, "beside" a display
	// name, "json" beside a JSON text under the usual key, "object" inside one,
	// "mixed" under one key or another, "ids" beside ids; "display": nowhere.
	Names string
	// Spelling is what stands around an address: "invisible" characters,
	// "wrapped" in quotes and the like, "prefixed" by a domain or a claim,
	// "guests" as user principal names of guests.
	Spelling string
	// Nobody shows names that are nobody's where else devices and services are.
	Nobody bool
	// Twins shows some people by the account of their neighbour, at a domain of
	// their own.
	Twins bool
	// Domains is how an app's domains are told: "" a list of texts, "objects",
	// "text", "key" under another key, "url" beside another's first, "hundreds".
	Domains string
	// Times writes them in another form in every list.
	Times bool
	// Huge lets texts that nobody needs be 20 kB long.
	Huge bool
	// NoCounters leaves out of apps' rows whatever counts their use.
	NoCounters bool
	// Still is the share of apps whose rows stand still: neither counters nor
	// last activity move with their users' rows, but for days that drop out of
	// the timeframe.
	Still float64
	// Volatile is what differs in each answer though nothing happened: ""
	// nothing, "unknown", a field that nobody knows, "counter", the transactions.
	Volatile string
}

func rowWorlds() []World {
	set := func(change func(*RowSwitches)) func(*Options) {
		return func(o *Options) { change(&o.Variants.Unkind.Rows) }
	}
	worlds := []World{
		{Name: "devices and services have names that are nobody's", Set: set(func(u *RowSwitches) { u.Nobody = true })},
		{Name: "times in every form", Set: set(func(u *RowSwitches) { u.Times = true })},
		{Name: "times to the day", Set: func(o *Options) { o.Variants.Midnight = true }},
		{Name: "huge texts in rows", Set: set(func(u *RowSwitches) { u.Huge = true })},
		{Name: "rows of apps without counters", Set: set(func(u *RowSwitches) { u.NoCounters = true })},
		{Name: "rows of some apps stand still", Set: set(func(u *RowSwitches) { u.Still = 0.3 }), Ends: Later},
		{Name: "rows of apps have a field that differs in each answer", Set: set(func(u *RowSwitches) { u.Volatile = "unknown" })},
		{Name: "a counter of apps jitters", Set: set(func(u *RowSwitches) { u.Volatile = "counter" })},
		{Name: "all that rows can hold at once", Set: set(func(u *RowSwitches) {
			*u = RowSwitches{Names: "mixed", Spelling: "wrapped", Nobody: true, Domains: "hundreds", Times: true}
		})},
	}
	for _, form := range []string{"beside", "json", "object", "mixed", "ids"} {
		worlds = append(worlds, World{Name: "names in rows: " + form, Set: set(func(u *RowSwitches) { u.Names = form })})
	}
	for _, form := range []string{"invisible", "wrapped", "prefixed", "guests"} {
		worlds = append(worlds, World{Name: "addresses in rows: " + form, Set: set(func(u *RowSwitches) { u.Spelling = form })})
	}
	for _, form := range []string{"objects", "text", "key", "url", "hundreds"} {
		worlds = append(worlds, World{Name: "domains in rows: " + form, Set: set(func(u *RowSwitches) { u.Domains = form })})
	}
	return worlds
}
