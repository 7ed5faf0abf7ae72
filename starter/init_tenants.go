package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/moment"
	"defendersync/internal/preflight"
	"defendersync/internal/tenants"
)

// askTenant asks for URL and token until the test succeeds. Without a terminal there
// is one try.
func (i *initiation) askTenant(ctx context.Context, title, urlName, keyName string, test func(context.Context, config.Settings) error) error {
	for {
		err := i.askSetting(ctx, urlName, title+": URL", "")
		if err != nil {
			return err
		}
		if _, err = i.askSecretSetting(keyName, title+": API token"); err != nil {
			return err
		}
		i.announceWait("asking %s, for at most %s …", title, formatDuration(checkPatience))
		err = i.testTenant(ctx, urlName, keyName, test)
		if err == nil || ctx.Err() != nil || i.silent || errors.Is(err, errNoAnswer) {
			return err
		}
		i.say("✗ %s", httpx.Redact(err.Error()))
	}
}

// testTenant makes one test, within bounds.
func (i *initiation) testTenant(ctx context.Context, urlName, keyName string, test func(context.Context, config.Settings) error) error {
	if i.values[urlName] == "" || !i.hasSecret(keyName) {
		return usageError(fmt.Errorf("%s and %s are needed", urlName, keyName))
	}
	settings, err := i.load(ctx)
	if err != nil {
		return usageError(err)
	}
	within, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	err = test(within, settings)
	if within.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("no answer within %s", formatDuration(checkPatience))
	}
	if kind := httpx.KindOf(err); kind == httpx.KindConfig || kind == httpx.KindUnauthorized {
		return usageError(err)
	}
	return err
}

// askDefender asks for the tenant that is read, and for its streams.
func (i *initiation) askDefender(ctx context.Context) error {
	return i.askTenant(ctx, "Defender", "DEFENDER_API_URL", "DEFENDER_API_KEY", func(ctx context.Context, s config.Settings) error {
		t, err := tenants.OpenDefender(s.Defender)
		if err != nil {
			return err
		}
		t.Defender.OnPause(i.sayPause)
		i.checker = preflight.New(t.Defender, nil, 200*time.Millisecond)
		list, err := t.Defender.Streams(ctx)
		if err != nil {
			return err
		}
		i.say("✓ Defender answers. %s", streamsText(list.Streams, i.zone()))
		chosen, err := i.ask("Streams to read, by commas (nothing: all that know users)", i.values["DEFENDER_STREAMS"])
		if err != nil {
			return err
		}
		i.values["DEFENDER_STREAMS"] = chosen
		if s, err = i.load(ctx); err != nil {
			return err
		}
		i.findings = preflight.Findings{}
		for _, check := range i.checker.ListChecks()[1:] {
			if err := check.Run(ctx, contract.OpenSessionParams{Policy: s.SyncPolicy()}, &i.findings); err != nil {
				return err
			}
		}
		i.say("✓ %s", streamsText(i.findings.Seen, i.zone()))
		return nil
	})
}

// askOomnitza asks for the tenant that is written.
func (i *initiation) askOomnitza(ctx context.Context) error {
	return i.askTenant(ctx, "Oomnitza", "OOMNITZA_URL", "OOMNITZA_API_TOKEN", func(ctx context.Context, s config.Settings) error {
		client, err := tenants.OpenOomnitza(s.Oomnitza)
		if err != nil {
			return err
		}
		client.OnPause(i.sayPause)
		if err = client.Check(ctx); err == nil {
			i.say("✓ Oomnitza answers")
		}
		return err
	})
}

// sayPause tells what a tenant is waited for.
func (i *initiation) sayPause(w contract.Waiting) { i.say("waiting: %s", w.Describe(i.zone())) }

// zone is the zone of times, once it is chosen.
func (i *initiation) zone() *time.Location { return moment.LoadZone(i.values["INTEGRATION_TIMEZONE"]) }
