package contract

import (
	"encoding/json"
	"time"

	"defendersync/internal/saas"
)

// WatchSettings are what a watch goes by. They hold no secret.
type WatchSettings struct {
	Integration string
	StallAfter  time.Duration // a session that runs longer is stalled
	NoProgress  time.Duration // a session that gets no further for longer is stuck
	Grace       time.Duration // a session that starts later is missed
	Every       time.Duration // pause between two looks at a session that runs
	Contacts    []string      // email addresses
}

// MarshalJSON shows durations as people write them.
func (s WatchSettings) MarshalJSON() ([]byte, error) {
	return json.Marshal(watchSettingsJSON{
		s.Integration, saas.Span(s.StallAfter), saas.Span(s.NoProgress), saas.Span(s.Grace), saas.Span(s.Every), s.Contacts,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote, and durations as numbers.
func (s *WatchSettings) UnmarshalJSON(b []byte) error {
	var in watchSettingsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = WatchSettings{
		in.Integration, time.Duration(in.StallAfter), time.Duration(in.NoProgress), time.Duration(in.Grace), time.Duration(in.Every), in.Contacts,
	}
	return nil
}

// watchSettingsJSON is how histories hold the settings, with durations as people
// write them: the Web UI shows them.
type watchSettingsJSON struct {
	Integration string    `json:"integration"`
	StallAfter  saas.Span `json:"stallAfter"`
	NoProgress  saas.Span `json:"noProgress"`
	Grace       saas.Span `json:"grace"`
	Every       saas.Span `json:"every"`
	Contacts    []string  `json:"contacts,omitempty"`
}
