// Package versions judges the workers of an integration by Temporal's worker
// versioning: which build gets new work, which still has work to finish, and what an
// operator has to do about it. Its rules are pure; package sessions reads what they
// judge. Without worker versioning every worker is of the zero Version.
package versions

import (
	"slices"
	"time"
)

// Version names one build of a worker deployment. Its zero value stands for the
// workers without a version.
type Version struct {
	Deployment string `json:"deployment,omitempty"`
	Build      string `json:"build,omitempty"`
}

// IsSet reports whether it is a version at all.
func (v Version) IsSet() bool { return v != Version{} }

// String is "build 0.2.0 of hr", or "unversioned".
func (v Version) String() string {
	if !v.IsSet() {
		return "unversioned"
	}
	return "build " + v.Build + " of " + v.Deployment
}

// Settings are the settings of a worker of the version.
func (v Version) Settings() string {
	return "TEMPORAL_DEPLOYMENT_NAME=" + v.Deployment + " TEMPORAL_WORKER_BUILD_ID=" + v.Build
}

// Status is what Temporal does with a version.
type Status string

// The statuses of a version.
const (
	Current  Status = "current"  // gets new work
	Ramping  Status = "ramping"  // gets a share of it
	Draining Status = "draining" // gets none; something that began on it still runs, or may
	Drained  Status = "drained"  // gets none, and nothing runs on it
	Inactive Status = "inactive" // has got none yet
)

// Build is a version as Temporal keeps it.
type Build struct {
	Version
	Status Status    `json:"status"`
	Since  time.Time `json:"since,omitzero"` // since when it has the status; zero: not known
}

// Deployment is a worker deployment with its builds, the latest first.
type Deployment struct {
	Name    string  `json:"name"`
	Manager string  `json:"manager,omitempty"` // who alone may route its work; "": anybody
	Builds  []Build `json:"builds"`
}

// Routing is where Temporal sends the work of a task queue that is bound to no version.
type Routing struct {
	Current Version `json:"current"`
	Ramping Version `json:"ramping"`
	Percent float32 `json:"percent"` // of new work that goes to Ramping; 0: none
}

// Receives reports whether a version gets new work.
func (r Routing) Receives(v Version) bool {
	return r.Percent < 100 && v == r.Current || r.Percent > 0 && v == r.Ramping
}

// Main is the version that gets most new work.
func (r Routing) Main() Version {
	if r.Percent > 50 {
		return r.Ramping
	}
	return r.Current
}

// Worker is a process that polls the task queue. Its times are those of its latest
// polls, as Temporal knows them for some minutes; zero: it does not poll for that.
type Worker struct {
	Identity   string    `json:"identity"`
	Version    Version   `json:"version"`
	Workflows  time.Time `json:"workflows,omitzero"`
	Activities time.Time `json:"activities,omitzero"`
}

// LastPoll is when it polled last, for what it has not polled for longer.
func (w Worker) LastPoll() time.Time {
	if w.Activities.Before(w.Workflows) {
		return w.Activities
	}
	return w.Workflows
}

// Kind says what a workflow is to the integration.
type Kind string

// The kinds of workflows.
const (
	Session Kind = "session"
	Lane    Kind = "lane" // the session's Sync
	Watch   Kind = "watch"
	Report  Kind = "report"
)

// Run is a workflow that runs.
type Run struct {
	Kind    Kind      `json:"kind"`
	ID      string    `json:"id"`
	Run     string    `json:"run"`
	Began   time.Time `json:"began"`
	Version Version   `json:"version"` // that its latest step was on; unset also before its first step
	Pinned  bool      `json:"pinned"`  // it stays with that version to its end
	Started bool      `json:"started"` // a worker has picked it up
}

// Fleet is all that the rules judge.
type Fleet struct {
	At          time.Time    `json:"at"`
	Queue       string       `json:"taskQueue"`
	Routing     Routing      `json:"routing"`
	Deployments []Deployment `json:"deployments"`
	Workers     []Worker     `json:"workers"`
	Running     []Run        `json:"running"`
	// Unread is why Temporal tells nothing of worker deployments; "": it does.
	Unread string `json:"unread,omitempty"`
	// Waiting is how long the oldest task has waited that is bound to a version.
	Waiting map[Version]time.Duration `json:"-"`
}

// silence is after how long without a poll a worker is taken for gone. An idle one
// polls every minute, and Temporal lists one that has gone for five.
const silence = 2 * time.Minute

// stuck is how long a task may wait for a worker of its version. One that runs takes
// it within moments.
const stuck = 15 * time.Second

// IsVersioned reports whether worker versioning has anything to do with the fleet.
func (f Fleet) IsVersioned() bool {
	return slices.ContainsFunc(f.ListVersions(), Version.IsSet)
}

// IsLive reports whether a worker is taken to be running.
func (f Fleet) IsLive(w Worker) bool { return f.At.Sub(w.LastPoll()) < silence }

// ListLive returns the running workers of a version.
func (f Fleet) ListLive(v Version) (out []Worker) {
	for _, w := range f.Workers {
		if w.Version == v && f.IsLive(w) {
			out = append(out, w)
		}
	}
	return out
}

// Lacks reports whether work that is bound to a version has no worker to do it.
func (f Fleet) Lacks(v Version) bool { return len(f.ListLive(v)) == 0 || f.Waiting[v] >= stuck }

// ListVersions returns every version that the fleet knows of: those of a deployment
// with its latest build first, and last, if there is anything of it, the unversioned.
func (f Fleet) ListVersions() (out []Version) {
	add := func(v Version) {
		if v.IsSet() && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	for _, d := range f.Deployments {
		for _, b := range d.Builds {
			add(b.Version)
		}
	}
	add(f.Routing.Current)
	add(f.Routing.Ramping)
	bare := !f.Routing.Current.IsSet()
	for _, w := range f.Workers {
		add(w.Version)
		bare = bare || !w.Version.IsSet()
	}
	for _, r := range f.Running {
		add(r.Version)
	}
	if bare {
		out = append(out, Version{})
	}
	return out
}

// FindBuild returns what Temporal keeps of a version. One that it does not list has
// the status that the routing gives it.
func (f Fleet) FindBuild(v Version) Build {
	for _, d := range f.Deployments {
		for _, b := range d.Builds {
			if b.Version == v {
				return b
			}
		}
	}
	b := Build{Version: v, Status: Inactive}
	if f.Routing.Receives(v) {
		b.Status = Current
		if v != f.Routing.Current {
			b.Status = Ramping
		}
	}
	return b
}

// ListRuns returns what runs on a version: what is bound to it, or whose latest step
// was on it.
func (f Fleet) ListRuns(v Version) (out []Run) {
	for _, r := range f.Running {
		if r.Version == v && (v.IsSet() || r.Started) {
			out = append(out, r)
		}
	}
	return out
}

// listPinned returns what runs on a version to its end.
func (f Fleet) listPinned(v Version) (out []Run) {
	for _, r := range f.Running {
		if r.Version == v && r.Pinned {
			out = append(out, r)
		}
	}
	return out
}

// managerOf is who alone may route the work of a version's deployment, or "".
func (f Fleet) managerOf(v Version) string {
	for _, d := range f.Deployments {
		if d.Name == v.Deployment {
			return d.Manager
		}
	}
	return ""
}
