package contract

import (
	"time"

	"defendersync/internal/saas"
)

// SyncParams is what a Session hands to its Sync, and one run of Sync to the
// next.
type SyncParams struct {
	Session     string      `json:"session"`
	Run         string      `json:"run"` // run id of the session
	Integration string      `json:"integration"`
	Policy      saas.Policy `json:"policy"`
	Full        bool        `json:"full,omitempty"`
	DryRun      bool        `json:"dryRun,omitempty"`
	Previous    Carry       `json:"previous"`
	State       *SyncState  `json:"state,omitempty"` // of the run before, when continued as new
}

// SyncState is how far a Sync has got. It is all that travels from run to run.
type SyncState struct {
	Plan         Plan           `json:"plan"`
	Retry        []saas.App     `json:"retry,omitempty"` // still to be tried again
	Retried      []string       `json:"retried,omitempty"`
	Stream       int            `json:"stream"` // index of the stream being read
	Skip         int            `json:"skip"`   // of its next page; -1 when it is done
	Dialect      Dialect        `json:"dialect"`
	Walk         Walk           `json:"walk"`
	Keeping      Keeping        `json:"keeping,omitempty"`
	MaxBatch     int            `json:"batch,omitempty"` // most assignments that Oomnitza takes at once; 0: not known
	Recent       RecentRequests `json:"recent"`
	Untaken      saas.Untaken   `json:"untaken,omitzero"` // fields of records that Oomnitza does not take
	Claims       saas.Claims    `json:"claims,omitempty"` // records that stand for an app though their link keys don't say so
	CheckCreator bool           `json:"creator"`          // whom "Created by" names is still to be checked
	AppsKnown    []int          `json:"known"`            // apps in each stream, about
	AppsRead     []int          `json:"read"`             // apps read of each stream
	Result       SessionResult  `json:"result"`
	ProgressSent time.Time      `json:"told,omitzero"`
	Unidentified bool           `json:"nameless,omitempty"`
	List         AppList        `json:"list,omitzero"` // of the list of apps at hand
}

// AppList is what is known of the list of apps that is being read, which may
// move under the reader: pages are taken from it one after the other.
type AppList struct {
	Met    []uint32 `json:"met,omitempty"`    // hashes of the ids of the apps met
	Bad    int      `json:"bad,omitempty"`    // rows that can't be used
	Again  int      `json:"again,omitempty"`  // rows of apps that had been met before
	Fresh  int      `json:"fresh,omitempty"`  // apps that this reading has shown and no other did
	Passes int      `json:"passes,omitempty"` // readings before this one
}
