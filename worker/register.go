package main

import (
	"time"

	"go.temporal.io/sdk/worker"

	"defendersync/activities"
	"defendersync/internal/config"
	"defendersync/internal/reporting/mailing"
	"defendersync/internal/reporting/query"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
	"defendersync/workflows"
)

const (
	// heartbeatThrottle is practically none: the activities pace their own
	// heartbeats. One that the SDK holds back can be lost when the worker stops,
	// or overtake a newer one.
	heartbeatThrottle = time.Millisecond
	// deadlockTimeout is how long a step of workflow code may take before the
	// SDK takes it for stuck. Steps take milliseconds; a busy machine may stretch
	// them.
	deadlockTimeout = 10 * time.Second
)

// workerOptions leave the parallelism to the activities: one session runs at a
// time, since it holds the lane.
func workerOptions(s config.Settings, end *ending) worker.Options {
	return worker.Options{
		OnFatalError:                     end.fail,
		DisableRegistrationAliasing:      true,
		DeadlockDetectionTimeout:         deadlockTimeout,
		WorkerStopTimeout:                s.Worker.StopTimeout,
		MaxHeartbeatThrottleInterval:     heartbeatThrottle,
		DefaultHeartbeatThrottleInterval: heartbeatThrottle,
		DeploymentOptions:                deploymentOptions(s.Worker),
	}
}

// deploymentOptions have the worker take part in Temporal's worker versioning when
// the settings name a version. Each workflow says what that means for it.
func deploymentOptions(s config.Worker) worker.DeploymentOptions {
	if s.DeploymentName == "" {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning: true,
		Version:       worker.WorkerDeploymentVersion{DeploymentName: s.DeploymentName, BuildID: s.BuildID},
	}
}

// registerAll registers everything that the worker serves.
func registerAll(w worker.Worker, p parts, conn *temporalx.Connection, environ []string) {
	workflows.Register(w)
	activities.New(p.tenants.Defender, p.tenants.Limiter, p.tenants.Oomnitza, conn.Client, activities.Options{
		Fetchers: p.settings.Defender.Concurrency, Writers: p.settings.Oomnitza.Concurrency,
		Namespace: conn.Namespace, Converter: conn.Converter, Channels: p.channels, Delivered: p.observeDelivery,
		Link: temporalx.WebUIPages(environ, conn.Namespace), Leased: true,
	}).Register(w)
	activities.Reports{
		Mailer: mailing.Mailer{
			Source: query.Source{
				Oomnitza: p.tenants.Oomnitza, Defender: p.tenants.Defender, Links: query.Links{Portal: query.PortalOf(p.settings.Defender.URL), App: p.settings.Oomnitza.AppLink, Person: p.settings.Oomnitza.PersonLink},
				Budget: p.settings.Defender.RequestsPerMinute, Width: p.settings.Oomnitza.Concurrency,
			},
			Mail: p.channels, From: p.settings.SMTP.From,
		},
		Temporal: conn.Client, Busy: activities.LaneBusy(conn.Client), Leased: true,
		Past: sessions.Reader{Temporal: conn.Client, Namespace: conn.Namespace, Converter: conn.Converter},
	}.Register(w)
}

// observeDelivery takes in an attempt at a notice. Why one failed is logged with the
// activity.
func (p parts) observeDelivery(channel string, off bool, err error) {
	p.own.ObserveDelivery(channel, off, err)
	if !off && err == nil {
		p.log.Info().Str("channel", channel).Msg("notice delivered")
	}
}
