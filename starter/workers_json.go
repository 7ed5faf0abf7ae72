package main

import (
	"defendersync/internal/envelope"
	"defendersync/internal/versions"
)

// fleetJSON is the workers as JSON shows them.
type fleetJSON struct {
	TaskQueue   string             `json:"taskQueue"`
	Routing     versions.Routing   `json:"routing"`
	Deployments []deploymentJSON   `json:"deployments"`
	Versions    []liveVersionJSON  `json:"versions"`
	Workers     []workerJSON       `json:"workers"`
	Running     []runJSON          `json:"running"`
	Findings    []versions.Finding `json:"findings"`         // what needs somebody, and what to do next
	Unread      string             `json:"unread,omitempty"` // why the worker deployments are not known
}

// deploymentJSON is a worker deployment with its builds, the latest first.
type deploymentJSON struct {
	Name    string      `json:"name"`
	Manager string      `json:"manager,omitempty"` // who alone may route its work; absent: anybody
	Builds  []buildJSON `json:"builds"`
}

// buildJSON is a version as Temporal keeps it. Without deployment and build it stands for
// workers without a version.
type buildJSON struct {
	versions.Version
	Status versions.Status `json:"status"`
	Since  envelope.Time   `json:"since,omitzero"` // since when it has the status
}

// liveVersionJSON is a version with its live workers and what runs on it.
type liveVersionJSON struct {
	buildJSON
	Workers int      `json:"workers"`
	Runs    []string `json:"runs"` // workflow ids
}

// workerJSON is a process that polls the task queue.
type workerJSON struct {
	Identity   string           `json:"identity"`
	Version    versions.Version `json:"version"`
	Workflows  envelope.Time    `json:"workflows,omitzero"`  // its latest poll for workflows; absent: it does not poll for them
	Activities envelope.Time    `json:"activities,omitzero"` // its latest poll for activities
}

// runJSON is a workflow that runs.
type runJSON struct {
	Kind    versions.Kind    `json:"kind"`
	ID      string           `json:"id"`
	Run     string           `json:"run"`
	Began   envelope.Time    `json:"began"`
	Version versions.Version `json:"version"` // that its latest step was on
	Pinned  bool             `json:"pinned"`  // it stays with that version to its end
	Started bool             `json:"started"` // a worker has picked it up
}

func viewFleet(v workersView) fleetJSON {
	j := fleetJSON{
		TaskQueue: v.Queue, Routing: v.Routing, Findings: v.Findings, Unread: v.Fleet.Unread,
		Deployments: []deploymentJSON{}, Versions: []liveVersionJSON{}, Workers: []workerJSON{}, Running: []runJSON{},
	}
	for _, d := range v.Deployments {
		one := deploymentJSON{Name: d.Name, Manager: d.Manager, Builds: []buildJSON{}}
		for _, b := range d.Builds {
			one.Builds = append(one.Builds, viewBuild(b))
		}
		j.Deployments = append(j.Deployments, one)
	}
	for _, row := range v.Versions {
		j.Versions = append(j.Versions, liveVersionJSON{viewBuild(row.Build), row.Workers, row.Runs})
	}
	for _, w := range v.Workers {
		j.Workers = append(j.Workers, workerJSON{w.Identity, w.Version, envelope.At(w.Workflows), envelope.At(w.Activities)})
	}
	for _, r := range v.Running {
		j.Running = append(j.Running, runJSON{r.Kind, r.ID, r.Run, envelope.At(r.Began), r.Version, r.Pinned, r.Started})
	}
	return j
}

func viewBuild(b versions.Build) buildJSON {
	return buildJSON{b.Version, b.Status, envelope.At(b.Since)}
}
