// Package page renders the dashboard as one HTML page that needs no network: the
// sessions, the apps, their users, and what an IT manager may want to act on.
//
// RenderSessions renders sessions alone in the same style.
//
// It knows no tenant and no server: Render writes the same page for the same Data.
// Names of apps and people come from other systems, so every text is bounded and
// escaped, and the page's content security policy allows only its own scripts. A link is
// followed only when somebody clicks it, and leads to a web page or is left out.
package page

import "time"

// Data is what a page shows. Lists may come in any order and length: the page
// sorts them and shows the head of each, with the number of the rest. Times are
// shown in Zone.
type Data struct {
	Integration string
	Generated   time.Time
	Zone        *time.Location // nil: UTC
	Scope       []Fact         // what was asked, beneath the title
	Totals      Totals

	Sessions     []Session
	Apps         []App // that may be among the most used
	Ages         []Age // when users were last active, from recent to long ago
	NewApps      []App // made this month
	NewByMonth   []Month
	Unsanctioned []App // and in use
	AI           []App // of a category of AI, and in use
	Suffixes     []Suffix
	Unused       []Person

	// Notes say what a reader must know of a panel; Missing, why there is
	// nothing to show in it and what to do.
	Notes, Missing map[Panel]string
}

// Panel names a part of the page.
type Panel string

// The parts of the page.
const (
	Sessions     Panel = "sessions"
	MostUsed     Panel = "most-used"
	Activity     Panel = "activity"
	NewApps      Panel = "new-apps"
	Unsanctioned Panel = "unsanctioned"
	AIApps       Panel = "ai-in-use"
	Websites     Panel = "websites"
	Seats        Panel = "unused-seats"
	Chase        Panel = "people-to-chase"
)

// Fact is something said of the page as a whole: "Apps", "created by defender".
type Fact struct{ Label, Text string }

// Totals count everything, also what the lists don't hold. A user of an app
// counts once for each app; a person counts once.
type Totals struct {
	Apps                      int // in scope
	AppsRead                  int // whose users were read
	Active, Inactive, Unknown int // users of apps, by their app's threshold; unknown have no last activity
	People, ActivePeople      int // who use an app; who are active in one
	NewApps                   int // made this month
	Unsanctioned              int // and in use
	AI                        int // apps of AI in use
	Unused                    int // people with an app they no longer use
}

// Session is one session of the integration.
type Session struct {
	Began     time.Time
	Ended     time.Time // zero while it runs
	Outcome   string    // as the list of sessions says: Completed, Failed, …
	Mode      string    // full, incremental, with "dry run" and "first N apps" where it was one
	DryRun    bool      // it wrote nothing
	Limited   bool      // it read a few apps only
	StartedBy string
	Apps      int // seen; -1 when that is not known
	Added     int // users of apps; -1 when that is not known
	Rejected  int // rows; -1 when that is not known

	// For the page of sessions alone.
	Users    int    // of apps, seen; -1 when that is not known
	Updated  int    // users of apps; -1 when that is not known
	Defender int    // requests to Defender; -1 when that is not known
	Oomnitza int    // requests to Oomnitza; -1 when that is not known
	Note     string // why it failed, or what it waits for
}

// App is one app with its users.
type App struct {
	Name, Category, Website  string
	Tag                      string    // Defender's: Sanctioned, Unsanctioned, …; "": none, or not known
	Risk                     float64   // Defender's score, 1 (risky) to 10; 0 when unknown
	Created                  time.Time // of the record
	Active, Inactive, Unread int       // users; Unread: not told apart, as they were not read

	InDefender, Record string // addresses of its pages in Defender and in Oomnitza; "": not known
}

// Age is the users of apps whose last activity lies in one span of time.
type Age struct {
	Label            string
	Active, Inactive int
}

// Month is a number of new apps.
type Month struct {
	Month time.Time // any time in it
	Apps  int
}

// Suffix is the websites under one country's suffix.
type Suffix struct {
	Suffix  string // ".cn"
	Country string
	Apps    int
	Active  int // users of them
}

// Person is somebody who has apps that they no longer use.
type Person struct {
	Name, Username string
	Count          int      // of such apps
	Apps           []Unused // some of them, those unused longest first
	Record         string   // address of their page in Oomnitza; "": not known
}

// Unused is an app that somebody no longer uses.
type Unused struct {
	App  string
	Last time.Time // zero: never seen to be active

	InDefender, Record string // addresses, as App has them
}
