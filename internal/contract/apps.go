package contract

import (
	"time"

	"defendersync/internal/saas"
)

// PageSize is the number of rows in a full page of Defender's lists [DOC D1].
const PageSize = 100

// FetchAppsParams says which page of which stream to read.
type FetchAppsParams struct {
	Stream  Stream         `json:"stream"`
	Window  saas.Window    `json:"window"`
	Skip    int            `json:"skip"`
	Dialect Dialect        `json:"dialect"`
	Walk    Walk           `json:"walk"`
	Recent  RecentRequests `json:"recent"`
}

// AppsPage is one page of discovered apps, cut off where an incremental
// session need not read on.
type AppsPage struct {
	Apps         []saas.App     `json:"apps"`
	Rejects      saas.Tally     `json:"rejects"`
	Notes        []string       `json:"notes,omitempty"`    // what was found out about the list, or is in doubt
	Unidentified bool           `json:"nameless,omitempty"` // a row could not even be identified, so nothing can ask for it again
	Cut          bool           `json:"cut,omitempty"`      // the list was read down to the threshold, and no further
	Older        int            `json:"older,omitempty"`    // rows left out as older than that
	Next         int            `json:"next"`               // skip of the next page; -1 at the end
	Total        int            `json:"total"`              // apps in the stream, about; -1 unknown
	Dialect      Dialect        `json:"dialect"`
	Walk         Walk           `json:"walk"`
	Recent       RecentRequests `json:"recent"`
	Requests     saas.Requests  `json:"requests"`
}

// UpsertAppsParams is a page of apps to be put into Oomnitza.
type UpsertAppsParams struct {
	Stream       string      `json:"stream"` // id
	Apps         []saas.App  `json:"apps"`
	Policy       saas.Policy `json:"policy"`
	DryRun       string      `json:"dryRun,omitempty"`  // the session's run id; "" when it writes
	CheckCreator bool        `json:"creator,omitempty"` // check who "Created by" names on the first record we make
	// Untaken is what is known that Oomnitza does not take of records.
	Untaken saas.Untaken `json:"untaken,omitzero"`
	// Claims are other apps' to records that apps of the page might take.
	Claims saas.Claims `json:"claims,omitempty"`
}

// UpsertAppsResult is what came of a page.
type UpsertAppsResult struct {
	Refs           []AppRef       `json:"refs"`
	Counts         saas.AppCounts `json:"counts"`
	Rejects        saas.Tally     `json:"rejects"`
	Retry          []string       `json:"retry,omitempty"` // ids of the apps to be tried again next time
	Requests       saas.Requests  `json:"requests"`
	CreatorChecked bool           `json:"creator,omitempty"` // "Created by" was looked at
	Notes          []string       `json:"notes,omitempty"`
	Untaken        saas.Untaken   `json:"untaken,omitzero"` // as known after this page
	Claims         saas.Claims    `json:"claims,omitempty"` // of the page's apps
}

// AppRef is an app on its way to its users: who it is in both tenants.
type AppRef struct {
	App         string        `json:"a"`           // Defender's id
	SaaS        string        `json:"s,omitempty"` // Oomnitza's id, or an imaginary one in a dry run
	Users       int           `json:"u"`           // in the timeframe; -1 unknown
	ActiveUsers int           `json:"v,omitempty"` // Total Active Users as Oomnitza has it now
	New         bool          `json:"n,omitempty"` // created by this very attempt, so nobody is assigned yet
	Ours        bool          `json:"o,omitempty"` // its fields are ours to write
	Threshold   time.Duration `json:"t,omitempty"` // active: last activity no older than this; 0: as the policy has it for most apps
}

const RejectAppsRestless = "list of apps kept changing"

const NoteAppTotals = "Defender's list of apps tells another total than the apps that it shows"
