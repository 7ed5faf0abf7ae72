package watch

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"defendersync/internal/saas"
)

// Settings are what a watch goes by. They hold no secret.
type Settings struct {
	Integration string
	StallAfter  time.Duration // a session that runs longer is stalled
	NoProgress  time.Duration // a session that gets no further for longer is stuck
	Grace       time.Duration // a session that starts later is missed
	Every       time.Duration // pause between two looks at a session that runs
	Contacts    []string      // email addresses
}

// settingsJSON is how histories hold the settings, with durations as people
// write them: the Web UI shows them.
type settingsJSON struct {
	Integration string    `json:"integration"`
	StallAfter  saas.Span `json:"stallAfter"`
	NoProgress  saas.Span `json:"noProgress"`
	Grace       saas.Span `json:"grace"`
	Every       saas.Span `json:"every"`
	Contacts    []string  `json:"contacts,omitempty"`
}

// MarshalJSON shows durations as people write them.
func (s Settings) MarshalJSON() ([]byte, error) {
	return json.Marshal(settingsJSON{
		s.Integration, saas.Span(s.StallAfter), saas.Span(s.NoProgress), saas.Span(s.Grace), saas.Span(s.Every), s.Contacts,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote, and durations as numbers.
func (s *Settings) UnmarshalJSON(b []byte) error {
	var in settingsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = Settings{
		in.Integration, time.Duration(in.StallAfter), time.Duration(in.NoProgress), time.Duration(in.Grace), time.Duration(in.Every), in.Contacts,
	}
	return nil
}

// Bounds of the settings, which are those that the configuration accepts.
const (
	longest      = 30 * saas.Day
	longestPause = 24 * time.Hour
	maxContacts  = 500
	maxAddress   = 320
)

// spans are the durations with the longest that each may be and what stands in
// for one that can't be right.
func (s *Settings) spans() []struct {
	name    string
	value   *time.Duration
	most    time.Duration
	standIn time.Duration
} {
	return []struct {
		name    string
		value   *time.Duration
		most    time.Duration
		standIn time.Duration
	}{
		{"stallAfter", &s.StallAfter, longest, 24 * time.Hour},
		{"noProgress", &s.NoProgress, longest, time.Hour},
		{"grace", &s.Grace, longest, 15 * time.Minute},
		{"every", &s.Every, longestPause, 5 * time.Minute},
	}
}

// Check reports why settings can't be those of an integration; nil when they
// can.
func (s Settings) Check(integration string) error {
	if s.Integration == "" || s.Integration != integration {
		return fmt.Errorf("settings of %.100q, not of %q", s.Integration, integration)
	}
	for _, span := range s.spans() {
		if *span.value < time.Second || *span.value > span.most {
			return fmt.Errorf("%s is %s", span.name, *span.value)
		}
	}
	if len(s.Contacts) > maxContacts {
		return fmt.Errorf("%d contacts", len(s.Contacts))
	}
	if i := slices.IndexFunc(s.Contacts, noAddress); i >= 0 {
		return fmt.Errorf("contact %d is no email address", i+1)
	}
	return nil
}

// Believe is settings without the contacts that are none, and why these are
// not; false when the rest can't be an integration's either.
func (s Settings) Believe(integration string) (Settings, bool, error) {
	err := s.Check(integration)
	if err == nil {
		return s, true, nil
	}
	s.Contacts = contacts(s.Contacts)
	return s, s.Check(integration) == nil, err
}

// Mended are the settings with all that can't be right replaced.
func (s Settings) Mended(integration string) Settings {
	s.Integration = integration
	for _, span := range s.spans() {
		if *span.value < time.Second || *span.value > span.most {
			*span.value = span.standIn
		}
	}
	s.Contacts = contacts(s.Contacts)
	return s
}

// contacts are those of a list that may be some.
func contacts(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), noAddress)
	return list[:min(maxContacts, len(list))]
}

// noAddress reports whether a text is no email address.
func noAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err != nil || parsed.Address != text || len(text) > maxAddress || strings.ContainsAny(text, "\r\n")
}
