package contract

import (
	"time"

	"defendersync/internal/saas"
)

// PrintsRef says where the fingerprints of the apps that a session has read are
// kept: as the result of the activity KeepPrints in the history of a run. The
// zero value says that there are none.
type PrintsRef struct {
	Workflow  string    `json:"workflow"`           // id
	Run       string    `json:"run"`                // id
	Timeframe int       `json:"timeframe"`          // days that the rows were read with; others compare with none of them
	Threshold time.Time `json:"threshold,omitzero"` // users were read down to this last activity; zero: all were
}

// Fits reports whether a session with a window may leave apps alone whose
// fingerprints are the same: a full session leaves none, and users whom the session
// before had no need to read may be news to one that goes back further.
func (r PrintsRef) Fits(w saas.Window) bool {
	return r.Run != "" && w.Mode == saas.ModeIncremental && w.Timeframe == r.Timeframe && !w.Threshold.Before(r.Threshold)
}

// KeepPrintsParams are the fingerprints of the apps that a run of Sync has read,
// or left alone because their rows were the same.
type KeepPrintsParams struct {
	Prints []byte    `json:"prints"`          // as prints.Join writes them, in any order
	Before PrintsRef `json:"before,omitzero"` // those of the runs before, of the same session; zero: none
}

// KeepPrintsResult is what PrintsRef refers to.
type KeepPrintsResult struct {
	Set   []byte `json:"set"`             // as prints.Set.Encode writes it
	Count int    `json:"count"`           // of fingerprints
	Fault string `json:"fault,omitempty"` // why those of the runs before could not be read; then the set is empty
}

// Shortcut is what Sync knows of the apps whose rows say that they have no news.
type Shortcut struct {
	From    PrintsRef `json:"from,omitzero"`     // the fingerprints to compare with; zero: every app is read
	Keep    bool      `json:"keep,omitempty"`    // fingerprints are kept for the next session
	Kept    PrintsRef `json:"kept,omitzero"`     // those of the runs before
	Same    int       `json:"same,omitempty"`    // apps that could be left alone, the sample included
	Sampled int       `json:"sampled,omitempty"` // of them, those that were read to verify it
	Cost    int       `json:"cost,omitempty"`    // requests that this may have taken
	Read    []byte    `json:"read,omitempty"`    // fingerprints of the ids of the apps that were read, as prints.Join writes them
	Missed  bool      `json:"missed,omitempty"`  // an app of the sample had news: nothing is left alone any more

	// Up to this page the lists are read again, for what was left alone.
	AgainStream int `json:"againStream,omitempty"`
	AgainSkip   int `json:"againSkip,omitempty"`
}

// SparedStream is a stream that adds nothing, which incremental sessions leave out.
type SparedStream struct {
	ID     string   `json:"id"`
	Name   string   `json:"name"`
	Others []string `json:"others"` // ids of the streams that had shown every row of it
}
