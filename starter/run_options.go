package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"defendersync/internal/contract"
)

// runOptions say what a session that is started does.
type runOptions struct {
	full, dryRun  bool
	limitApps     int    // most apps that are carried over; 0: all
	activityQueue string // task queue of a dry run's activities; "": the integration's
}

// isPlain reports whether the schedule's own session is asked for.
func (o runOptions) isPlain() bool { return !o.full && !o.dryRun && o.limitApps == 0 }

// readRunOptions reads the flags of run.
func readRunOptions(ctx *cli.Context) (runOptions, error) {
	o := runOptions{full: ctx.Bool("full"), dryRun: ctx.Bool("dry-run"), limitApps: ctx.Int("limit-apps")}
	switch {
	case ctx.IsSet("limit-apps") && o.limitApps < 1:
		return o, usageError(fmt.Errorf("--limit-apps %d: use 1 or more; without the flag, all apps are read", o.limitApps))
	case ctx.IsSet("plan") && !o.dryRun:
		return o, usageError(errors.New("--plan lists what a dry run would write: add --dry-run"))
	}
	return o, nil
}

// checkKept returns an error where the session went by other options, as one does that a
// worker of an older version runs.
func (o runOptions) checkKept(r contract.SessionResult) error {
	if o.limitApps > 0 && r.LimitApps != o.limitApps && r.Mode != "" {
		return fmt.Errorf("the worker that ran %s is of a version without --limit-apps: it made a dry run of all apps and wrote nothing; upgrade the workers and run the command again", r.Session)
	}
	return nil
}
