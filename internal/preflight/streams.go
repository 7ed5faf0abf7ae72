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
	found.Streams, found.Seen, found.Spared = nil, chosen, nil
	for _, s := range chosen {
		found.Streams = append(found.Streams, contract.Stream{ID: s.ID, Name: s.Name})
	}
	if found.Began = list.Date.UTC(); found.Began.IsZero() {
		found.Began = time.Now().UTC()
	}
	found.Window = saas.PlanWindow(saas.WindowInput{
		Began: found.Began, Full: in.Full, Watermark: in.Previous.Watermark, LastFull: in.Previous.LastFull,
		Rules: in.Previous.Rules, TooManyRejects: in.Previous.FullNext, Policy: in.Policy, Comparable: comparableTimeframe(in.Previous),
	})
	if found.Window.Mode != saas.ModeFull {
		found.spareStreams(in.Previous.Spared)
	}
	return nil
}

// comparableTimeframe is the timeframe of the fingerprints that the session before
// has kept; 0 where there are none, or where lists are not sorted: those are read
// whole, and a wider timeframe has more rows.
func comparableTimeframe(previous contract.Carry) int {
	if previous.Missed || len(previous.Unsorted) > 0 {
		return 0
	}
	return previous.Prints.Timeframe
}

// spareStreams leaves out the streams that added nothing in the last full session,
// as long as the streams that showed their rows then are read.
func (f *Findings) spareStreams(known []contract.SparedStream) {
	var read []contract.Stream
	for _, s := range f.Streams {
		i := slices.IndexFunc(known, func(k contract.SparedStream) bool { return k.ID == s.ID })
		if i >= 0 && !slices.ContainsFunc(known[i].Others, func(id string) bool { return !hasStream(read, id) && !isSpared(f.Spared, id) }) {
			f.Spared = append(f.Spared, known[i])
			continue
		}
		read = append(read, s)
	}
	f.Streams = read
}

func hasStream(list []contract.Stream, id string) bool {
	return slices.ContainsFunc(list, func(s contract.Stream) bool { return s.ID == id })
}

func isSpared(list []contract.SparedStream, id string) bool {
	return slices.ContainsFunc(list, func(s contract.SparedStream) bool { return s.ID == id })
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
