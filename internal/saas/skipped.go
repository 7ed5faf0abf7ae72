package saas

import (
	"fmt"
	"slices"
	"strings"
)

// fewSkipped is how many users a session of increments has to skip before their
// share says something: it may see three rows, two of them of devices.
const fewSkipped = 20

// shownSkipped is how many masked names a note shows.
const shownSkipped = 3

// IsDoubtful reports whether many users skipped for a reason show that something
// is wrong with the settings or with how rows are read. Service accounts and
// what INTEGRATION_EXCLUDE_USERS names are left out on purpose.
func (s SkipReason) IsDoubtful() bool {
	switch s {
	case SkipEmpty, SkipAnonymised, SkipDevice, SkipUnmappable:
		return true
	}
	return false
}

// NoteSkipped says that most of the users that a session saw were skipped for a
// reason that is in doubt; "" when they weren't. Those who are left out on purpose
// count neither as skipped nor as users.
func NoteSkipped(mode Mode, users int, skips Tally) string {
	doubtful := 0
	var reasons []string
	for _, c := range skips.ByReason {
		if SkipReason(c.Reason).IsDoubtful() {
			doubtful += c.Count
			reasons = append(reasons, fmt.Sprintf("%d %s", c.Count, c.Reason))
		} else {
			users -= c.Count
		}
	}
	if doubtful == 0 || 2*doubtful <= users || mode == ModeIncremental && doubtful < fewSkipped {
		return ""
	}
	return fmt.Sprintf("most users were skipped, %d of %d (%s)%s: see that INTEGRATION_USERNAME_FORMAT fits what Defender shows",
		doubtful, users, strings.Join(reasons, ", "), sampleSkipped(skips))
}

// sampleSkipped shows what the names of those users look like, and where they
// stood.
func sampleSkipped(skips Tally) string {
	var names []string
	keys := ""
	for _, s := range skips.Samples {
		if !SkipReason(s.Reason).IsDoubtful() || len(names) == shownSkipped || slices.Contains(names, s.Subject) {
			continue
		}
		names = append(names, s.Subject)
		if keys == "" {
			keys = s.Detail
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; names look like " + strings.Join(names, ", ") + "; " + keys
}
