package main

import (
	"slices"
	"strings"
	"time"

	"defendersync/internal/moment"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/versions"
)

// versionColumns are the columns of the table of versions.
func versionColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "build", Title: "Build", Kind: sheet.Name}, {Key: "deployment", Title: "Deployment", Kind: sheet.Name, Rank: 3},
		{Key: "status", Title: "Status", Kind: sheet.Name, Rank: sheet.Always}, {Key: "since", Title: "Since", Kind: sheet.Name, Rank: 4},
		{Key: "workers", Title: "Workers", Kind: sheet.Number, Rank: 2}, {Key: "runs", Title: "Runs on it", Kind: sheet.Prose, Rank: 1},
	}
}

// pollerColumns are the columns of the table of workers.
func pollerColumns() []sheet.Column {
	return []sheet.Column{
		{Key: "identity", Title: "Worker", Kind: sheet.Name}, {Key: "version", Title: "Build", Kind: sheet.Name, Rank: 1},
		{Key: "workflows", Title: "Polled for workflows", Kind: sheet.Name, Rank: 2}, {Key: "activities", Title: "Polled for activities", Kind: sheet.Name, Rank: 3},
		{Key: "state", Title: "State", Kind: sheet.Name, Rank: sheet.Always},
	}
}

// fleetColumns are those of both tables. No key is in both.
func fleetColumns() []sheet.Column { return slices.Concat(versionColumns(), pollerColumns()) }

// unversioned stands for what a worker without a version has not.
const unversioned = "–"

// listVersions makes the table of versions; it has no rows without worker versioning.
func (v workersView) listVersions(zone *time.Location) textTable {
	t := textTable{columns: versionColumns()}
	if !v.IsVersioned() {
		return t
	}
	for _, row := range v.Versions {
		deployment, build, since, status := row.Deployment, row.Version.Build, "", row.Status
		if !row.Version.IsSet() {
			deployment, build = unversioned, "(unversioned)"
			if status == versions.Inactive {
				status = unversioned
			}
		}
		if !row.Since.IsZero() {
			since = moment.FormatWeekday(row.Since, zone)
		}
		t.rows = append(t.rows, sheet.Row{build, deployment, string(status), since, row.Workers, strings.Join(row.Runs, ", ")})
	}
	return t
}

// listPollers makes the table of workers.
func (v workersView) listPollers() textTable {
	t := textTable{columns: pollerColumns()}
	for _, worker := range v.Workers {
		build, state := worker.Version.Build, "polls"
		if build == "" {
			build = unversioned
		}
		if !v.IsLive(worker) {
			state = "silent"
		}
		t.rows = append(t.rows, sheet.Row{worker.Identity, build, formatPoll(v.At, worker.Workflows), formatPoll(v.At, worker.Activities), state})
	}
	return t
}
