package contract

import (
	"encoding/json"
	"time"

	"defendersync/internal/saas"
)

// WatchSettings are the settings of a watch. They hold no secret.
type WatchSettings struct {
	Integration string
	StallAfter  time.Duration // a session that runs longer is stalled
	NoProgress  time.Duration // a session without progress for longer is stuck
	Grace       time.Duration // a session that starts later is missed
	Every       time.Duration // pause between two looks while a session runs
	Contacts    []string      // email addresses
	Timezone    string        // IANA name of the zone of times in notices and on pages; "": UTC
}

// MarshalJSON writes durations as people do.
func (s WatchSettings) MarshalJSON() ([]byte, error) {
	return json.Marshal(watchSettingsJSON{
		s.Integration, saas.Span(s.StallAfter), saas.Span(s.NoProgress), saas.Span(s.Grace), saas.Span(s.Every), s.Contacts, s.Timezone,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote, and durations as numbers.
func (s *WatchSettings) UnmarshalJSON(b []byte) error {
	var in watchSettingsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = WatchSettings{
		in.Integration, time.Duration(in.StallAfter), time.Duration(in.NoProgress), time.Duration(in.Grace), time.Duration(in.Every), in.Contacts, in.Timezone,
	}
	return nil
}

// watchSettingsJSON is the JSON of WatchSettings. The Web UI shows it, so its
// durations are written as people do.
type watchSettingsJSON struct {
	Integration string    `json:"integration"`
	StallAfter  saas.Span `json:"stallAfter"`
	NoProgress  saas.Span `json:"noProgress"`
	Grace       saas.Span `json:"grace"`
	Every       saas.Span `json:"every"`
	Contacts    []string  `json:"contacts,omitempty"`
	Timezone    string    `json:"timezone,omitempty"`
}
