package activities

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// Why apps are missing of a stream, as its rejected rows have it.
const (
	RejectAppsPage   = "page of apps unreadable"
	RejectAppsCutOff = "list of apps cut off"
)

// NoteAppsUnsorted is the note of a tenant that sorts no list of apps as asked.
const NoteAppsUnsorted = "Defender does not sort the list of apps by last activity as asked: it is read whole, which takes more requests"

// fetchPatience is how often a page of apps is tried before it is given up.
const fetchPatience = 5

// knownTail is how many rows of a page are remembered to recognise them on the
// next one.
const knownTail = 30

// readApps fetches a page, checks that the server really turned it and that
// its rows are in order, and leaves out what is older than the window's
// threshold. A list sorted by last seen ends there; any other goes on.
func (a *Activities) readApps(ctx context.Context, in contract.FetchAppsParams) (contract.AppsPage, error) {
	sort := in.Walk.Sort
	if sort == "" {
		sort = contract.SortName
		if in.Window.Mode != saas.ModeFull && !in.Dialect.AppsUnsorted {
			sort = contract.SortLastSeen
		}
	}
	got, err := a.defender.Apps(ctx, defender.AppsQuery{
		Stream: in.Stream.ID, Timeframe: in.Window.Timeframe, Sort: sort, Skip: in.Skip, Known: in.Dialect,
	})
	if err != nil {
		return contract.AppsPage{}, err
	}
	out := contract.AppsPage{Total: got.Total, Dialect: got.Dialect, Walk: in.Walk}
	out.Walk.Sort, out.Walk.Lost = sort, false
	if got.Endless && listing.FindLength(in.Walk).CountMissing(in.Skip) > 0 {
		return contract.AppsPage{}, defender.EmptyAnswer()
	}
	if err := defender.AcceptPage(&out.Walk, got.Fingerprint, in.Skip); err != nil {
		return sameApps(in, out, got, err)
	}
	hearTotal(&out.Walk, got)
	for _, bad := range got.Bad {
		out.Unidentified = out.Unidentified || bad.ID == ""
		out.Rejects.Add(saas.Reject{Reason: "app row unreadable", Stream: in.Stream.ID, App: bad.ID, Detail: bad.Reason}, saas.MaxSamples)
	}
	if sort == contract.SortLastSeen {
		watchAppOrder(&out, got.Apps)
	}
	for _, app := range got.Apps {
		if saas.IsNewer(app.LastSeen, in.Window.Threshold) {
			out.Apps = append(out.Apps, app)
			continue
		}
		out.Older++
		out.Cut = out.Cut || sort == contract.SortLastSeen && !out.Walk.Whole
	}
	turnPage(&out, in, got)
	return out, nil
}

// sameApps takes in a page that came before at another place: the list ends
// there, or it can't be read on, or the server does not turn pages at all.
func sameApps(in contract.FetchAppsParams, out contract.AppsPage, got defender.AppsPage, err error) (contract.AppsPage, error) {
	out.Next = -1
	switch missing := listing.FindLength(in.Walk).CountMissing(in.Skip); {
	case missing == 0:
		noteHasNextLies(&out)
	case got.Fingerprint == in.Walk.First.Print:
		return contract.AppsPage{}, ofWholeList{err}
	default:
		cutOffList(&out, in, missing)
	}
	return out, nil
}

// ofWholeList marks an error that no single page is to blame for.
type ofWholeList struct{ error }

func (e ofWholeList) Unwrap() error { return e.error }

// hearTotal takes in the total that a page tells.
func hearTotal(w *contract.Walk, got defender.AppsPage) {
	switch {
	case got.Total <= 0 || got.Total < got.Rows:
	case got.Total == w.Total:
		w.SameTotal++
	default:
		w.Varied = w.Varied || w.Total > 0
		w.Total, w.SameTotal = got.Total, 1
	}
}

// watchAppOrder sees whether apps come by last activity, the latest first, within
// the page and from the page before. A list that does not is read whole; where
// the server plainly does not sort, so are all others.
func watchAppOrder(p *contract.AppsPage, apps []saas.App) {
	var times, fresh []time.Time
	for _, app := range apps {
		times = append(times, app.LastSeen)
		if !slices.Contains(p.Walk.LastIDs, hashID(app.ID)) {
			fresh = append(fresh, app.LastSeen)
		}
	}
	here := listing.FindEdge(fresh)
	found := max(listing.JudgeRows(times), listing.JudgePages(listing.Edge{Middle: p.Walk.MiddleActivity, Last: p.Walk.LastActivity}, here))
	p.Walk.MiddleActivity, p.Walk.LastActivity, p.Walk.LastIDs = here.Middle, here.Last, nil
	for _, app := range apps[max(0, len(apps)-knownTail):] {
		p.Walk.LastIDs = append(p.Walk.LastIDs, hashID(app.ID))
	}
	p.Walk.Whole = p.Walk.Whole || found != listing.InOrder
	if found == listing.Unordered {
		p.Dialect.AppsUnsorted = true
		p.Notes = append(p.Notes, NoteAppsUnsorted)
	}
}

