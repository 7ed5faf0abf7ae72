package versions

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Level says how bad a finding is.
type Level string

// The levels of findings.
const (
	Wrong     Level = "wrong"     // work waits
	Attention Level = "attention" // works, but not as somebody may have meant it
	Hint      Level = "hint"      // in order; says what comes next
)

// Finding is one thing that the rules have found, with what to do about it.
type Finding struct {
	Level Level  `json:"level"`
	Text  string `json:"text"`
	Todo  string `json:"todo,omitempty"`
}

// String is the finding in one line.
func (f Finding) String() string {
	if f.Todo == "" {
		return f.Text
	}
	return f.Text + ": " + f.Todo
}

// Judge returns what is wrong with the fleet or worth knowing of it, the worst first.
func Judge(f Fleet) []Finding {
	out := f.judgeRouting()
	if f.Unread != "" {
		out = append(out, Finding{Attention, "Temporal does not tell of worker deployments, so statuses of builds are not known (" + f.Unread + ")",
			"use a server and credentials that allow them, or unset TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID"})
	}
	for _, v := range f.ListVersions() {
		out = append(out, f.judgePinned(v)...)
		if !f.Routing.Receives(v) && len(f.ListLive(v)) > 0 {
			out = append(out, f.judgeIdle(v)...)
		}
	}
	rank := []Level{Wrong, Attention, Hint}
	slices.SortStableFunc(out, func(a, b Finding) int { return slices.Index(rank, a.Level) - slices.Index(rank, b.Level) })
	return out
}

// judgeRouting finds versions that get new work and have no worker to do it.
func (f Fleet) judgeRouting() (out []Finding) {
	r := f.Routing
	if r.Percent < 100 && len(f.ListLive(r.Current)) == 0 {
		out = append(out, f.findIdleRoute(r.Current, "new work waits"))
	}
	if r.Percent > 0 && len(f.ListLive(r.Ramping)) == 0 {
		out = append(out, f.findIdleRoute(r.Ramping, fmt.Sprintf("%g %% of new work waits", r.Percent)))
	}
	return out
}

// findIdleRoute is that a version gets new work and has no worker.
func (f Fleet) findIdleRoute(v Version, waits string) Finding {
	candidates := f.listOthers(v)
	if v.IsSet() {
		todo := "start workers with " + v.Settings()
		if len(candidates) > 0 {
			todo += ", or " + f.promoteOneOf(candidates)
		}
		return Finding{Wrong, v.String() + " gets new work, but no worker of it runs, so " + waits, todo}
	}
	if len(candidates) > 0 {
		return Finding{Wrong, "no build is current, so the running workers of " + joinVersions(candidates) + " get no new work, and " + waits, f.promoteOneOf(candidates)}
	}
	return Finding{Wrong, "no worker is running, so " + waits, "start defendersync-worker for task queue " + f.Queue}
}

// listOthers returns the versions with running workers that get no new work.
func (f Fleet) listOthers(v Version) []Version {
	return slices.DeleteFunc(f.ListVersions(), func(o Version) bool {
		return !o.IsSet() || o == v || len(f.ListLive(o)) == 0
	})
}

// promoteOneOf says how to have new work go to one of some versions.
func (f Fleet) promoteOneOf(list []Version) string {
	if manager := f.managerOf(list[0]); manager != "" {
		return manager + " manages deployment " + list[0].Deployment + " and decides which build is current"
	}
	var commands []string
	for _, v := range list {
		commands = append(commands, "'"+PromoteCommand(v)+"'")
	}
	return "run " + strings.Join(commands, " or ")
}

// PromoteCommand is the command that makes a version the current one.
func PromoteCommand(v Version) string {
	if !v.IsSet() {
		return "defendersync workers promote --unversioned"
	}
	return "defendersync workers promote " + v.Build
}

