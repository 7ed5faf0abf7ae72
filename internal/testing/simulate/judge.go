package simulate

import (
	"maps"
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// judgeSession compares what a session left behind, and what it said of itself, with
// what it should have.
func (r *run) judgeSession(i int, end ended) {
	res := end.result
	r.countSession(res)
	r.trace.noteEvent("session", hashOf(string(res.Outcome)), uint64(res.Counts.Users.Seen), uint64(res.Counts.Users.Added))
	r.trace.tellLine("=== session %d: %s (%s: %s) after %s %s, counts %+v, rejects %+v, skips %+v, notes %q", i, res.Outcome, res.Mode, res.Reason, end.took, res.Error, res.Counts, res.Rejects.ByReason, res.Skips.ByReason, res.Warnings)
	r.trace.tellLine("=== carry %+v", res.Carry)
	for _, x := range end.rejects {
		r.trace.tellLine("=== reject %+v", x)
	}
	now := r.sim.Holdings()
	if r.Sessions[i].DryRun {
		if changed := r.sim.Counts(); changed != r.held.Counts {
			r.noteFinding("dry run", "a dry run wrote: %+v, before %+v", changed, r.held.Counts)
		}
	} else {
		r.judgeContent(i, end)
	}
	r.judgeTotals(i, res)
	r.judgeOutcome(i, res)
	r.judgeHistory(now)
	r.judgeRequests(i, end)
}

// countSession adds a session to the statistics.
func (r *run) countSession(res contract.SessionResult) {
	if r.stats.Outcomes == nil {
		r.stats.Outcomes = map[string]int{}
	}
	r.stats.Outcomes[string(res.Outcome)]++
	r.stats.Rows += res.Counts.Users.Seen
	for range len(r.sim.Drifted()) - r.drifted {
		r.stats.countFault("rows moved while a list was read")
	}
	r.drifted = len(r.sim.Drifted())
}

// judgeContent compares the whole content of Oomnitza with the oracle.
func (r *run) judgeContent(i int, end ended) {
	res := end.result
	if brokeOff(res) && r.sim.Variants().LinkKeyIgnored && r.sim.Options().SameNames > 0 {
		return // of apps of one name nothing tells yet which one a record is
	}
	told := oracle.Told{
		Failed: res.Outcome == saas.OutcomeFailed || res.Outcome == saas.OutcomeCancelled,
		Errors: res.Outcome == saas.OutcomeCompletedWithErrors, Skipped: res.Skips.Total(),
	}
	if res.Mode == string(saas.ModeIncremental) {
		told.Quiet = r.rows.FindQuiet(r.sim, end.threshold)
		oracle.AddSpared(r.sim, res.Spared, told.Quiet)
	}
	for _, x := range end.rejects {
		told.RejectRow(x.Reason, x.App, x.Subject)
	}
	r.noteUnread(end)
	for _, d := range told.FindUnexplained(r.oracle.AllowNew(r.sim).FindDifferences(r.sim)) {
		if d.IsMissing() && (r.unread[d.App] || d.App == "" && len(r.unread) > 0) {
			continue
		}
		if strings.Contains(d.Text, "created twice") && r.readsLagged() {
			continue
		}
		kind := "wrong"
		if d.IsMissing() {
			kind = "missing"
		}
		r.noteFinding(kind, "session %d (%s): %s", i, res.Outcome, d.Text)
	}
}

// noteUnread notes the apps whose row in a list could not be read: without a name
// nothing can ask for them again, so what is older than the window of the next
// sessions waits for a full one.
func (r *run) noteUnread(end ended) {
	if saas.Mode(end.result.Mode) == saas.ModeFull && !brokeOff(end.result) {
		r.unread = map[string]bool{}
	}
	for _, x := range slices.Concat(end.rejects, end.result.Rejects.Samples) { // opening reads a page, too
		if x.Reason == "app row unreadable" {
			r.unread[x.App] = true
		}
	}
}

// judgeTotals compares the numbers of active users after a session that read
// everything, where nothing kept it from counting them: a worker that takes over in
// the middle of a list counts only once it knows that last activity is kept.
func (r *run) judgeTotals(i int, res contract.SessionResult) {
	s := &r.Sessions[i]
	whole := saas.Mode(res.Mode) == saas.ModeFull && res.Outcome == saas.OutcomeCompleted && !s.DryRun && len(s.Moments) == 0
	if !whole || res.Rejects.Total() > 0 || len(res.Warnings)+len(r.Switches) > 0 || r.Drift > 0 || !keepsActivity(r.sim.Variants()) {
		return
	}
	for _, d := range r.oracle.ActiveDifferences(r.sim, res.Carry.Watermark) {
		r.noteFinding("wrong", "session %d: %s", i, d.Text)
	}
}

// keepsActivity reports whether a tenant keeps a last activity that it is sent.
func keepsActivity(v simulator.Variants) bool { return v.LastVisit == "" || v.LastVisit == "kept" }

// readsLagged reports whether reads did not show what was there: then a create
// may be repeated by a worker that looked before.
func (r *run) readsLagged() bool {
	return r.stats.Faults[faultStale] > 0 || slices.Contains(r.Switches, "people show late") || slices.Contains(r.Switches, "records show late")
}

// judgeOutcome compares how a session ended with how it may.
func (r *run) judgeOutcome(i int, res contract.SessionResult) {
	s := &r.Sessions[i]
	cancelled := slices.ContainsFunc(s.Moments, func(m Moment) bool { return m.What == "cancel" })
	switch {
	case res.Outcome == saas.OutcomeFailed && res.Error == "":
		r.noteFinding("silent failure", "session %d failed and does not say why", i)
	case res.Outcome == saas.OutcomeCancelled && cancelled:
	case s.Kind && r.sim.Variants().Unkind.People.Ghosts == 0 && (res.Outcome != saas.OutcomeCompleted || res.Rejects.Total() > 0):
		r.noteFinding("outcome", "session %d is %s (%s) although the tenants are kind again: %s", i, res.Outcome, res.Error, reasonsOf(res))
	case r.isMild() && r.worstEnding() == simulator.Exact && res.Outcome != saas.OutcomeCompleted:
		r.noteFinding("outcome", "session %d is %s (%s) although nothing was in its way: %s", i, res.Outcome, res.Error, reasonsOf(res))
	}
	u := res.Counts.Users
	if !brokeOff(res) && u.Seen != u.Added+u.Updated+u.Unchanged+u.Repeated+u.Skipped+u.Rejected {
		r.noteFinding("counts", "session %d: the counts don't add up: %+v", i, u)
	}
}

func brokeOff(res contract.SessionResult) bool {
	return res.Outcome == saas.OutcomeFailed || res.Outcome == saas.OutcomeCancelled
}

// reasonsOf are the reasons of rejected rows, in short.
func reasonsOf(res contract.SessionResult) string {
	var out []string
	for _, c := range res.Rejects.ByReason {
		out = append(out, c.Reason)
	}
	return strings.Join(out, ", ")
}

// judgeHistory compares what Oomnitza holds with what it held: nothing goes
// away, and no last activity moves backwards.
func (r *run) judgeHistory(now simulator.Holdings) {
	for _, name := range slices.Sorted(maps.Keys(r.held.People)) {
		if _, ok := now.People[name]; !ok {
			r.noteFinding("deleted", "person %q is gone", name)
		}
	}
	ids := map[string]string{}
	for name, rec := range now.SaaS {
		ids[rec.ID] = name
	}
	for _, name := range slices.Sorted(maps.Keys(r.held.SaaS)) {
		as, ok := ids[r.held.SaaS[name].ID]
		if !ok {
			r.noteFinding("deleted", "record %q is gone", name)
			continue
		}
		have := map[string]time.Time{}
		for _, seat := range now.Assigned[as] {
			have[seat.Username] = seat.LastActivity
		}
		for _, seat := range r.held.Assigned[name] {
			switch last, ok := have[seat.Username]; {
			case !ok:
				r.noteFinding("deleted", "%q is no longer assigned to %q", seat.Username, name)
			case last.Before(seat.LastActivity):
				r.noteFinding("backwards", "%q was last seen in %q at %s, and before at %s", seat.Username, name, last, seat.LastActivity)
			}
		}
	}
}

// mayComeAgain is how many pages may come again that are not recorded: opening
// reads some of its own.
const mayComeAgain = 3

// judgeRequests bounds what was asked of Defender.
func (r *run) judgeRequests(i int, end ended) {
	if most := r.network.windows[defenderHost].most; r.Budget > 0 && most > r.Budget {
		r.noteFinding("budget", "session %d: %d requests within a minute, of %d", i, most, r.Budget)
	}
	// Only where nothing slows the writing down, and no list moves.
	calm := len(r.Faults)+len(r.Storms)+len(r.Switches) == 0 && r.Drift == 0 && r.Latency < 100*time.Millisecond && r.Slow == 0
	if again := r.network.again; calm && again > mayComeAgain {
		if r.repeatsNames() {
			again = r.network.thrice
		}
		if again > mayComeAgain {
			r.noteFinding("fetched again", "session %d: %d pages that a worker had recorded before it died were fetched again", i, again)
		}
	}
	if end.took > 10*24*time.Hour {
		r.noteFinding("endless", "session %d took %s", i, end.took)
	}
}

// repeatsNames reports whether a list of users has two rows of one name: such a list
// seems to move, and is read twice.
func (r *run) repeatsNames() bool {
	for app := range r.sim.Truth() {
		met := map[[2]string]bool{}
		for _, u := range app.Users {
			key := [2]string{u.Stream, u.User}
			if met[key] {
				return true
			}
			met[key] = true
		}
	}
	return false
}
