package main

import (
	"context"
	"io"
	stdlog "log"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.temporal.io/sdk/temporal"

	"defendersync/internal/buildinfo"
	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/metrics"
	"defendersync/internal/notify"
	"defendersync/internal/temporalx"
	"defendersync/internal/tenants"
	"defendersync/internal/tracing/otlp"
)

// parts are what a worker is made of, without the connection to Temporal.
type parts struct {
	settings config.Settings
	log      zerolog.Logger
	tenants  tenants.Tenants
	metrics  *temporalx.Metrics
	own      *metrics.Metrics // those of ours, which metrics serves
	channels *notify.Notifier
	traces   *otlp.Provider // nil: none are sent
}

// openParts makes them from the settings, which are the reason when it fails. It
// asks nobody.
func openParts(ctx context.Context, out io.Writer, environ []string) (p parts, err error) {
	if p.settings, err = config.Load(ctx, environ, config.NeedTenants); err != nil {
		return p, err
	}
	p.log = newLogger(out, p.settings.Log)
	logSettings(p.log, environ)
	stdlog.SetOutput(httpx.MaskingWriter(out)) // net/http writes there what peers send unasked
	p.own = metrics.New(buildinfo.Read(temporal.SDKVersion))
	outages := newOutageLog(p.log)
	observe := func(x httpx.Exchange) {
		p.own.ObserveExchange(x)
		outages.observe(x)
	}
	if p.tenants, err = tenants.Open(p.settings, observe); err != nil {
		return p, err
	}
	p.own.SetBudget(p.tenants.Limiter)
	for _, w := range p.tenants.Warnings {
		p.log.Warn().Msg(w)
	}
	p.tenants.OnPause(func(w contract.Waiting) {
		p.log.Warn().Time("since", w.Since).Time("until", w.Until).Msg("waiting: " + w.For)
	})
	if p.metrics, err = temporalx.NewMetrics(p.settings.Metrics.Address); err != nil {
		return p, err
	}
	labels := prometheus.Labels{metrics.LabelIntegration: p.settings.Integration.Name}
	if err = prometheus.WrapRegistererWith(labels, p.metrics.Registerer()).Register(p.own); err != nil {
		return p, err
	}
	if p.channels, err = notify.OpenChannels(p.settings.SMTP, p.settings.Notify); err != nil {
		return p, err
	}
	whose := otlp.Process{Name: "defendersync-worker", Version: buildinfo.Version(), Integration: p.settings.Integration.Name}
	p.traces, err = otlp.Open(p.settings.Traces, whose, func(text string) { p.log.Warn().Msg(text) })
	return p, err
}
