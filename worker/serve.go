package main

import (
	"context"
	"fmt"
	"io"
	stdlog "log"
	"os"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"defendersync/activities"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/reporting/mailing"
	"defendersync/internal/reporting/query"
	"defendersync/internal/temporalx"
	"defendersync/internal/tenants"
	"defendersync/workflows"
)

// beatThrottle is as good as none: the activities pace their heartbeats by
// themselves. One that the SDK holds back can be lost when the worker stops,
// or overtake a newer one.
const beatThrottle = time.Millisecond

// deadlock is how long workflow code may take for one step before the SDK
// takes it for stuck. The steps take milliseconds; a busy machine may stretch
// them.
const deadlock = 10 * time.Second

// serve reads the settings, opens the tenants and works until told to stop.
func serve(ctx context.Context, out io.Writer, environ []string) error {
	settings, err := config.Load(ctx, environ, config.NeedTenants)
	if err != nil {
		return settingsError{err}
	}
	log := newLogger(out, settings.Log)
	t, err := tenants.Open(settings)
	if err != nil {
		return settingsError{err}
	}
	for _, w := range t.Warnings {
		log.Warn().Msg(w)
	}
	t.OnPause(func(w contract.Waiting) {
		log.Warn().Time("since", w.Since).Time("until", w.Until).Msg("waiting: " + w.For)
	})
	stdlog.SetOutput(httpx.MaskingWriter(out)) // net/http writes there what peers send unasked
	metrics, err := temporalx.NewMetrics(settings.Metrics.Address)
	if err != nil {
		return settingsError{err}
	}
	channels, err := notify.OpenChannels(settings.SMTP, settings.Notify)
	if err != nil {
		return settingsError{err}
	}
	polls := temporalx.NewPolls()
	conn, err := temporalx.Dial(ctx, temporalx.Options{
		Environ: environ, Logger: log, EncryptionKeys: settings.Payload.EncryptionKeys.Reveal(),
		Identity: identity(), Metrics: metrics.Handler(), Polls: polls,
	})
	if err != nil {
		return err
	}
	defer conn.Client.Close()

	if _, err := temporalx.EnsureSearchAttributes(ctx, conn.Client, conn.Namespace, workflows.SearchAttributes()); err != nil {
		log.Error().Err(err).Msg("sessions can't be labelled until 'defendersync setup' has been run")
	}
	boundMemory()
	end := newEnding(polls, log)
	w := worker.New(conn.Client, contract.TaskQueue(settings.Integration.Name), options(settings, end))
	workflows.Register(w)
	activities.New(t.Defender, t.Limiter, t.Oomnitza, conn.Client, activities.Options{
		Fetchers: settings.Defender.Concurrency, Writers: settings.Oomnitza.Concurrency,
		Namespace: conn.Namespace, Converter: conn.Converter, Link: temporalx.WebUIPages(environ, conn.Namespace), Channels: channels,
	}).Register(w)
	activities.Reports{
		Mailer: mailing.Mailer{
			Source: query.Source{
				Oomnitza: t.Oomnitza, Defender: t.Defender, Budget: settings.Defender.RequestsPerMinute, Width: settings.Oomnitza.Concurrency,
			},
			Mail: channels, From: settings.SMTP.From,
		},
		Temporal: conn.Client, Busy: activities.LaneBusy(conn.Client),
	}.Register(w)
	return work(ctx, w, log, settings, metrics, end)
}

const (
	// memoryGoal is the memory of the Go runtime in bytes that a worker keeps
	// to by collecting garbage. What is alive is some 15 MB whatever the size
	// of the tenant.
	memoryGoal = 56 << 20
	// lazyCollector lets the heap grow to nine times of what is alive before
	// garbage is collected, so that memoryGoal is what decides: at Go's default
	// of twice, collecting takes a third of the worker's time, for the rows
	// that stream through are garbage at once.
	lazyCollector = 800
)

// boundMemory trades memory that is there anyway for speed, unless GOGC or
// GOMEMLIMIT say otherwise.
func boundMemory() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(lazyCollector)
		debug.SetMemoryLimit(memoryGoal)
	}
}

// options are the worker's. Its activities' parallelism is their own; the lane
// sees to it that one session runs at a time.
func options(s config.Settings, end *ending) worker.Options {
	return worker.Options{
		OnFatalError:                     end.fatal,
		DisableRegistrationAliasing:      true,
		DeadlockDetectionTimeout:         deadlock,
		WorkerStopTimeout:                s.Worker.StopTimeout,
		MaxHeartbeatThrottleInterval:     beatThrottle,
		DefaultHeartbeatThrottleInterval: beatThrottle,
	}
}

// work runs the worker with its side servers until the context ends, or until
// there is no more work to be had.
func work(ctx context.Context, w worker.Worker, log zerolog.Logger, s config.Settings, metrics *temporalx.Metrics, end *ending) error {
	group, ctx := errgroup.WithContext(ctx)
	health := temporalx.NewHealth(s.Health.Address)
	group.Go(func() error { return metrics.Serve(ctx) })
	group.Go(func() error { return health.Serve(ctx) })
	group.Go(func() error {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start the worker: %w", err)
		}
		end.watch(health)
		log.Info().Str("taskQueue", contract.TaskQueue(s.Integration.Name)).Str("version", version).Msg("worker serves")
		err := end.wait(ctx)
		log.Info().Msg("stopping: finishing what was fetched")
		w.Stop()
		log.Info().Msg("stopped")
		return err
	})
	return group.Wait()
}

// newLogger logs as JSON, or readably on a terminal.
func newLogger(out io.Writer, s config.Log) zerolog.Logger {
	level, err := zerolog.ParseLevel(s.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	f, isFile := out.(*os.File)
	if s.Format == "console" || (s.Format == "auto" && isFile && term.IsTerminal(int(f.Fd()))) {
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(httpx.RedactingWriter(out)).Level(level).With().Timestamp().Logger()
}

func identity() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("defendersync-worker@%s/%d", host, os.Getpid())
}
