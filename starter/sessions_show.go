package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

func (c commands) sessionsShow() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "Show everything about one session; while it runs, its progress",
		ArgsUsage: "[SESSION|latest|running]",
		Description: describe("SESSION is the name that 'sessions list' shows, a workflow id or a run id. Without it, the latest session is "+
			"shown.\n\n"+
			"The run id, which --output json shows, is needed only to tell apart sessions that were triggered outside of "+
			"defendersync within one second: Temporal gives them the same workflow id.",
			"defendersync sessions show",
			"defendersync sessions show 2026-11-24T00:00:00Z --output json"),
		Flags:  []cli.Flag{outputFlag()},
		Before: atMostOne,
		Action: func(ctx *cli.Context) error {
			return c.onSession(ctx, "latest", func(conn connection, e entry) error {
				if ctx.String("output") != "json" {
					c.printEntry(conn, e)
				} else if err := printJSON(c.out, detailOf(conn, e)); err != nil {
					return err
				}
				return e.keyless
			})
		},
	}
}

// atMostOne refuses more words than one.
func atMostOne(ctx *cli.Context) error {
	if ctx.NArg() > 1 {
		return usage(fmt.Errorf("'%s' takes one session, but also got %q", ctx.Command.HelpName, ctx.Args().Get(1)))
	}
	return nil
}

// onSession connects and does something with the session that is named.
func (c commands) onSession(ctx *cli.Context, otherwise string, do func(connection, entry) error) error {
	conn, err := c.connect(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.close()
	name := ctx.Args().First()
	if name == "" {
		name = otherwise
	}
	e, err := conn.named(ctx.Context, name)
	if err != nil {
		return err
	}
	return do(conn, e)
}

// named finds a session by its name: latest, running, or its id.
func (c connection) named(ctx context.Context, name string) (entry, error) {
	switch name {
	case "latest":
		return c.latest(ctx)
	case "running":
		open, err := c.standing(ctx)
		if err == nil && len(open) == 0 {
			err = fmt.Errorf("no session of %s is running", c.integration())
		}
		if err != nil {
			return entry{}, err
		}
		return c.find(ctx, open[0].id, open[0].run)
	}
	if run, err := uuid.Parse(name); err == nil {
		return c.byRun(ctx, run.String())
	}
	return c.find(ctx, c.longName(name), "")
}

// byRun finds a session by the id that Temporal gave to its run: sessions that
// the schedule was told to start within the same second have one name.
func (c connection) byRun(ctx context.Context, run string) (entry, error) {
	found, err := c.list(ctx, sessionFilter{run: run, limit: 1})
	if err != nil {
		return entry{}, err
	}
	if len(found) == 0 {
		return entry{}, fmt.Errorf("Temporal lists no session of %s with run id %s in namespace %s", c.integration(), run, c.namespace)
	}
	return found[0], nil
}

// latest finds the session that started last. The list lags behind by a
// moment, so the one that holds the lane and the schedule's last are looked at
// too.
func (c connection) latest(ctx context.Context) (entry, error) {
	listed, err := c.list(ctx, sessionFilter{limit: 1})
	if err != nil {
		return entry{}, err
	}
	ids := map[string]bool{}
	if lane, err := c.lane(ctx); err == nil && lane != "" {
		ids[lane] = true
	}
	if d, err := c.scheduled(ctx); err == nil && d != nil && len(d.Info.RecentActions) > 0 {
		if r := d.Info.RecentActions[len(d.Info.RecentActions)-1].StartWorkflowResult; r != nil {
			ids[r.WorkflowID] = true
		}
	}
	for id := range ids {
		if e, err := c.find(ctx, id, ""); err == nil && (len(listed) == 0 || e.Began.After(listed[0].Began)) {
			listed = []entry{e}
		}
	}
	if len(listed) == 0 {
		return entry{}, fmt.Errorf("Temporal keeps no session of %s in namespace %s: start one with 'defendersync run', or see whether INTEGRATION_NAME and TEMPORAL_NAMESPACE are right", c.integration(), c.namespace)
	}
	return listed[0], nil
}

// detail is a session as --output json shows it.
type detail struct {
	contract.SessionResult
	Run     string           `json:"run"`
	Took    string           `json:"took"`
	WebUI   string           `json:"webUI,omitempty"`
	Phase   string           `json:"phase,omitempty"`   // of one that runs
	Waiting string           `json:"waiting,omitempty"` // what is being waited for: for what, since when, until when
	Wait    contract.Waiting `json:"wait,omitzero"`     // the same in its parts
	Unclear string           `json:"unclear,omitempty"` // why the counts are not known
}

func detailOf(c connection, e entry) detail {
	d := detail{SessionResult: e.SessionResult, Run: e.Run, Took: e.took(), WebUI: c.link(e.Session), Unclear: e.Unclear}
	if e.Glance != nil {
		d.Phase, d.Waiting, d.Wait = e.Glance.Phase, e.Glance.waiting, e.Glance.Waiting
	}
	if e.Queued != nil {
		d.Phase, d.Waiting = "queued", e.Queued.says(c)
	}
	return d
}

// printEntry prints a session for people.
func (c commands) printEntry(conn connection, e entry) {
	if e.Unclear != "" {
		e.SessionResult = contract.SessionResult{Session: e.Session, Outcome: e.Outcome, Began: e.Began, Ended: e.Ended, StartedBy: e.StartedBy}
	}
	printResult(c.out, e.SessionResult)
	if e.Queued != nil {
		fmt.Fprintf(c.out, "  %s\n", e.Queued.says(conn))
	}
	if e.Glance != nil {
		fmt.Fprintf(c.out, "  now: %s\n", c.newView().line(*e.Glance))
	}
	fmt.Fprintf(c.out, "  started %s by %s\n", clock(e.Began, conn.zone()), orNobody(e.StartedBy))
	if e.Outcome == saas.OutcomeRunning {
		fmt.Fprintf(c.out, "  running for %s\n", e.took())
	}
	if e.Unclear != "" {
		fmt.Fprintf(c.out, "  its counts are not known: %s\n", e.Unclear)
	}
	if n := e.Rejects.Total(); n > 0 {
		fmt.Fprintf(c.out, "  all rejected rows: defendersync sessions errors %s\n", conn.shortName(e.Session))
	}
	if link := conn.link(e.Session); link != "" {
		fmt.Fprintf(c.out, "  see %s\n", link)
	}
}

func orNobody(name string) string {
	if name == "" {
		return "somebody"
	}
	return name
}
