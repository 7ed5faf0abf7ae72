package usersync

import (
	"fmt"

	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// How many samples are kept of the users who were skipped, of a page and of an
// activity: enough to see what their names look like.
const (
	pageSkipSamples = 2
	maxSkipSamples  = 20
)

// skip counts a user who is left out by rule. Of those whose names are of no
// use a few are kept, masked, with the keys of their rows.
func (r *usageRun) skip(t *pageTask, out *pageOutcome, reason saas.SkipReason, u saas.Usage) {
	out.users.Skipped++
	if !reason.IsDoubtful() {
		out.skips.Count(string(reason), 1)
		return
	}
	out.skips.Add(saas.Reject{Reason: string(reason), Stream: r.in.Stream.ID, App: t.app.ref.App,
		Subject: saas.MaskName(u.User), Detail: "keys of the row: " + t.page.Keys}, pageSkipSamples)
}

// noteNames says when a list names its users in another column than those
// before it. Where the format is an address that makes nobody another person.
func (r *usageRun) noteNames(page listing.UserPage) {
	if format := r.in.Policy.UsernameFormat; page.Moved == "" || format == "" || format == saas.FormatEmail {
		return
	}
	r.notes.Add(fmt.Sprintf("some lists name their users under %q, others under %q: see that nobody is in Oomnitza under two usernames",
		page.Dialect.NameKey, page.Moved))
}
