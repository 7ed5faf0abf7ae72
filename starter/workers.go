package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/envelope"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/versions"
)

// workersCommand shows the workers, and routes work to a build of them.
func (c commands) workersCommand() *cli.Command {
	return &cli.Command{
		Name:  "workers",
		Usage: "Show the workers, their versions, what still runs on which, and what to do next",
		Description: describe("Workers have a version if TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID are set. Then a session stays with "+
			"the build that began it, and new sessions begin on the build that is current. Temporal calls a build current, "+
			"ramping (gets a share of new work), draining (finishes what it began), drained (nothing runs on it any more) or "+
			"inactive (has got no work yet).\n\n"+
			"Temporal lists a worker that has stopped for some minutes more; one that has not polled for two minutes is called "+
			"silent.\n\n"+
			"Exit codes: 0 no work waits for a worker; 1 some does.",
			"defendersync workers",
			"defendersync workers --output json",
			"defendersync workers --columns build,status,workers",
			"defendersync workers promote 0.3.0"),
		Flags:       []cli.Flag{outputFlag(), columnsFlag(fleetColumns()...)},
		Subcommands: []*cli.Command{c.workersPromoteCommand()},
		Action:      c.showWorkers,
	}
}

// workersView is what the command shows.
type workersView struct {
	versions.Fleet
	Versions []versionRow
	Findings []versions.Finding
}

// versionRow is a version with how many of its workers run, and what runs on it.
type versionRow struct {
	versions.Build
	Workers int
	Runs    []string
}

func (c commands) showWorkers(ctx *cli.Context) error {
	if word := ctx.Args().First(); word != "" {
		return usageError(unknownCommand(ctx.Command.HelpName, word, ctx.Command.Subcommands))
	}
	keys, err := tableKeys(ctx, ctx.String("output"), fleetColumns()...)
	if err != nil {
		return err
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	fleet, err := conn.readFleet(ctx.Context, "")
	if err != nil {
		return err
	}
	v := viewWorkers(fleet)
	if ctx.String("output") == "json" {
		err = envelope.Write(c.out, c.headOf(ctx, conn.integration()), viewFleet(v))
	} else {
		err = c.printWorkers(ctx.Context, v, keys, conn.timeZone())
	}
	if err == nil && slices.ContainsFunc(v.Findings, func(f versions.Finding) bool { return f.Level == versions.Wrong }) {
		err = exitError{code: exitFailed}
	}
	return err
}

// readFleet reads the workers. The settings' own worker deployment is looked up even
// if no worker of it runs; another one may be named in its place.
func (c connection) readFleet(ctx context.Context, deployment string) (versions.Fleet, error) {
	return c.sessionReader().ReadFleet(ctx, cmp.Or(deployment, c.settings.Worker.DeploymentName))
}

// viewWorkers makes the view of a fleet.
func viewWorkers(f versions.Fleet) workersView {
	v := workersView{Fleet: f, Versions: []versionRow{}, Findings: append([]versions.Finding{}, versions.Judge(f)...)}
	v.Deployments = append([]versions.Deployment{}, f.Deployments...)
	v.Workers = append([]versions.Worker{}, f.Workers...)
	v.Running = append([]versions.Run{}, f.Running...)
	slices.SortStableFunc(v.Workers, func(a, b versions.Worker) int {
		return cmp.Or(cmp.Compare(a.Identity, b.Identity), cmp.Compare(a.Version.Build, b.Version.Build))
	})
	for _, version := range f.ListVersions() {
		row := versionRow{Build: f.FindBuild(version), Workers: len(f.ListLive(version)), Runs: []string{}}
		for _, r := range f.ListRuns(version) {
			row.Runs = append(row.Runs, r.ID)
		}
		v.Versions = append(v.Versions, row)
	}
	return v
}

func (c commands) printWorkers(ctx context.Context, v workersView, keys []string, zone *time.Location) error {
	text := c.forPeople()
	fmt.Fprintf(text.out, "task queue %s: %s\n", v.Queue, describeRouting(v.Fleet))
	for _, d := range v.Deployments {
		if d.Manager != "" {
			fmt.Fprintf(text.out, "  deployment %s is managed by %s\n", d.Name, d.Manager)
		}
	}
	for _, table := range []textTable{v.listVersions(zone), v.listPollers()} {
		if len(table.rows) == 0 {
			continue
		}
		if err := c.printTable(ctx, "\n", table, keys, zone); err != nil {
			return err
		}
	}
	text.printRunning(v)
	if len(v.Findings) > 0 {
		fmt.Fprintln(c.out)
	}
	for _, f := range v.Findings {
		sign, colour := markLevel(f.Level)
		fmt.Fprintf(text.out, "%s %s\n", c.paintText(sign, colour), f)
	}
	return nil
}

// describeRouting says where new work goes.
func describeRouting(f versions.Fleet) string {
	r := f.Routing
	switch {
	case !f.IsVersioned():
		return "worker versioning is off"
	case r.Percent > 0:
		return fmt.Sprintf("new work goes to %s, and %g %% of it to %s", nameTarget(r.Current), r.Percent, nameTarget(r.Ramping))
	}
	return "new work goes to " + nameTarget(r.Current)
}

// nameTarget names a version that work goes to.
func nameTarget(v versions.Version) string {
	if !v.IsSet() {
		return "workers without a version"
	}
	return v.String()
}

// formatPoll says how long ago a poll was.
func formatPoll(now, at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return formatDuration(now.Sub(at)) + " ago"
}

// printRunning prints what runs, unless the table of versions has it, and what no worker
// has picked up.
func (c commands) printRunning(v workersView) {
	var runs, waits []string
	for _, r := range v.Running {
		if r.Started {
			runs = append(runs, r.ID)
		} else {
			waits = append(waits, r.ID)
		}
	}
	if len(runs) > 0 && !v.IsVersioned() {
		fmt.Fprintf(c.out, "\nRuns: %s\n", strings.Join(runs, ", "))
	}
	if len(waits) > 0 {
		fmt.Fprintf(c.out, "\nWaits for a worker to begin: %s\n", strings.Join(waits, ", "))
	}
}

// markLevel returns the mark of a level, as check has it, and its colour.
func markLevel(l versions.Level) (string, sheet.Color) {
	switch l {
	case versions.Wrong:
		return statusFailed.chooseMark()
	case versions.Attention:
		return statusWarning.chooseMark()
	}
	return "→", ""
}
