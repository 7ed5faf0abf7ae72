package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
)

// timing are the flags that override settings of the schedule.
var timing = [...]struct{ flag, setting, help string }{
	{"cron", "INTEGRATION_SCHEDULE", "start at the times of a cron `EXPRESSION` with five fields, such as '30 2 * * *'"},
	{"every", "INTEGRATION_SCHEDULE", "start every `DURATION`, such as 24h, counted from midnight UTC"},
	{"timezone", "INTEGRATION_TIMEZONE", "IANA time `ZONE` of the cron expression, such as Europe/Berlin"},
	{"jitter", "INTEGRATION_JITTER", "delay each start by a random time of up to `DURATION`"},
	{"catch-up", "INTEGRATION_CATCH_UP", "make up for a start missed while Temporal was down if it is no older than `DURATION`"},
}

func timingFlags() []cli.Flag {
	var out []cli.Flag
	for _, t := range timing {
		out = append(out, &cli.StringFlag{Name: t.flag, Usage: t.help + " (overrides " + t.setting + ")"})
	}
	return out
}

// overrideSettings returns the commands with flags in place of the settings
// that they override, validated like those. Errors name the flags.
func (c commands) overrideSettings(ctx *cli.Context) (commands, error) {
	if ctx.IsSet("cron") && ctx.IsSet("every") {
		return c, errors.New("use --cron or --every, not both")
	}
	given := map[string]string{} // flag by setting
	environ := slices.Clone(c.environ)
	for _, t := range timing {
		if !ctx.IsSet(t.flag) {
			continue
		}
		value := strings.TrimSpace(ctx.String(t.flag))
		if value == "" {
			return c, fmt.Errorf("--%s has no value", t.flag)
		}
		if t.flag == "every" {
			value = "every " + value
		}
		given[t.setting] = t.flag
		environ = append(environ, t.setting+"="+value)
	}
	c.environ = environ
	_, err := config.Load(ctx.Context, environ, config.NeedIntegration)
	return c, nameFlags(err, given)
}

// nameFlags replaces the names of settings in errors by those of the flags that
// override them.
func nameFlags(err error, flags map[string]string) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	var out []error
	for _, e := range joined.Unwrap() {
		var p *config.Problem
		if errors.As(e, &p) && flags[p.Name] != "" {
			flag := flags[p.Name]
			value := p.Value
			if flag == "every" {
				value = strings.TrimPrefix(value, "every ")
			}
			e = &config.Problem{Name: "--" + flag, Value: value, Err: p.Err}
		}
		out = append(out, e)
	}
	return errors.Join(out...)
}
