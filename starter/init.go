package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/preflight"
)

// initFlags are the settings that init takes as flags. Tokens are none of them: a
// command line is seen by others.
var initFlags = [...]struct{ flag, setting, help string }{
	{"defender-url", "DEFENDER_API_URL", "`URL` of the Defender tenant"},
	{"oomnitza-url", "OOMNITZA_URL", "`URL` of the Oomnitza tenant"},
	{"role", "INTEGRATION_DEFAULT_ROLE", "`ID` of the role for people that are created"},
	{"streams", "DEFENDER_STREAMS", "`STREAMS` to read, by commas"},
	{"username-format", "INTEGRATION_USERNAME_FORMAT", "`FORMAT` of usernames of people that are created"},
	{"contacts", "INTEGRATION_CONTACTS", "`ADDRESSES` to notify, by commas"},
	{"schedule", "INTEGRATION_SCHEDULE", "`TIMES` at which sessions start: 'every 24h', or a cron expression"},
	{"timezone", "INTEGRATION_TIMEZONE", "IANA time `ZONE` of the cron expression and of all times that people read"},
}

// carriedSettings are written as they are set, because the tenants were reached by them.
var carriedSettings = []string{"DEFENDER_ALLOW_HOST", "DEFENDER_CA_FILE", "DEFENDER_PROXY_URL", "OOMNITZA_CA_FILE", "OOMNITZA_PROXY_URL"}

// initCommand asks for the settings and writes them.
func (c commands) initCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "file", Value: ".env", Usage: "`FILE` to write; what else stands in it stays"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "ask nothing: take flags, the environment, the file and defaults, and write the file"},
	}
	for _, f := range initFlags {
		flags = append(flags, &cli.StringFlag{Name: f.flag, Usage: f.help + " (in place of " + f.setting + ")"})
	}
	return &cli.Command{
		Name:  "init",
		Usage: "Ask for the settings, test them against both tenants, and write them into .env",
		Description: describe("Asks for URL and token of both tenants and tests each pair as soon as it is given; lists the streams with their latest "+
			"data, the roles that people have, and what the usernames of ten users would be; and asks for contacts and schedule. Writes "+
			"nothing to the tenants, and the file only at the end, readable by you alone.\n\n"+
			"Without a terminal use --yes. What flags leave out comes from the environment, then from the file. Tokens come from "+
			"DEFENDER_API_KEY and OOMNITZA_API_TOKEN, or their _FILE forms, never from a flag.\n\n"+
			"Exit codes: 0 the file is written; 1 a tenant could not be asked, or nothing was written; 2 a setting is wrong.",
			"defendersync init",
			"DEFENDER_API_KEY_FILE=defender.key OOMNITZA_API_TOKEN_FILE=oomnitza.key defendersync init --yes --role 25 "+
				"--defender-url https://contoso.eu2.portal.cloudappsecurity.com --oomnitza-url https://contoso.oomnitza.com"),
		Flags:  flags,
		Action: c.initSettings,
	}
}

// initiation is one run of init.
type initiation struct {
	asker
	values   map[string]string // settings by name, as they will be
	checker  *preflight.Checker
	findings preflight.Findings
}

func (c commands) initSettings(ctx *cli.Context) error {
	path := ctx.String("file")
	there, exists, err := readSettingsFile(path)
	if err != nil {
		return usageError(err)
	}
	i := initiation{asker: asker{streams: c.streams, ctx: ctx.Context, silent: ctx.Bool("yes")}, values: map[string]string{}}
	if !i.silent && (c.in == nil || !c.terminal.in) {
		return usageError(errors.New("there is no terminal to ask on: use --yes, with flags and the environment"))
	}
	if c.in != nil {
		i.lines = bufio.NewReader(c.in)
	}
	var paths []string
	if exists {
		paths = []string{path}
	}
	env, err := config.ReadEnvFiles(c.environ, paths)
	if err != nil {
		return usageError(err)
	}
	for _, pair := range env.Environ {
		name, value, _ := strings.Cut(pair, "=")
		i.values[name] = config.TrimInvisible(value)
	}
	for _, f := range initFlags {
		if ctx.IsSet(f.flag) {
			i.values[f.setting] = config.TrimInvisible(ctx.String(f.flag))
		}
	}
	if _, err := i.load(ctx.Context); err != nil { // what is wrong and not asked for can't be mended here
		return usageError(err)
	}
	for _, step := range []func(context.Context) error{i.askDefender, i.askOomnitza, i.askRole, i.askUsernames, i.askRest} {
		if err := step(ctx.Context); err != nil {
			return err
		}
	}
	if exists {
		ok, err := i.confirm(fmt.Sprintf("%s is there, with %d settings. Change the ones above in it, and leave the rest as it is?", path, len(there)))
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was written")
		}
	}
	if err := writeSettings(path, i.listChanges()); err != nil {
		return err
	}
	fmt.Fprintf(c.out, nextSteps, path)
	return nil
}

// nextSteps is what to do with a file that was written, so that nothing is written to
// Oomnitza before it was seen.
const nextSteps = `wrote %s, readable by you alone. Next:
  defendersync setup --env-file %[1]s                            # once per Temporal namespace
  defendersync check --env-file %[1]s
  defendersync-worker --env-file %[1]s &
  defendersync run --dry-run --plan plan.xlsx --env-file %[1]s   # what a session would write
  defendersync run --limit-apps 5 --follow --env-file %[1]s      # a few apps, to see them in Oomnitza
  defendersync schedule apply --env-file %[1]s
Or on this machine alone, with a Temporal server of its own, a dry run first: make run
`

// listChanges lists the settings to write.
func (i *initiation) listChanges() []setting {
	names := []string{"DEFENDER_API_URL", "DEFENDER_API_KEY", "DEFENDER_API_KEY_FILE", "OOMNITZA_URL", "OOMNITZA_API_TOKEN", "OOMNITZA_API_TOKEN_FILE", "INTEGRATION_DEFAULT_ROLE", "INTEGRATION_ALLOW_UNUSED_ROLE"}
	for _, f := range initFlags {
		if !slices.Contains(names, f.setting) {
			names = append(names, f.setting)
		}
	}
	var out []setting
	for _, name := range append(names, carriedSettings...) {
		out = append(out, setting{name, i.values[name]})
	}
	return out
}

// load reads the settings as they are so far.
func (i *initiation) load(ctx context.Context) (config.Settings, error) {
	var environ []string
	for name, value := range i.values {
		environ = append(environ, name+"="+value)
	}
	return config.Load(ctx, environ, 0)
}

// askRest asks for what needs no tenant.
func (i *initiation) askRest(ctx context.Context) error {
	for _, q := range []struct{ setting, question, otherwise string }{
		{"INTEGRATION_CONTACTS", "Email addresses to notify, by commas", ""},
		{"INTEGRATION_SCHEDULE", "When sessions start: every 24h, or a cron expression", "every 24h"},
		{"INTEGRATION_TIMEZONE", "Time zone of the cron expression and of all times", "UTC"},
	} {
		for {
			offered := i.values[q.setting]
			if offered == "" {
				offered = q.otherwise
			}
			text, err := i.ask(q.question, offered)
			if err != nil {
				return err
			}
			i.values[q.setting] = text
			if _, err = i.load(ctx); err == nil {
				break
			}
			if i.silent {
				return usageError(err)
			}
			i.say("✗ %s", httpx.Redact(err.Error()))
			i.values[q.setting] = ""
		}
	}
	return nil
}
