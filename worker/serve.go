package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"defendersync/internal/buildinfo"
	"defendersync/internal/contract"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

// tracesPatience is how long a worker that ends waits for a collector of traces.
const tracesPatience = 5 * time.Second

// serve connects to Temporal and works until the context ends.
func serve(ctx context.Context, out io.Writer, environ []string) error {
	p, err := openParts(ctx, out, environ)
	if err != nil {
		return settingsError{err}
	}
	defer p.traces.Close(tracesPatience)
	polls := temporalx.NewPolls()
	conn, err := temporalx.Dial(ctx, temporalx.Options{
		Environ: environ, Logger: p.log, EncryptionKeys: p.settings.Payload.EncryptionKeys.Reveal(),
		Identity: workerIdentity(), Metrics: p.metrics.Handler(), Polls: polls,
		Traces: temporalx.Traces{Tracer: p.traces.Tracer(), Endless: []string{contract.WorkflowWatch}},
	})
	if wrong := (temporalx.SettingsError{}); errors.As(err, &wrong) {
		return settingsError{err}
	}
	if err != nil {
		return err
	}
	defer conn.Client.Close()
	if _, err := temporalx.EnsureSearchAttributes(ctx, conn.Client, conn.Namespace, workflows.SearchAttributes()); err != nil {
		p.log.Error().Err(err).Msg("sessions have no search attributes until 'defendersync setup' has been run")
	}
	tuneMemory()
	end := newEnding(polls, p.log)
	w := worker.New(conn.Client, contract.TaskQueue(p.settings.Integration.Name), workerOptions(p.settings, end))
	registerAll(w, p, conn, environ)
	return runServers(ctx, p, w, end, sessions.Reader{
		Temporal: conn.Client, Namespace: conn.Namespace, Integration: p.settings.Integration.Name, Converter: conn.Converter,
	})
}

// runServers runs the worker with its metrics and health until the context ends,
// or until Temporal gives it no more work.
func runServers(ctx context.Context, p parts, w worker.Worker, end *ending, reader sessions.Reader) error {
	group, ctx := errgroup.WithContext(ctx)
	health := temporalx.NewHealth(p.settings.Health.Address)
	p.own.SetReady(health.IsReady)
	group.Go(func() error { return p.metrics.Serve(ctx) })
	group.Go(func() error { return keepStanding(ctx, p, reader) })
	group.Go(func() error { return health.Serve(ctx) })
	group.Go(func() error {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start the worker: %w", err)
		}
		end.setHealth(health)
		group.Go(func() error {
			return (&follower{own: versionOf(p.settings.Worker), log: p.log, from: reader}).follow(ctx)
		})
		manager := supervisor{p.log}
		manager.tellReady(contract.TaskQueue(p.settings.Integration.Name))
		p.log.Info().Str("taskQueue", contract.TaskQueue(p.settings.Integration.Name)).Str("version", buildinfo.Version()).Msg("worker started")
		err := end.awaitEnd(ctx)
		manager.tellStopping(p.settings.Worker.StopTimeout)
		p.log.Info().Msg("worker stopping: it finishes what it has fetched")
		w.Stop()
		p.log.Info().Msg("worker stopped")
		return err
	})
	return group.Wait()
}

// workerIdentity is how Temporal's pages name this worker.
func workerIdentity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("defendersync-worker@%s/%d", host, os.Getpid())
}
