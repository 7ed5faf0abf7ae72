package watch

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Bounds of the settings, which are those that the configuration accepts.
const (
	longest      = 30 * saas.Day
	longestPause = 24 * time.Hour
	maxContacts  = 500
	maxAddress   = 320
)

// settingSpans are the durations with the longest that each may be and what stands in
// for one that can't be right.
func settingSpans(s *contract.WatchSettings) []struct {
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

// CheckSettings reports why settings can't be those of an integration; nil when they
// can.
func CheckSettings(s contract.WatchSettings, integration string) error {
	if s.Integration == "" || s.Integration != integration {
		return fmt.Errorf("settings of %.100q, not of %q", s.Integration, integration)
	}
	for _, span := range settingSpans(&s) {
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

// BelieveSettings is settings without the contacts that are none, and why these are
// not; false when the rest can't be an integration's either.
func BelieveSettings(s contract.WatchSettings, integration string) (contract.WatchSettings, bool, error) {
	err := CheckSettings(s, integration)
	if err == nil {
		return s, true, nil
	}
	s.Contacts = contacts(s.Contacts)
	return s, CheckSettings(s, integration) == nil, err
}

// MendSettings are the settings with all that can't be right replaced.
func MendSettings(s contract.WatchSettings, integration string) contract.WatchSettings {
	s.Integration = integration
	for _, span := range settingSpans(&s) {
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
