package preflight

import (
	"context"
	"slices"
	"time"

	"defendersync/internal/applist"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// chooseStreams reads the streams, takes the session's beginning from Defender's
// clock and plans the window.
func (c *Checker) chooseStreams(ctx context.Context, in contract.OpenSessionParams, found *Findings) error {
	list, err := c.defender.Streams(ctx)
	if err != nil {
		return err
	}
	chosen, warnings, err := defender.Choose(list.Streams, in.Policy.Streams)
	if err != nil {
		return err
	}
	found.addNotes(warnings...)
	found.Streams, found.Seen = nil, chosen
	for _, s := range chosen {
		found.Streams = append(found.Streams, contract.Stream{ID: s.ID, Name: s.Name})
	}
	if found.Began = list.Date.UTC(); found.Began.IsZero() {
		found.Began = time.Now().UTC()
	}
	found.Window = saas.PlanWindow(saas.WindowInput{
		Began: found.Began, Full: in.Full, Watermark: in.Previous.Watermark, LastFull: in.Previous.LastFull,
		Rules: in.Previous.Rules, TooManyRejects: in.Previous.FullNext, Policy: in.Policy,
	})
	return nil
}

// recallDialect returns what the session before found out about how lists are
// sorted.
func recallDialect(previous contract.Carry) contract.Dialect {
	return contract.Dialect{
		AppsUnsorted:  slices.Contains(previous.Unsorted, contract.UnsortedApps),
		UsersUnsorted: slices.Contains(previous.Unsorted, contract.UnsortedUsers),
	}
}

// settleSorting drops what the session before knew of the sorting where this one
// reads whole lists, which shows it anew, and notes it otherwise.
func (f *Findings) settleSorting() {
	d := &f.Dialect
	if f.Window.Threshold.IsZero() {
		d.AppsUnsorted, d.UsersUnsorted = false, false
	}
	if d.UsersUnsorted {
		f.addNotes(listing.NoteUsersUnsorted)
	}
	if d.AppsUnsorted && f.Window.Mode != saas.ModeFull {
		f.addNotes(applist.NoteUnsorted)
	}
}
