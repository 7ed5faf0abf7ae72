package contract

import (
	"time"

	"defendersync/internal/saas"
)

// SyncParams are the parameters of Sync, from its session or from the run before.
type SyncParams struct {
	Session     string      `json:"session"` // workflow id of the session
	Run         string      `json:"run"`     // run id of the session
	Integration string      `json:"integration"`
	Policy      saas.Policy `json:"policy"`
	Full        bool        `json:"full,omitempty"`
	DryRun      bool        `json:"dryRun,omitempty"`
	Previous    Carry       `json:"previous"`
	State       *SyncState  `json:"state,omitempty"` // of the run before; nil in the first
	Trial
}

// SyncState is all that a run of Sync hands to the next.
type SyncState struct {
	Plan         Plan           `json:"plan"`
	Retry        []saas.App     `json:"retry,omitempty"`   // apps that the last session rejected, still to be read
	Retried      []string       `json:"retried,omitempty"` // those that were read, as stream/app
	Stream       int            `json:"stream"`            // index of the stream being read
	Skip         int            `json:"skip"`              // of its next page; -1: it is done
	Dialect      Dialect        `json:"dialect"`
	Walk         Walk           `json:"walk"`
	Keeping      Keeping        `json:"keeping,omitempty"`
	MaxBatch     int            `json:"batch,omitempty"` // most assignments that Oomnitza accepts in one request; 0: not known
	Recent       RecentRequests `json:"recent"`
	Untaken      saas.Untaken   `json:"untaken,omitzero"` // values that Oomnitza refuses
	Claims       saas.Claims    `json:"claims,omitempty"` // records that stand for an app though their link keys do not say so
	CheckCreator bool           `json:"creator"`          // whom "Created by" names is still to be checked
	AppsKnown    []int          `json:"known"`            // apps to be read of each stream, about
	AppsRead     []int          `json:"read"`             // of these, those that are read
	Result       SessionResult  `json:"result"`
	ProgressSent time.Time      `json:"told,omitzero"`      // when the progress was last sent
	Unidentified bool           `json:"nameless,omitempty"` // a row had no id, so the next session has to read everything
	List         AppList        `json:"list,omitzero"`      // of the list of apps at hand
	Memory       string         `json:"memory,omitempty"`   // of the worker that carried over users last; see SyncUsageResult
	Shortcut     Shortcut       `json:"shortcut,omitzero"`
	Rows         int            `json:"rows,omitempty"`   // users of the stream at hand, as far as it is read
	Beyond       int            `json:"beyond,omitempty"` // of them, those that no earlier stream had shown, or that are in doubt
	AppsTaken    int            `json:"taken,omitempty"`  // apps carried over by a limited session
}

// AppList is what is known of the list of apps being read. Its rows may move
// between pages while it is.
type AppList struct {
	Met    []uint32 `json:"met,omitempty"`    // hashes of the ids of the apps met
	Bad    int      `json:"bad,omitempty"`    // rows that cannot be used
	Again  int      `json:"again,omitempty"`  // rows of apps met before
	Fresh  int      `json:"fresh,omitempty"`  // apps that only this reading has shown
	Passes int      `json:"passes,omitempty"` // readings before this one
}
