package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
	"defendersync/internal/temporalerr"
)

// maxReadKept bounds the apps that are remembered as read, for the case that the
// lists have to be read again. Those beyond it are read twice then.
const maxReadKept = 10_000

// noteMissed is the note of a session that found that rows cannot be trusted.
const noteMissed = "an app had news although its row in Defender said that it had none: the users of all apps were read, and will be until the next full session"

// planShortcut decides whether apps whose rows are the same may be left alone, and
// whether fingerprints are kept for the next session.
func (s *syncRun) planShortcut(ctx workflow.Context) {
	if workflow.GetVersion(ctx, changePrints, workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return
	}
	if s.params.LimitApps > 0 {
		return // it carries over what it lists first, and hands nothing on
	}
	window, previous, sc := s.state.Plan.Window, s.params.Previous, &s.state.Shortcut
	full := window.Mode == saas.ModeFull
	sc.Keep = !s.params.DryRun && (full || !previous.Missed)
	if !previous.Missed && previous.Prints.Fits(window) {
		sc.From = previous.Prints
	}
}

// marks are what a page says of its apps beside what they are, by id.
type marks map[string]mark

type mark struct {
	print prints.Print
	same  bool // the session before has read such a row
}

// readMarks takes the marks out of a page. A worker of an older version gives none.
func readMarks(page contract.AppsPage) marks {
	list, err := prints.Split(page.Prints)
	if err != nil || len(list) != len(page.Apps) {
		return nil
	}
	m := make(marks, len(list))
	for i, app := range page.Apps {
		m[app.ID] = mark{print: list[i]}
	}
	for _, i := range page.Same {
		if i >= 0 && i < len(list) {
			m[page.Apps[i].ID] = mark{list[i], true}
		}
	}
	return m
}

// chooseApps returns the apps whose users are to be read: all but those whose rows are
// the same. Of these a few are read to verify it. A record that was just created has
// nobody, so its app is read whatever its row says.
func (s *syncRun) chooseApps(stream contract.Stream, refs []contract.AppRef, m marks) []contract.AppRef {
	sc := &s.state.Shortcut
	if sc.From.Run == "" {
		return refs
	}
	var read, same []contract.AppRef
	var candidates []prints.Candidate
	for _, ref := range refs {
		if ref.New || !m[ref.App].same || s.failed[ref.App] {
			read = append(read, ref)
			continue
		}
		same = append(same, ref)
		candidates = append(candidates, prints.Candidate{ID: stream.ID + "/" + ref.App, Users: ref.Users})
	}
	sc.Same += len(same)
	chosen, cost := prints.Choose(s.params.Run, candidates, prints.CountSample(sc.Same)-sc.Sampled, s.sampleBudget())
	for _, i := range chosen {
		ref := same[i]
		ref.Same = true
		read = append(read, ref)
	}
	sc.Sampled, sc.Cost = sc.Sampled+len(chosen), sc.Cost+cost
	s.state.Result.Counts.Apps.NoNews += len(same) - len(chosen)
	for _, ref := range read {
		s.rememberRead(stream, ref.App)
	}
	return read
}

// sampleBudget is how many requests the sample may still take: what opening took
// beyond the first page of apps counts as well.
func (s *syncRun) sampleBudget() int {
	opened := max(s.state.Plan.Requests.Defender-1, 0)
	return max(prints.MaxRequests-opened, prints.LeastSample) - s.state.Shortcut.Cost
}

// rememberRead remembers that an app was read, or given up for this session.
func (s *syncRun) rememberRead(stream contract.Stream, ids ...string) {
	sc := &s.state.Shortcut
	for _, id := range ids {
		if sc.From.Run != "" && len(sc.Read) < maxReadKept*prints.Size {
			p := prints.Of(stream.ID, id)
			sc.Read = append(sc.Read, p[:]...)
		}
	}
}

// takeMissed takes in which apps of the sample had news. One is enough: the lists are
// read again for what was left alone, and nothing is left alone any more.
func (s *syncRun) takeMissed(missed []string) {
	sc := &s.state.Shortcut
	if len(missed) == 0 || sc.From.Run == "" {
		return
	}
	sc.From, sc.Keep, sc.Missed = contract.PrintsRef{}, false, true
	s.prints = nil
	s.state.Result.AddWarning(noteMissed)
}

// restartLists has the lists read again from the first one on, where an app of the
// sample had news and others were left alone before.
func (s *syncRun) restartLists() bool {
	st := s.state
	sc := &st.Shortcut
	if !sc.Missed || st.Result.Counts.Apps.NoNews == 0 {
		return false
	}
	st.Result.Counts.Apps.NoNews = 0
	if sc.AgainStream, sc.AgainSkip = st.Stream, st.Skip; st.Skip < 0 {
		sc.AgainStream, sc.AgainSkip = st.Stream+1, 0
	}
	st.Stream, st.Skip, st.Walk = 0, 0, contract.Walk{}
	s.forgetList()
	return true
}

// isAgain reports whether the page at hand was read before.
func (s *syncRun) isAgain() bool {
	sc := s.state.Shortcut
	return s.state.Stream < sc.AgainStream || s.state.Stream == sc.AgainStream && s.state.Skip < sc.AgainSkip
}

// dropRead leaves out the apps that were read before the lists were begun again.
func (s *syncRun) dropRead(apps []saas.App) []saas.App {
	sc := s.state.Shortcut
	if !sc.Missed || len(sc.Read) == 0 {
		return apps
	}
	list, err := prints.Split(sc.Read)
	if err != nil {
		return apps
	}
	read, out := prints.NewSet(list), []saas.App(nil)
	for _, app := range apps {
		if !read.Has(prints.Of(s.currentStream().ID, app.ID)) {
			out = append(out, app)
		}
	}
	return out
}

// collectPrints notes the fingerprints of the apps of a page that is done: of those
// that were read whole, and of those that were left alone.
func (s *syncRun) collectPrints(refs []contract.AppRef, m marks) {
	if !s.state.Shortcut.Keep {
		return
	}
	for _, ref := range refs {
		if p := m[ref.App].print; !p.IsZero() && !s.failed[ref.App] {
			s.prints = append(s.prints, p)
		}
	}
}

// keepPrints has the fingerprints of this run kept with those of the runs before. What
// fails costs the next session requests, and no more than that.
func (s *syncRun) keepPrints(ctx workflow.Context) error {
	sc := &s.state.Shortcut
	if !sc.Keep || len(s.prints) == 0 {
		return nil
	}
	s.phase = "keeping what was read of apps"
	var out contract.KeepPrintsResult
	err := workflow.ExecuteActivity(withKeepPrintsOptions(ctx), contract.ActivityKeepPrints, contract.KeepPrintsParams{
		Prints: prints.Join(s.prints), Before: sc.Kept,
	}).Get(ctx, &out)
	self := workflow.GetInfo(ctx).WorkflowExecution
	switch {
	case temporal.IsCanceledError(err):
		return err
	case err != nil:
		out.Fault = temporalerr.Reason(err)
		fallthrough
	case out.Fault != "":
		s.state.Result.AddWarning(fmt.Sprintf("what was read of apps could not be kept, so the next session reads the users of every app: %s", out.Fault))
		sc.Keep, sc.Kept = false, contract.PrintsRef{}
	default:
		plan := s.state.Plan
		sc.Kept = contract.PrintsRef{Workflow: self.ID, Run: self.RunID, Timeframe: plan.Window.Timeframe, Threshold: plan.Window.Threshold}
	}
	return nil
}
