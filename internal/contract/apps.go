package contract

import (
	"time"

	"defendersync/internal/saas"
)

// PageSize is the number of rows in a full page of Defender's lists [DOC D1].
const PageSize = 100

// FetchAppsParams asks for a page of the apps of a stream.
type FetchAppsParams struct {
	Stream  Stream         `json:"stream"`
	Window  saas.Window    `json:"window"`
	Skip    int            `json:"skip"`
	Dialect Dialect        `json:"dialect"`
	Walk    Walk           `json:"walk"`
	Recent  RecentRequests `json:"recent"`
	Prints  PrintsRef      `json:"prints,omitzero"` // the fingerprints to compare the rows with; zero: none
}

// AppsPage is the result of FetchApps: a page of discovered apps, cut where an
// incremental session need not read on.
type AppsPage struct {
	Apps         []saas.App     `json:"apps"`
	Rejects      saas.Tally     `json:"rejects"`
	Notes        []string       `json:"notes,omitempty"`    // what was found out about the list, or is in doubt
	Unidentified bool           `json:"nameless,omitempty"` // a row had no id, so that nothing can ask for it again
	Cut          bool           `json:"cut,omitempty"`      // the list was read down to the threshold, and no further
	Older        int            `json:"older,omitempty"`    // rows left out because they are older than that
	Next         int            `json:"next"`               // skip of the next page; -1: this was the last
	Total        int            `json:"total"`              // apps in the stream, about; -1: not known
	Dialect      Dialect        `json:"dialect"`
	Walk         Walk           `json:"walk"`
	Recent       RecentRequests `json:"recent"`
	Requests     saas.Requests  `json:"requests"`
	Prints       []byte         `json:"prints,omitempty"` // of the rows of Apps, as prints.Join writes them
	Same         []int          `json:"same,omitempty"`   // indexes of the apps whose fingerprints are among those of FetchAppsParams.Prints
}

// CountRows returns how far the page takes its list, in rows: the apps that came or were
// rejected. Those that are too old are passed by in a list that is read whole; any other
// ends with them.
func (p AppsPage) CountRows() int {
	n := len(p.Apps) + p.Rejects.Total()
	if !p.Cut {
		n += p.Older
	}
	return n
}

// CountList returns about how many rows of the page's list are to be read, by CountRows,
// with those before the page; -1: not known. A list by last activity is read down to a
// threshold, and its total counts what is older, too.
func (p AppsPage) CountList(before int) int {
	read := before + p.CountRows()
	switch {
	case p.Next < 0:
		return read
	case p.Walk.Sort == SortLastActivity && !p.Walk.Whole, p.Total <= read:
		return -1
	}
	return p.Total
}

// UpsertAppsParams is a page of apps whose records are to be written.
type UpsertAppsParams struct {
	Stream       string      `json:"stream"` // id
	Apps         []saas.App  `json:"apps"`
	Policy       saas.Policy `json:"policy"`
	DryRun       string      `json:"dryRun,omitempty"`  // the session's run id; "" when it writes
	CheckCreator bool        `json:"creator,omitempty"` // check whom "Created by" names on the first record that is created
	// Untaken are the values that Oomnitza is known to refuse in records.
	Untaken saas.Untaken `json:"untaken,omitzero"`
	// Claims are those of other apps to records that apps of the page might take.
	Claims saas.Claims `json:"claims,omitempty"`
}

// UpsertAppsResult is what was done with them.
type UpsertAppsResult struct {
	Refs           []AppRef       `json:"refs"`
	Counts         saas.AppCounts `json:"counts"`
	Rejects        saas.Tally     `json:"rejects"`
	Retry          []string       `json:"retry,omitempty"` // ids of the apps that the next session has to read whole
	Requests       saas.Requests  `json:"requests"`
	CreatorChecked bool           `json:"creator,omitempty"` // "Created by" was checked
	Notes          []string       `json:"notes,omitempty"`
	Untaken        saas.Untaken   `json:"untaken,omitzero"` // as known after this page
	Claims         saas.Claims    `json:"claims,omitempty"` // of the page's apps
}

// AppRef identifies an app in both tenants.
type AppRef struct {
	App         string        `json:"a"`           // Defender's id
	SaaS        string        `json:"s,omitempty"` // Oomnitza's id; in a dry run, an invented one
	Users       int           `json:"u"`           // users in the timeframe; -1: not known
	ActiveUsers int           `json:"v,omitempty"` // Total Active Users in Oomnitza
	New         bool          `json:"n,omitempty"` // created by this attempt, so nobody is assigned yet
	Ours        bool          `json:"o,omitempty"` // its fields are ours to write
	Threshold   time.Duration `json:"t,omitempty"` // a user whose last activity is not older is active; 0: as in the policy
	Same        bool          `json:"y,omitempty"` // its row says that it has no news: its users are read to verify that
}

const RejectAppsRestless = "list of apps kept changing"

const NoteAppTotals = "Defender's list of apps tells another total than the apps that it shows"
