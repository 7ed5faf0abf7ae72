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

// trackApps notes which apps of a page are new in the list being read, and
// returns the apps to carry over: all of them or, when the list is read again,
// the new ones.
func (s *syncRun) trackApps(apps []saas.App) []saas.App {
	list := &s.state.List
	if s.met == nil {
		s.met = make(map[uint32]bool, len(list.Met))
		for _, id := range list.Met {
			s.met[id] = true
		}
	}
	fresh := make([]saas.App, 0, len(apps))
	for _, app := range apps {
		id := hashID(app.ID)
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

func hashID(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // it never fails
	return h.Sum32()
}

// endList judges a list of apps that was read to its end. When some apps came
// twice and others are missing, rows moved between pages: the list is read
// again, up to twice. What is missing then is rejected.
func (s *syncRun) endList(ctx workflow.Context, page contract.AppsPage) {
	st := s.state
	list := st.List
	missing := listing.FindLength(page.Walk).CountMissing(len(list.Met) + list.Bad)
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
		s.rejectMissing(missing)
	default:
		st.Result.AddWarning(contract.NoteAppTotals)
	}
	s.forgetList()
}

// rejectMissing counts apps that no reading of a list has shown.
func (s *syncRun) rejectMissing(missing int) {
	st := s.state
	detail := fmt.Sprintf("about %d apps of %s did not come up in %d readings, each of which showed others", missing, s.currentStream().Name, maxPasses)
	st.Result.Rejects.Add(saas.Reject{Reason: contract.RejectAppsRestless, Stream: s.currentStream().ID, Detail: detail}, maxSamples)
	st.Result.Rejects.Count(contract.RejectAppsRestless, missing-1)
	st.Result.Counts.Apps.Seen += missing
	st.Result.Counts.Apps.Rejected += missing
	st.Unidentified = true
	s.doubtRows(missing)
}

// forgetList makes room for the next list.
func (s *syncRun) forgetList() {
	s.state.List, s.met = contract.AppList{}, nil
}