// judgePinned finds work that is bound to a version of which no worker runs.
func (f Fleet) judgePinned(v Version) []Finding {
	pinned, waited := f.listPinned(v), f.Waiting[v]
	if len(pinned) == 0 || !f.Lacks(v) {
		return nil
	}
	text := fmt.Sprintf("%s %s with %s", joinRuns(pinned), stay(pinned), v)
	if len(f.ListLive(v)) == 0 {
		text += ", of which no worker runs, and so " + wait(pinned)
	} else {
		text += fmt.Sprintf(", of which no worker has taken its tasks for %s", waited.Round(time.Second))
	}
	return []Finding{{Wrong, text, "start a worker with " + v.Settings() + " until it is finished"}}
}

// judgeIdle judges running workers that get no new work.
func (f Fleet) judgeIdle(v Version) []Finding {
	live := f.ListLive(v)
	if !v.IsSet() {
		return []Finding{{Attention, "workers without a version get no work while " + f.Routing.Main().String() + " is current (" + joinWorkers(live) + ")",
			"stop them, or start them with TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID"}}
	}
	if pinned := f.listPinned(v); len(pinned) > 0 {
		return []Finding{{Hint, fmt.Sprintf("%s gets no new work and finishes %s", v, joinRuns(pinned)), "keep its workers running until then"}}
	}
	switch f.FindBuild(v).Status {
	case Drained:
		return []Finding{{Hint, "nothing runs on " + v.String() + " any more", "its workers may be stopped"}}
	case Draining:
		return []Finding{{Hint, "nothing is known to run on " + v.String() + " any more", "stop its workers once Temporal calls it drained, which takes some minutes"}}
	}
	if f.Routing == (Routing{}) && len(f.ListLive(Version{})) == 0 {
		return nil // that no build is current is found already
	}
	return []Finding{{Attention, v.String() + " is neither current nor ramping, so its workers get no new work", f.promoteOneOf([]Version{v})}}
}

// JudgeWorker says whether a worker of a version gets new work, for its own log.
func JudgeWorker(r Routing, own Version) Finding {
	const cure = "run '%s' to have new work go to this build; 'defendersync workers' shows all"
	switch {
	case r.Receives(own) && !own.IsSet():
		return Finding{Level: Hint, Text: "worker versioning is off"}
	case r.Receives(own):
		return Finding{Level: Hint, Text: own.String() + " gets new work"}
	case !own.IsSet():
		return Finding{Attention, "this worker has no version and gets no work while " + r.Main().String() + " is current",
			"set TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID, or run '" + PromoteCommand(own) + "' to go back to workers without versions"}
	case !r.Main().IsSet():
		return Finding{Attention, "no build is current, so this worker of " + own.String() + " gets no new work", fmt.Sprintf(cure, PromoteCommand(own))}
	}
	return Finding{Attention, own.String() + " is neither current nor ramping, so this worker gets no new work, only what began on it; current is " + r.Main().String(),
		fmt.Sprintf(cure, PromoteCommand(own))}
}

// joinRuns names workflows; a lane goes without saying with its session.
func joinRuns(list []Run) string {
	named := slices.DeleteFunc(slices.Clone(list), func(r Run) bool { return r.Kind == Lane })
	if len(named) == 0 {
		named = list
	}
	var ids []string
	for _, r := range named {
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, ", ")
}

func joinVersions(list []Version) string {
	var names []string
	for _, v := range list {
		names = append(names, v.String())
	}
	return strings.Join(names, ", ")
}

func joinWorkers(list []Worker) string {
	var names []string
	for _, w := range list {
		names = append(names, w.Identity)
	}
	return strings.Join(names, ", ")
}

// isOne reports whether joinRuns names one workflow.
func isOne(list []Run) bool { return !strings.Contains(joinRuns(list), ",") }

func stay(list []Run) string {
	if isOne(list) {
		return "stays"
	}
	return "stay"
}

func wait(list []Run) string {
	if isOne(list) {
		return "waits"
	}
	return "wait"
}
