package saas

import (
	"time"

	"defendersync/internal/ratelimit"
)

// Progress is how far a session has got, up to the page that is finished. What
// the page at work has done is in its activity's heartbeat.
type Progress struct {
	Phase     string    `json:"phase"`
	Mode      string    `json:"mode,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Streams   []string  `json:"streams,omitempty"`
	Stream    int       `json:"stream"`    // index of the stream being read
	AppsKnown int       `json:"appsKnown"` // in the streams looked at so far, about
	AppsRead  int       `json:"appsRead"`
	Pages     int       `json:"pages"`
	Counts    Counts    `json:"counts"`
	Requests  Requests  `json:"requests"`
	Warnings  []string  `json:"warnings,omitempty"`
	At        time.Time `json:"at,omitzero"`

	Waiting ratelimit.Waiting `json:"waiting,omitzero"` // what the work waits for, where that lasts
}
