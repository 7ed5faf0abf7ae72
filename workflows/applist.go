package workflows

import (
	"fmt"
	"hash/fnv"

	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// maxPasses bounds how often a list of apps is read because its rows moved
// between pages.
const maxPasses = 3

// changeReadAgain names the change by which a list of apps whose rows moved is
// read again.
const changeReadAgain = "read a list of apps again"

// meet notes the apps of a page. In a list that is read again those that were
// carried over already are left out.
func (s *syncRun) meet(apps []saas.App) []saas.App {
	list := &s.state.List
	if s.met == nil {
		s.met = make(map[uint32]bool, len(list.Met))
		for _, h := range list.Met {
			s.met[h] = true
		}
	}
	fresh := make([]saas.App, 0, len(apps))
	for _, app := range apps {
		h := fnv.New32a()
		_, _ = h.Write([]byte(app.ID)) // it never fails
		id := h.Sum32()
		if s.met[id] {
			list.Again++
			continue
		}
		s.met[id] = true
		list.Met = append(list.Met, id)
		list.Fresh++
		fresh = append(fresh, app)
	}
	if list.Passes == 0 {
		return apps
	}
	return fresh
}

// endList judges a list of apps that was read to its end. Where apps came twice
// and others are missing, rows moved between pages: it is read again, up to
// twice, and what is missing then is rejected.
func (s *syncRun) endList(ctx workflow.Context, page contract.AppsPage) {
	st := s.state
	list := st.List
	met := len(list.Met) + list.Bad
	missing := listing.FindLength(page.Walk).CountMissing(met)
	if list.Again == 0 || missing == 0 || page.Cut {
		s.forgetList()
		return
	}
	if workflow.GetVersion(ctx, changeReadAgain, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		s.forgetList()
		return
	}
	switch {
	case list.Passes+1 < maxPasses && (list.Passes == 0 || list.Fresh > 0):
		st.List.Passes, st.List.Again, st.List.Fresh = list.Passes+1, 0, 0
		st.Skip, st.Walk = 0, contract.Walk{}
		return
	case list.Fresh > 0:
		s.rejectRest(missing)
	default:
		st.Result.Warn(contract.NoteAppTotals)
	}
	s.forgetList()
}

// rejectRest counts the apps of a list that never came to be seen.
func (s *syncRun) rejectRest(missing int) {
	st := s.state
	detail := fmt.Sprintf("about %d apps of %s did not come up in %d readings, each of which showed others", missing, s.stream().Name, maxPasses)
	st.Result.Rejects.Add(saas.Reject{Reason: contract.RejectAppsRestless, Stream: s.stream().ID, Detail: detail}, maxSamples)
	st.Result.Rejects.Count(contract.RejectAppsRestless, missing-1)
	st.Result.Counts.Apps.Seen += missing
	st.Result.Counts.Apps.Rejected += missing
	st.Nameless = true
}

// forgetList ends a list.
func (s *syncRun) forgetList() {
	s.state.List, s.met = contract.AppList{}, nil
}
