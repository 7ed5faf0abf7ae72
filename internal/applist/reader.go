package applist

import (
	"context"
	"hash/fnv"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// NoteUnsorted is the note of a tenant that does not sort the list of apps as
// asked.
const NoteUnsorted = "Defender does not sort the list of apps by last activity as asked: it is read whole, which takes more requests"

// maxKnown bounds the rows of a page that are remembered to recognise them on
// the next one.
const maxKnown = 30

// peer names the source in errors.
const peer = "Defender"

// Source is where apps are listed. Its errors are *httpx.Error where a request
// failed.
type Source interface {
	// ReadApps reads one page of a stream's apps.
	ReadApps(ctx context.Context, q listing.AppQuery) (listing.AppPage, error)
	// Check sends a request that works wherever the source answers.
	Check(ctx context.Context) error
}

// Reader reads lists of apps. It keeps nothing between two pages.
type Reader struct{ source Source }

// New returns a Reader of a source.
func New(s Source) Reader { return Reader{s} }

// ReadPage reads one page. It leaves out what is older than the window's
// threshold; a list by last activity ends there, any other goes on. Next of the
// result is where the list goes on, -1 at its end.
func (r Reader) ReadPage(ctx context.Context, in contract.FetchAppsParams) (contract.AppsPage, error) {
	sort := chooseSort(in)
	got, err := r.source.ReadApps(ctx, listing.AppQuery{
		Stream: in.Stream.ID, Timeframe: in.Window.Timeframe, Sort: sort, Skip: in.Skip, Known: in.Dialect,
	})
	if err != nil {
		return contract.AppsPage{}, err
	}
	p := page{AppsPage: contract.AppsPage{Total: got.Total, Dialect: got.Dialect, Walk: in.Walk}, in: in, got: got}
	p.Walk.Sort, p.Walk.Lost = sort, false
	if got.Endless && listing.FindLength(in.Walk).CountMissing(in.Skip) > 0 {
		return contract.AppsPage{}, httpx.EmptyPage(peer)
	}
	if before, ok := listing.AcceptPage(&p.Walk, got.Fingerprint, in.Skip); !ok {
		return p.endRepeated(httpx.RepeatedPage(peer, in.Skip, before))
	}
	p.noteTotal()
	for _, bad := range got.Bad {
		p.Unidentified = p.Unidentified || bad.ID == ""
		p.Rejects.Add(saas.Reject{Reason: "app row unreadable", Stream: in.Stream.ID, App: bad.ID, Detail: bad.Reason}, saas.MaxSamples)
	}
	if sort == contract.SortLastActivity {
		p.judgeOrder()
	}
	for i, app := range got.Apps {
		if saas.IsNewer(app.LastActivity, in.Window.Threshold) {
			p.Apps = append(p.Apps, app)
			p.addPrint(i)
			continue
		}
		p.Older++
		p.Cut = p.Cut || sort == contract.SortLastActivity && !p.Walk.Whole
	}
	p.findNext()
	return p.AppsPage, nil
}

// CountApps returns about how many apps of a stream are to be read, with one request; -1
// where that does not tell. Of a list that is read whole it asks for a single row, since
// the page is for ReadPage to fetch. Where a list by last activity becomes too old is to be
// seen from its rows alone: if they do within the first page, it is counted.
func (r Reader) CountApps(ctx context.Context, in contract.FetchAppsParams) (int, error) {
	if chooseSort(in) == contract.SortLastActivity {
		page, err := r.ReadPage(ctx, in)
		if err != nil {
			return -1, err
		}
		return page.CountList(0), nil
	}
	got, err := r.source.ReadApps(ctx, listing.AppQuery{
		Stream: in.Stream.ID, Timeframe: in.Window.Timeframe, Sort: chooseSort(in), Limit: 1, Known: in.Dialect,
	})
	if err != nil {
		return -1, err
	}
	return countFromRow(got), nil
}

// countFromRow reads the number of a list's rows off an answer to a request for one of
// them. That total counts the whole list then, too, is an assumption about Defender: a
// total that the rows contradict tells nothing.
func countFromRow(p listing.AppPage) int {
	if p.Total < p.Rows || p.Next >= 0 && p.Total <= p.Rows {
		return -1
	}
	return p.Total
}

// chooseSort returns the order in which the list is read: as it was begun; a
// whole list by name, which is stable while it is read.
func chooseSort(in contract.FetchAppsParams) contract.Sort {
	switch {
	case in.Walk.Sort != "":
		return in.Walk.Sort
	case in.Window.Mode != saas.ModeFull && !in.Dialect.AppsUnsorted:
		return contract.SortLastActivity
	}
	return contract.SortName
}

// page is a page that is being read.
type page struct {
	contract.AppsPage
	in  contract.FetchAppsParams
	got listing.AppPage
}

// addPrint adds the fingerprint of the i-th app that came to those of the page. A
// source need not give any.
func (p *page) addPrint(i int) {
	if i < len(p.got.Prints) {
		p.Prints = append(p.Prints, p.got.Prints[i][:]...)
	}
}

// noteTotal takes in the total that the page has.
func (p *page) noteTotal() {
	w := &p.Walk
	switch {
	case p.got.Total <= 0 || p.got.Total < p.got.Rows:
	case p.got.Total == w.Total:
		w.SameTotal++
	default:
		w.Varied = w.Varied || w.Total > 0
		w.Total, w.SameTotal = p.got.Total, 1
	}
}

// judgeOrder sees whether apps come by last activity, the latest first, within
// the page and from the page before. A list that does not is read whole; where
// the server plainly does not sort, so are all others.
func (p *page) judgeOrder() {
	apps := p.got.Apps
	var times, fresh []time.Time
	for _, app := range apps {
		times = append(times, app.LastActivity)
		if !slices.Contains(p.Walk.LastIDs, hashID(app.ID)) {
			fresh = append(fresh, app.LastActivity)
		}
	}
	before, here := listing.Edge{Middle: p.Walk.MiddleActivity, Last: p.Walk.LastActivity}, listing.FindEdge(fresh)
	order := max(listing.JudgeRows(times), listing.JudgePages(before, here))
	p.Walk.MiddleActivity, p.Walk.LastActivity, p.Walk.LastIDs = here.Middle, here.Last, nil
	for _, app := range apps[max(0, len(apps)-maxKnown):] {
		p.Walk.LastIDs = append(p.Walk.LastIDs, hashID(app.ID))
	}
	p.Walk.Whole = p.Walk.Whole || order != listing.InOrder
	if order == listing.Unordered {
		p.Dialect.AppsUnsorted = true
		p.Notes = append(p.Notes, NoteUnsorted)
	}
}

func hashID(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // it never fails
	return h.Sum32()
}
