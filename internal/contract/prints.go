package contract

import "time"

// PrintSize is the size of a fingerprint in bytes.
const PrintSize = 6

// PrintsRef says where the fingerprints of the apps that a session has read are
// kept: as the result of the activity KeepPrints in the history of a run. The
// zero value says that there are none.
type PrintsRef struct {
	Workflow  string    `json:"workflow"`           // id
	Run       string    `json:"run"`                // id
	Timeframe int       `json:"timeframe"`          // days that the rows were read with; others compare with none of them
	Threshold time.Time `json:"threshold,omitzero"` // users were read down to this last activity; zero: all were
}

// KeepPrintsParams are the fingerprints of the apps that a run of Sync has read,
// or left alone because their rows were the same.
type KeepPrintsParams struct {
	Prints []byte    `json:"prints"`          // PrintSize bytes each, in any order
	Before PrintsRef `json:"before,omitzero"` // those of the runs before, of the same session; zero: none
}

// KeepPrintsResult is what PrintsRef refers to.
type KeepPrintsResult struct {
	Set   []byte `json:"set"`             // as package prints encodes it
	Count int    `json:"count"`           // of fingerprints
	Fault string `json:"fault,omitempty"` // why those of the runs before could not be read; then the set is empty
}
