package listing

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
)

// BadRow is a row that cannot be used.
type BadRow struct {
	Index  int    // place in its page, from 0
	ID     string // app id or user name, where it could be read
	Reason string // one of a few fixed sentences
}

// AppQuery asks for a page of the apps discovered in a stream.
type AppQuery struct {
	Stream    string           // id
	Timeframe int              // days: 7, 30 or 90
	Sort      contract.Sort    // "" is contract.SortName
	Skip      int              // rows before the page
	Limit     int              // rows to ask for; 0: a whole page
	Known     contract.Dialect // how the list is asked for, as far as it is known; the zero value has it probed
	Hosts     bool             // with all of the apps' hosts, too
}

// AppPage is a page of apps.
type AppPage struct {
	Apps        []saas.App          // good rows, each app once; categories are readable, Stream is not set
	Prints      []prints.Print      // of their rows, one each; zero where a row tells nothing of traffic
	Bad         []BadRow            // rows that cannot be used
	Hosts       map[string][]string // of each app, by its id, where they are asked for
	Endless     bool                // the page is empty, and yet there is said to be more
	Next        int                 // skip of the next page; -1 at the end
	Total       int                 // apps in all, approximately; -1 when it isn't told
	Fingerprint string              // of the rows and their order; "" for an empty page
	Rows        int                 // rows that came, bad and repeated ones included
	Date        time.Time           // the server's clock; zero when it isn't told
	Dialect     contract.Dialect    // what is known now
}

// UserQuery asks for a page of an app's users, the latest active first.
type UserQuery struct {
	Stream    string           // id
	App       string           // the app's id
	Timeframe int              // days: 7, 30 or 90
	Skip      int              // rows before the page
	Known     contract.Dialect // how the list is asked for, as far as it is known; the zero value has it probed

	// Fit tells how much a text looks like the user names that are wanted, as
	// saas.Namer.Fit does; nil: the likeliest key is believed.
	Fit func(string) int
	// Choose has the column of the names chosen anew, whatever was chosen
	// before.
	Choose bool
}

// UserPage is a page of an app's users.
type UserPage struct {
	Users       []saas.Usage     // good rows, each user name once
	Bad         []BadRow         // rows that cannot be used
	Endless     bool             // the page is empty, and yet there is said to be more
	Next        int              // skip of the next page; -1 at the end
	Total       int              // users in all, approximately; -1 when it isn't told
	Fingerprint string           // of the rows and their order; "" for an empty page
	Rows        int              // rows that came, bad and repeated ones included
	Date        time.Time        // the server's clock; zero when it isn't told
	Dialect     contract.Dialect // what is known now
	Keys        string           // those of the first row, for who wonders about the names
	Moved       string           // where the names stand on this page, though others had them under Dialect.NameKey
}
