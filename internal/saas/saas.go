// Package saas is the domain: what Defender for Cloud Apps discovers, what
// Oomnitza keeps, and the rules that map the one to the other. The rules are
// pure functions of their arguments: no clock, no network, no state.
package saas

import "time"

// App is one discovered app of one stream, as the mapping rules see it.
type App struct {
	ID           string    `json:"id"`           // Defender's app id, in decimal
	Name         string    `json:"n"`            // unique in Defender's catalogue, not among custom apps
	Category     string    `json:"c,omitempty"`  // readable: "Cloud storage"
	Vendor       string    `json:"v,omitempty"`  // publisher, where known
	Website      string    `json:"w,omitempty"`  // the domain that stands for it: "dropbox.com"
	Domains      string    `json:"d,omitempty"`  // further ones, the likelier first, with blanks between: "db.tt dropbox.tech"
	Score        float64   `json:"s,omitempty"`  // risk score 1..10, 0 when unknown
	Tag          string    `json:"t,omitempty"`  // Sanctioned, Unsanctioned, …
	Users        int       `json:"u"`            // users in the timeframe that was asked for; -1 when unknown
	LastActivity time.Time `json:"l,omitzero"`   // latest traffic, UTC
	Stream       string    `json:"st,omitempty"` // set only where apps of several streams stand together
}

// Usage is one user of one app: who, and when last.
type Usage struct {
	User         string    // as Defender names the user
	LastActivity time.Time // UTC; often only to the day
	Weak         bool      // User is a display name or the like, where other rows have better: it names nobody
}

// Person is an entry of Oomnitza's People page.
type Person struct {
	ID         string
	Username   string // primary identifier; never edited after creation
	Email      string
	UPN        string // a guest's user principal name in the tenant that Defender sees
	FirstName  string
	LastName   string
	Role       int  // Oomnitza role id
	Restricted bool // may not log in to Oomnitza
	Deleted    bool // no longer there: found only among those of the name

	// Origin is who the username was made of, where it doesn't tell that by
	// itself: the address, DOMAIN\name or bare name, folded. See Collide.
	Origin string
}

// Policy is the part of the settings that decides what a session does. It
// holds no secret, and travels in the schedule's action so that history shows
// what a session ran with.
type Policy struct {
	Streams         []string                 `json:"streams,omitempty"`         // names or ids; empty: all live streams that know users
	DefaultRole     int                      `json:"defaultRole"`               // role of people we create
	AllowUnusedRole bool                     `json:"allowUnusedRole,omitempty"` // accept a role that nobody has yet
	IntegrationUser string                   `json:"integrationUser,omitempty"` // whom "Created by" must show
	UsernameFormat  string                   `json:"usernameFormat"`            // email, local-part, domain-backslash, as-is or a Go template
	RestrictAccess  bool                     `json:"restrictAccess"`            // people we create may not log in
	ExcludeUsers    []string                 `json:"excludeUsers,omitempty"`    // patterns of users to leave out
	Lookback        time.Duration            `json:"lookback"`                  // window of the first and of full sessions
	Overlap         time.Duration            `json:"overlap"`                   // how far before the watermark an increment reads
	FullEvery       time.Duration            `json:"fullEvery"`                 // a full session at least this often
	ActiveThreshold time.Duration            `json:"activeThreshold"`           // active: last activity no older than this
	AppThresholds   map[string]time.Duration `json:"appThresholds,omitempty"`   // per app name, case-insensitively
	Heartbeat       time.Duration            `json:"heartbeat"`                 // a silent worker is given up after this
	GiveUp          time.Duration            `json:"giveUp"`                    // a session that gets nowhere for this long fails
	MaxRetryApps    int                      `json:"maxRetryApps"`              // beyond this many rejected apps the next session is full
	FillWebsites    bool                     `json:"fillWebsites,omitempty"`    // write the website of adopted records that have none
	Timezone        string                   `json:"timezone,omitempty"`        // IANA name of the zone of times that operators read; "": UTC
}
