package applist

import (
	"fmt"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// The reasons why apps of a list are missing.
const (
	RejectPage   = "page of apps unreadable"
	RejectCutOff = "list of apps cut off"
)

// findNext decides whether and where the list goes on.
func (p *page) findNext() {
	next := p.in.Skip + p.got.Rows
	length := listing.FindLength(p.Walk)
	missing := length.CountMissing(next)
	if p.got.Endless {
		p.noteHasNextLies()
	}
	more := p.got.Rows > 0 && !p.Cut && (p.got.Next >= 0 || missing > 0)
	if p.Dialect.HasNextLies && p.got.Rows < contract.PageSize && missing == 0 {
		more = false
	}
	p.Next = -1
	switch {
	case more && next > length.MaxRows():
		p.cutOff(next)
	case more:
		p.Next = next
	case !p.Cut && missing > 0:
		p.cutOff(missing)
	}
}

// endRepeated takes in a page whose rows came before at another place: the list
// ends there, or cannot be read on, or the server does not turn pages at all.
func (p *page) endRepeated(cause error) (contract.AppsPage, error) {
	p.Next = -1
	switch missing := listing.FindLength(p.in.Walk).CountMissing(p.in.Skip); {
	case missing == 0:
		p.noteHasNextLies()
	case p.got.Fingerprint == p.in.Walk.First.Print:
		return contract.AppsPage{}, listError{cause}
	default:
		p.cutOff(missing)
	}
	return p.AppsPage, nil
}

// listError marks an error that no single page is to blame for.
type listError struct{ error }

func (e listError) Unwrap() error { return e.error }

// noteHasNextLies notes that Defender says that there is more where there is not.
func (p *page) noteHasNextLies() {
	p.Dialect.HasNextLies = true
	p.Notes = append(p.Notes, listing.NoteHasNext)
}

// cutOff rejects the apps that the list does not show.
func (p *page) cutOff(missing int) {
	detail := fmt.Sprintf("about %d apps of %s are told of and not listed", missing, p.in.Stream.Name)
	rejectUnnamed(&p.AppsPage, p.in, RejectCutOff, detail, missing)
}

// rejectUnnamed rejects apps whose names nobody knows: the next session reads
// everything.
func rejectUnnamed(p *contract.AppsPage, in contract.FetchAppsParams, reason, detail string, n int) {
	p.Rejects.Add(saas.Reject{Reason: reason, Stream: in.Stream.ID, Detail: detail}, saas.MaxSamples)
	p.Rejects.Count(reason, n-1)
	p.Unidentified = true
}
