package main

import (
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/envelope"
	"defendersync/internal/notify"
	"defendersync/internal/temporalx"
	"defendersync/internal/tenants"
)

// checkSettings checks everything that can be known of the settings without asking
// anybody, and tells all that is wrong at once. keys are as in tableKeys.
func (c commands) checkSettings(ctx *cli.Context, keys []string) error {
	began := time.Now()
	settings, err := config.Load(ctx.Context, c.environ, config.NeedIntegration|config.NeedTenants)
	problems := []error{err, temporalx.CheckSettings(c.environ)}
	if err == nil { // what these need is there
		_, tenantsErr := tenants.Open(settings, nil)
		_, channelsErr := notify.OpenChannels(settings.SMTP, settings.Notify)
		problems = append(problems, tenantsErr, channelsErr)
	}
	if err := errors.Join(problems...); err != nil {
		return usageError(err)
	}
	f := finding{Check: "Settings", Status: statusOK, OK: true, Took: envelope.Seconds(time.Since(began)), Detail: "complete; whether they are right, 'defendersync check' finds out"}
	if ctx.String("output") == "json" || keys != nil {
		return c.writeFindings(ctx, settings.Integration.Name, []finding{f}, keys)
	}
	c.printFinding(f)
	return nil
}
