package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"
	"go.temporal.io/sdk/worker"

	"defendersync/activities"
	"defendersync/internal/changelist"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/tenants"
)

const (
	// planStop is how long the activity at work has to end when the command does.
	planStop = 10 * time.Second
	// planCancel bounds the wait for a session that is cancelled with its command.
	planCancel = 30 * time.Second
)

// planning is a dry run of which this command does the work and lists what would be
// written. Temporal carries nothing of that list: the session runs on a worker as any
// other, holds the lane and its request budget, and sends its activities to a task queue
// that this command serves.
type planning struct {
	commands
	connection
	settings config.Settings
	options  runOptions
	list     *changelist.List
	worker   worker.Worker
}

// planRun starts a dry run, follows it and writes its list.
func (c commands) planRun(ctx *cli.Context, conn connection, o runOptions) error {
	format, err := planFormat(ctx)
	if err != nil {
		return err
	}
	settings, err := config.Load(ctx.Context, c.environ, config.NeedIntegration|config.NeedTenants)
	if err != nil {
		return usageError(fmt.Errorf("--plan reads both tenants from here: %w", err))
	}
	// Before anything is read, so that a name that can't be written costs nothing.
	into, err := c.openPlan(ctx.String("plan"))
	if err != nil {
		return err
	}
	defer into.discard()
	p, err := c.startServing(conn, settings, o)
	if err != nil {
		return err
	}
	defer p.stopServing()
	got, err := conn.startSession(ctx.Context, p.options, func(text string) { fmt.Fprintln(c.err, text) })
	if err != nil {
		return err
	}
	got.WebUI = conn.webUILinkTo(got.Session, got.Run)
	c.announceStart(got)
	if !got.Started {
		return exitError{code: exitFailed}
	}
	asJSON := ctx.String("output") == "json" && into.file != nil
	result, err := c.followLines(ctx, conn, got, asJSON)
	if err != nil {
		return errors.Join(err, p.cancelSession(got))
	}
	if err := p.finish(ctx, result, format, into); err != nil {
		return err
	}
	if into.file == nil {
		printResult(c.err, result)
	} else if err := c.printEnd(ctx, conn, got, result, asJSON); err != nil {
		return err
	}
	return exitOf(result)
}

// startServing builds what a worker has for the tenants, and serves a task queue that
// nobody else has.
func (c commands) startServing(conn connection, settings config.Settings, o runOptions) (*planning, error) {
	both, err := tenants.Open(settings, nil)
	if err != nil {
		return nil, usageError(err)
	}
	list, err := changelist.New("")
	if err != nil {
		return nil, err
	}
	c.spareMemory()
	o.activityQueue = contract.PlanQueue(conn.integration(), rand.Text())
	p := &planning{commands: c, connection: conn, settings: settings, options: o, list: list}
	p.worker = worker.New(conn.temporal, o.activityQueue, worker.Options{
		DisableWorkflowWorker: true, DisableRegistrationAliasing: true, WorkerStopTimeout: planStop,
		MaxHeartbeatThrottleInterval: time.Millisecond, DefaultHeartbeatThrottleInterval: time.Millisecond, // the activities pace themselves
	})
	activities.New(both.Defender, both.Limiter, both.Oomnitza, conn.temporal, activities.Options{
		Fetchers: settings.Defender.Concurrency, Writers: settings.Oomnitza.Concurrency,
		Namespace: conn.namespace, Converter: conn.converter, Leased: true, Changes: list,
	}).Register(p.worker)
	if err := p.worker.Start(); err != nil {
		list.Close()
		return nil, fmt.Errorf("serve the dry run: %w", err)
	}
	return p, nil
}

func (p *planning) stopServing() {
	p.worker.Stop()
	p.list.Close()
}

// cancelSession ends a session that nobody serves any more.
func (p *planning) cancelSession(s started) error {
	ctx, cancel := context.WithTimeout(context.Background(), planCancel)
	defer cancel()
	if err := p.temporal.CancelWorkflow(ctx, s.Session, s.Run); err != nil {
		return fmt.Errorf("cancel the dry run: %w", err)
	}
	_, _ = p.sessionReader().ReadResult(ctx, s.Session, s.Run) // that it has ended is enough
	return errors.New("the dry run was cancelled, and no list was written")
}

// finish writes the list of a dry run that completed.
func (p *planning) finish(ctx *cli.Context, r contract.SessionResult, format sheet.Format, into *planFile) error {
	if err := p.options.checkKept(r); err != nil {
		return err
	}
	if r.Outcome != saas.OutcomeCompleted && r.Outcome != saas.OutcomeCompletedWithErrors {
		fmt.Fprintln(p.commands.err, "no list was written: the dry run did not complete")
		return nil
	}
	sums, err := p.countChanges(r)
	if err != nil {
		return err
	}
	return p.writePlan(ctx.Context, r, sums, format, into)
}

// planFormat is the format of the list, by the name of its file.
func planFormat(ctx *cli.Context) (sheet.Format, error) {
	file := ctx.String("plan")
	if file == "-" {
		if ctx.String("output") == "json" {
			return sheet.JSON, nil
		}
		return sheet.Table, nil
	}
	if f, ok := sheet.FormatOfFile(file); ok {
		return f, nil
	}
	return "", usageError(fmt.Errorf("--plan %q has no known extension: name a file that ends in .xlsx, .csv, .json or .txt, or use - for standard output", filepath.Base(file)))
}

// planFile is where a list is written.
type planFile struct {
	name string
	file *sheet.File // nil: standard output
	out  io.Writer
}

// openPlan begins the file, which only its owner may read: it names people.
func (c commands) openPlan(name string) (*planFile, error) {
	if name == "-" {
		return &planFile{name: name, out: c.out}, nil
	}
	f, err := sheet.CreateFile(name)
	if err != nil {
		return nil, err
	}
	if err := f.MakePrivate(); err != nil {
		f.Discard()
		return nil, err
	}
	return &planFile{name, f, f}, nil
}

func (f *planFile) commit() error {
	if f.file == nil {
		return nil
	}
	return f.file.Commit()
}

func (f *planFile) discard() {
	if f.file != nil {
		f.file.Discard()
	}
}
