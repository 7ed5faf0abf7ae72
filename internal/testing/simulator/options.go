package simulator

import (
	"time"

	"defendersync/internal/testing/instants"
)

// Options say what tenants to play. The zero value is a small, clean pair of
// tenants that behaves.
type Options struct {
	Seed   uint64 // root of everything random; the same seed gives the same tenants
	Apps   int    // discovered apps (50)
	People int    // people whose traffic Defender sees (120)
	Pairs  int    // app-user pairs at the start, over all streams (600)

	// Start is the instant that Defender's clock shows when the simulator
	// starts; it runs on from there. Zero: instants.Noon, so that the same
	// options give the same tenants on any day. Programs set the present.
	Start time.Time
	// Streams is the number of live streams that know users (1). From two on
	// they overlap: apps and users are partly the same, with other times.
	Streams int
	// Views is how many of the streams, the last ones, are views of the first:
	// each of their rows is one of the first stream's as well.
	Views int
	// OddStreams adds a snapshot report and a stream without user names, which
	// no one should read users from.
	OddStreams bool

	// Budget is how many requests Defender answers in any Window; beyond it
	// answers 429. 0: unlimited. The vendor's is 30 a minute. [DOC]
	Budget int
	// Window is the sliding window of the budget (a minute). [DOC]
	Window time.Duration

	Names     NameMix // what share of people has names of other kinds than an email address
	SameNames int     // how many apps carry the name of another app
	EmptyApps float64 // share of apps that no user uses; 0 takes 0.04, negative none

	ExistingPeople float64 // share of Defender's people whom Oomnitza knows from elsewhere
	ExistingApps   float64 // share of apps that another integration has made in Oomnitza

	Synced   bool // Oomnitza holds already what a full session leaves there
	AppRoles bool // some who are assigned to another integration's app have a role in it

	DefenderToken string // accepted by Defender ("simulated-defender-token")
	OomnitzaToken string // accepted by Oomnitza ("simulated-oomnitza-token")
	TokenUser     string // user name behind Oomnitza's token ("defendersync@contoso.com")
	Roles         []int  // Oomnitza's role ids (1, 25, 26); people are refused with any other

	Variants Variants
	Faults   Faults

	// Clock is the real clock, by which Defender's runs on; nil: time.Now. One
	// that stands stops both.
	Clock func() time.Time `json:"-"`
}

// NameMix is what kinds of user names Defender shows, each as a share of all
// people. The zero value has email addresses only, always spelled alike.
type NameMix struct {
	Device  float64 // "WS-00412$"
	Service float64 // "svc_backup07", "NT AUTHORITY\SYSTEM"
	Domain  float64 // "CONTOSO\alice.smith"
	Bare    float64 // "alice.smith"
	Alias   float64 // a second entry for the same person, in capitals
	Case    float64 // share of pairs that spell the name in another case
}

// RealisticNames gives a mix as log sources bring it.
func RealisticNames() NameMix {
	return NameMix{Device: 0.006, Service: 0.004, Domain: 0.006, Bare: 0.004, Alias: 0.004, Case: 0.02}
}

// ChangeOptions say what a day brings. A share of 0 takes the default where
// one is named; a negative one means none.
type ChangeOptions struct {
	Pairs    float64 // share of pairs with new activity (0.02)
	Apps     float64 // share of apps that may have new activity; 0: all
	Late     float64 // share of those pairs whose activity is told late: it is 24 to 48 hours old by the day's end
	LateLogs float64 // share of the others whose log arrives at the day's end, 24 to 60 hours after the visit
	NewPairs float64 // new users of known apps, as a share of the app's users at the start
	NewApps  int     // apps not seen before
}

// withDefaults fills what was left open.
func (o Options) withDefaults() Options {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	text := func(v *string, d string) {
		if *v == "" {
			*v = d
		}
	}
	def(&o.Apps, 50)
	def(&o.People, 120)
	def(&o.Pairs, 600)
	def(&o.Streams, 1)
	o.Views = min(o.Views, o.Streams-1)
	if o.Window == 0 {
		o.Window = time.Minute
	}
	if o.EmptyApps == 0 {
		o.EmptyApps = 0.04
	}
	text(&o.DefenderToken, "simulated-defender-token")
	text(&o.OomnitzaToken, "simulated-oomnitza-token")
	text(&o.TokenUser, "defendersync@contoso.com")
	if len(o.Roles) == 0 {
		o.Roles = []int{1, 25, 26}
	}
	if o.Start.IsZero() {
		o.Start = instants.Noon
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o
}

func (c ChangeOptions) withDefaults() ChangeOptions {
	if c.Pairs == 0 {
		c.Pairs = 0.02
	}
	return c
}
