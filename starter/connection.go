package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"defendersync/internal/config"
	"defendersync/internal/sessions"
	"defendersync/internal/temporalx"
	"defendersync/internal/tracing"
)

// connection is what a command needs of Temporal, with the settings.
type connection struct {
	settings  config.Settings
	temporal  client.Client
	namespace string
	user      string // who runs the command
	address   string // of Temporal
	converter converter.DataConverter
	page      func(workflowID, run string) string // in the Web UI; nil when its address is not known
}

func (c connection) closeClient() { c.temporal.Close() }

// connectTemporal reads the settings and connects to Temporal. Commands need
// the integration's name and no secret of the tenants.
func (c commands) connectTemporal(ctx context.Context) (connection, error) {
	settings, err := config.Load(ctx, c.environ, 0)
	if err != nil {
		return connection{}, usageError(err)
	}
	t, err := temporalx.Dial(ctx, temporalx.Options{
		Environ: c.environ, Logger: c.sdkLogger(), EncryptionKeys: settings.Payload.EncryptionKeys.Reveal(), Identity: "defendersync",
		Traces: temporalx.Traces{Tracer: tracing.TracerOf(ctx)},
	})
	if settingsErr := (temporalx.SettingsError{}); errors.As(err, &settingsErr) {
		return connection{}, usageError(err)
	}
	if err != nil {
		return connection{}, err
	}
	return connection{
		settings: settings, temporal: t.Client, namespace: t.Namespace, user: c.user, address: t.Address,
		converter: t.Converter, page: temporalx.WebUIPages(c.environ, t.Namespace),
	}, nil
}

// sdkLogger is the log of Temporal's SDK. Commands report errors themselves, so
// only the SDK's own errors are logged.
func (c commands) sdkLogger() zerolog.Logger {
	return zerolog.New(zerolog.ConsoleWriter{Out: c.err, NoColor: true}).Level(zerolog.ErrorLevel)
}

// integration is the integration's name.
func (c connection) integration() string { return c.settings.Integration.Name }

// sessionReader reads the integration's sessions.
func (c connection) sessionReader() sessions.Reader {
	return sessions.Reader{Temporal: c.temporal, Namespace: c.namespace, Integration: c.integration(), Converter: c.converter}
}

// webUILink returns the address of a workflow's page in the Web UI, or "" if
// the Web UI's address is unknown.
func (c connection) webUILink(workflowID string) string { return c.webUILinkTo(workflowID, "") }

// webUILinkTo returns the address of a run's page.
func (c connection) webUILinkTo(workflowID, run string) string {
	if c.page == nil || workflowID == "" {
		return ""
	}
	return c.page(workflowID, run)
}

// needsSetup adds what to do to the error of a namespace without our search
// attributes.
func needsSetup(err error) error {
	if strings.Contains(err.Error(), "search attribute") {
		return fmt.Errorf("%w (run 'defendersync setup' once for this namespace)", err)
	}
	return err
}

// lookupVariable returns the value of an environment variable, or "" if it is
// not set.
func lookupVariable(environ []string, name string) string {
	return temporalx.LookupVariable(environ, name)
}
