package main

import (
	"context"
	"io"
	stdlog "log"

	"github.com/rs/zerolog"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/notify"
	"defendersync/internal/temporalx"
	"defendersync/internal/tenants"
)

// parts are what a worker is made of, without the connection to Temporal.
type parts struct {
	settings config.Settings
	log      zerolog.Logger
	tenants  tenants.Tenants
	metrics  *temporalx.Metrics
	channels *notify.Notifier
}

// openParts makes them from the settings, which are the reason when it fails. It
// asks nobody.
func openParts(ctx context.Context, out io.Writer, environ []string) (p parts, err error) {
	if p.settings, err = config.Load(ctx, environ, config.NeedTenants); err != nil {
		return p, err
	}
	p.log = newLogger(out, p.settings.Log)
	stdlog.SetOutput(httpx.MaskingWriter(out)) // net/http writes there what peers send unasked
	if p.tenants, err = tenants.Open(p.settings); err != nil {
		return p, err
	}
	for _, w := range p.tenants.Warnings {
		p.log.Warn().Msg(w)
	}
	p.tenants.OnPause(func(w contract.Waiting) {
		p.log.Warn().Time("since", w.Since).Time("until", w.Until).Msg("waiting: " + w.For)
	})
	if p.metrics, err = temporalx.NewMetrics(p.settings.Metrics.Address); err != nil {
		return p, err
	}
	p.channels, err = notify.OpenChannels(p.settings.SMTP, p.settings.Notify)
	return p, err
}
