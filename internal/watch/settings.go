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

// Bounds of the settings, the same as those of the configuration.
const (
	maxSpan     = 30 * saas.Day
	maxEvery    = 24 * time.Hour
	maxContacts = 500
	maxAddress  = 320 // bytes of a contact
)

// settingSpan is one of the durations among the settings.
type settingSpan struct {
	name     string
	value    *time.Duration
	most     time.Duration
	fallback time.Duration // replaces a value that cannot be right
}

// isValid reports whether the duration can be right.
func (s settingSpan) isValid() bool { return *s.value >= time.Second && *s.value <= s.most }

// listSpans returns the durations among the settings.
func listSpans(s *contract.WatchSettings) []settingSpan {
	return []settingSpan{
		{"stallAfter", &s.StallAfter, maxSpan, 24 * time.Hour},
		{"noProgress", &s.NoProgress, maxSpan, time.Hour},
		{"grace", &s.Grace, maxSpan, 15 * time.Minute},
		{"every", &s.Every, maxEvery, 5 * time.Minute},
	}
}

// CheckSettings reports why settings cannot be those of an integration.
func CheckSettings(s contract.WatchSettings, integration string) error {
	if s.Integration == "" || s.Integration != integration {
		return fmt.Errorf("settings of %.100q, not of %q", s.Integration, integration)
	}
	for _, span := range listSpans(&s) {
		if !span.isValid() {
			return fmt.Errorf("%s is %s", span.name, *span.value)
		}
	}
	if len(s.Contacts) > maxContacts {
		return fmt.Errorf("%d contacts", len(s.Contacts))
	}
	if i := slices.IndexFunc(s.Contacts, isNoAddress); i >= 0 {
		return fmt.Errorf("contact %d is not an email address", i+1)
	}
	return nil
}

// BelieveSettings returns settings without the contacts that cannot be right, and why
// these cannot. It returns false if the rest cannot be the integration's either.
func BelieveSettings(s contract.WatchSettings, integration string) (contract.WatchSettings, bool, error) {
	err := CheckSettings(s, integration)
	if err == nil {
		return s, true, nil
	}
	s.Contacts = keepContacts(s.Contacts)
	return s, CheckSettings(s, integration) == nil, err
}

// MendSettings returns settings with everything replaced that cannot be right.
func MendSettings(s contract.WatchSettings, integration string) contract.WatchSettings {
	s.Integration = integration
	for _, span := range listSpans(&s) {
		if !span.isValid() {
			*span.value = span.fallback
		}
	}
	s.Contacts = keepContacts(s.Contacts)
	return s
}

// keepContacts returns the contacts of a list that can be right.
func keepContacts(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), isNoAddress)
	return list[:min(maxContacts, len(list))]
}

// isNoAddress reports whether a text is not an email address alone.
func isNoAddress(text string) bool {
	parsed, err := mail.ParseAddress(text)
	return err != nil || parsed.Address != text || len(text) > maxAddress || strings.ContainsAny(text, "\r\n")
}
