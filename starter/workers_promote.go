package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"defendersync/internal/contract"
	"defendersync/internal/versions"
)

// workersPromoteCommand makes a build of the workers the current one.
func (c commands) workersPromoteCommand() *cli.Command {
	return &cli.Command{
		Name:      "promote",
		Usage:     "Make a build current: new sessions begin on it, and the watch moves to it",
		ArgsUsage: "BUILD",
		Description: describe("Running sessions and reports stay with the build that began them, so its workers have to run until it is "+
			"drained; 'defendersync workers' shows when. To go back, promote the former build. What Temporal's worker "+
			"controller manages is its to promote.\n\n"+
			"Shows what changes and asks for confirmation. Scripts pass --yes.",
			"defendersync workers promote 0.3.0",
			"defendersync workers promote 0.3.0 --deployment hr --yes",
			"defendersync workers promote --unversioned"),
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "deployment", Usage: "the worker deployment `NAME`, if several have a build of that id"},
			&cli.BoolFlag{Name: "unversioned", Usage: "have new work go to workers without a version again, in place of a BUILD"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "promote without asking"},
		},
		Action: c.promoteBuild,
	}
}

func (c commands) promoteBuild(ctx *cli.Context) error {
	build, bare := ctx.Args().First(), ctx.Bool("unversioned")
	if ctx.NArg() > 1 || (build == "") != bare {
		return usageError(errors.New("give one BUILD, or --unversioned: 'defendersync workers' shows the builds"))
	}
	conn, err := c.connectTemporal(ctx.Context)
	if err != nil {
		return err
	}
	defer conn.closeClient()
	fleet, err := conn.readFleet(ctx.Context, ctx.String("deployment"))
	if err != nil {
		return err
	}
	p, err := versions.PlanPromotion(fleet, build, ctx.String("deployment"))
	if err != nil {
		return err
	}
	if p.Done {
		fmt.Fprintf(c.out, "%s is current already\n", nameTarget(p.Target))
		return nil
	}
	p.Queues = conn.otherQueues(ctx.Context, fleet.Routing.Current)
	if !ctx.Bool("yes") {
		if err := c.confirmPromotion(ctx.Context, p); err != nil {
			return err
		}
	}
	if err := conn.routeTo(ctx.Context, p); err != nil {
		return err
	}
	return c.reportPromotion(ctx.Context, conn, p)
}

// otherQueues are the task queues besides our own that a version serves. They are
// shown only, so it does not matter if they cannot be read.
func (c connection) otherQueues(ctx context.Context, v versions.Version) []string {
	if !v.IsSet() {
		return nil
	}
	queues, _ := c.sessionReader().ListQueues(ctx, v)
	return slices.DeleteFunc(queues, func(name string) bool { return name == contract.TaskQueue(c.integration()) })
}

// confirmPromotion shows what changes, and asks.
func (c commands) confirmPromotion(ctx context.Context, p versions.Promotion) error {
	for _, line := range p.DescribeChanges() {
		fmt.Fprintln(c.err, line)
	}
	if !c.terminal.in {
		return usageError(errors.New("nothing was changed: there is no terminal to ask for confirmation on; pass --yes"))
	}
	yes, err := askQuestion(ctx, c.in, c.err, "Make "+nameTarget(p.Target)+" current?")
	if err == nil && !yes {
		err = errors.New("nothing was changed")
	}
	return err
}

// routeTo has Temporal send new work to the version, and waits until the task queue
// goes by it.
func (c connection) routeTo(ctx context.Context, p versions.Promotion) error {
	h := c.temporal.WorkerDeploymentClient().GetHandle(p.Deployment)
	_, err := h.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: p.Target.Build, Identity: c.user})
	if err == nil && p.StopRamp {
		_, err = h.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{Identity: c.user})
	}
	if err != nil {
		return explainRouting(p, err)
	}
	for deadline := time.Now().Add(routedWithin); ; {
		routing, err := c.sessionReader().ReadRouting(ctx)
		if err != nil {
			return err
		}
		if routing.Current == p.Target {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("Temporal has taken %s as current, but task queue %s does not go by it after %s: see 'defendersync workers'", nameTarget(p.Target), contract.TaskQueue(c.integration()), routedWithin)
		}
		select {
		case <-time.After(confirmPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// routedWithin bounds the wait for a task queue to go by a change, which takes less
// than a second.
const routedWithin = time.Minute

// explainRouting says what to do about Temporal's refusal.
func explainRouting(p versions.Promotion, err error) error {
	var refused *serviceerror.FailedPrecondition
	if errors.As(err, &refused) && strings.Contains(err.Error(), "ask queue") {
		return fmt.Errorf("make %s current: %w (every integration of deployment %s needs workers of that build first; or give each a deployment of its own)", nameTarget(p.Target), err, p.Deployment)
	}
	return fmt.Errorf("make %s current: %w", nameTarget(p.Target), err)
}

// reportPromotion says what has changed and what comes next.
func (c commands) reportPromotion(ctx context.Context, conn connection, p versions.Promotion) error {
	fmt.Fprintf(c.out, "%s is current now; it was %s\n", nameTarget(p.Target), nameTarget(p.Former))
	fleet, err := conn.readFleet(ctx, p.Deployment)
	if err != nil {
		return err
	}
	for _, f := range versions.Judge(fleet) {
		sign, colour := markLevel(f.Level)
		fmt.Fprintf(c.out, "%s %s\n", c.paintText(sign, colour), f)
	}
	return nil
}