func hashID(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // it never fails
	return h.Sum32()
}

// turnPage decides whether and where the list goes on.
func turnPage(p *contract.AppsPage, in contract.FetchAppsParams, got defender.AppsPage) {
	next := in.Skip + got.Rows
	missing := listing.FindLength(p.Walk).CountMissing(next)
	if got.Endless {
		noteHasNextLies(p)
	}
	more := got.Rows > 0 && !p.Cut && (got.Next >= 0 || missing > 0)
	if p.Dialect.HasNextLies && got.Rows < defender.PageSize && missing == 0 {
		more = false
	}
	p.Next = -1
	switch {
	case more && next > listing.FindLength(p.Walk).MaxRows():
		cutOffList(p, in, next)
	case more:
		p.Next = next
	case !p.Cut && missing > 0:
		cutOffList(p, in, missing)
	}
}

// noteHasNextLies notes that Defender says that there is more where there is not.
func noteHasNextLies(p *contract.AppsPage) {
	p.Dialect.HasNextLies = true
	p.Notes = append(p.Notes, listing.NoteHasNext)
}

// cutOffList rejects the apps that a list does not show.
func cutOffList(p *contract.AppsPage, in contract.FetchAppsParams, missing int) {
	missUnnamed(p, in, RejectAppsCutOff, fmt.Sprintf("about %d apps of %s are told of and not listed", missing, in.Stream.Name), missing)
}

// missUnnamed notes that apps are missing whose names nobody knows: the next session
// reads everything.
func missUnnamed(p *contract.AppsPage, in contract.FetchAppsParams, reason, detail string, n int) {
	p.Rejects.Add(saas.Reject{Reason: reason, Stream: in.Stream.ID, Detail: detail}, saas.MaxSamples)
	p.Rejects.Count(reason, n-1)
	p.Unidentified = true
}

// excuseApps decides what it means that a page of apps can't be read. While it
// may be an outage the error goes to Temporal, which tries again; once others'
// requests work the page alone is given up, and the list goes on after it. For
// good says that it was tried often enough.
func (a *Activities) excuseApps(ctx context.Context, in contract.FetchAppsParams, err error, forGood bool) (contract.AppsPage, error) {
	kind := httpx.KindOf(err)
	var whole ofWholeList
	switch {
	case errors.As(err, &whole):
		return contract.AppsPage{}, whole.error
	case ctx.Err() != nil, kind == httpx.KindStopping, kind.Retryable() && !forGood, !kind.Retryable() && !httpx.IsAboutRequest(err):
		return contract.AppsPage{}, err
	}
	if _, doorErr := a.defender.Streams(ctx); doorErr != nil {
		return contract.AppsPage{}, doorErr
	}
	page, again := a.readApps(ctx, in)
	if again == nil {
		return page, nil
	}
	if httpx.KindOf(again) == httpx.KindStopping || ctx.Err() != nil {
		return contract.AppsPage{}, again
	}
	return lostApps(in, again), nil
}

// lostApps is a page that can't be read. Two in a row end the list.
func lostApps(in contract.FetchAppsParams, err error) contract.AppsPage {
	out := contract.AppsPage{Next: in.Skip + defender.PageSize, Total: -1, Dialect: in.Dialect, Walk: in.Walk}
	total := in.Walk.Total
	n := defender.PageSize
	if total > 0 {
		n = max(1, min(n, total-in.Skip))
	}
	what := fmt.Sprintf("up to %d apps from the %dth of %s: %s", n, in.Skip+1, in.Stream.Name, httpx.Clip(err.Error()))
	if in.Walk.Lost || total > 0 && out.Next >= total {
		out.Next = -1
		if rest := total - in.Skip; rest > n {
			n = rest
			what = fmt.Sprintf("about %d apps from the %dth of %s to its end: %s", n, in.Skip+1, in.Stream.Name, httpx.Clip(err.Error()))
		}
	}
	missUnnamed(&out, in, RejectAppsPage, what, n)
	out.Walk.Lost = true
	return out
}
