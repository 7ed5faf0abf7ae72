package main

import (
	"bufio"
	"cmp"
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

// initFlags are the settings that init takes as flags. Tokens and passwords are none of
// them, nor is the webhook's URL, which has a key in it: a command line is seen by others.
var initFlags = [...]struct{ flag, setting, help string }{
	{"defender-url", "DEFENDER_API_URL", "`URL` of the Defender tenant"},
	{"oomnitza-url", "OOMNITZA_URL", "`URL` of the Oomnitza tenant"},
	{"role", "INTEGRATION_DEFAULT_ROLE", "`ID` of the role for people that are created"},
	{"streams", "DEFENDER_STREAMS", "`STREAMS` to read, by commas"},
	{"username-format", "INTEGRATION_USERNAME_FORMAT", "`FORMAT` of usernames of people that are created"},
	{"contacts", "INTEGRATION_CONTACTS", "`ADDRESSES` to notify, by commas"},
	{"smtp-host", "SMTP_HOST", "`HOST` of the mail server for notices"},
	{"smtp-port", "SMTP_PORT", "`PORT` of the mail server"},
	{"smtp-tls", "SMTP_TLS", "`MODE` of its encryption: starttls, tls or none"},
	{"smtp-user", "SMTP_USERNAME", "`USER` to log in there as"},
	{"smtp-from", "SMTP_FROM", "`ADDRESS` that notices come from"},
	{"webhook-format", "NOTIFY_WEBHOOK_FORMAT", "`FORMAT` of what the webhook gets: json, teams, slack or pagerduty"},
	{"schedule", "INTEGRATION_SCHEDULE", "`TIMES` at which sessions start: 'every 24h', or a cron expression"},
	{"timezone", "INTEGRATION_TIMEZONE", "IANA time `ZONE` of the cron expression and of all times that people read"},
}

// carriedSettings are written as they are set, because the tenants and the mail server
// were reached by them.
var carriedSettings = []string{"DEFENDER_ALLOW_HOST", "DEFENDER_CA_FILE", "DEFENDER_PROXY_URL", "OOMNITZA_CA_FILE", "OOMNITZA_PROXY_URL", "SMTP_CA_FILE", "SMTP_HELO"}

// initCommand asks for the settings and writes them.
func (c commands) initCommand() *cli.Command {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "file", Value: ".env", Usage: "`FILE` to write; what else stands in it stays"},
		&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "ask nothing: take flags, the environment, the file and defaults, and write the file"},
		&cli.BoolFlag{Name: "test-mail", Usage: "send a test mail to the contacts; without it one is sent only to who says yes to it"},
	}
	for _, f := range initFlags {
		flags = append(flags, &cli.StringFlag{Name: f.flag, Usage: f.help + " (in place of " + f.setting + ")"})
	}
	return &cli.Command{
		Name:  "init",
		Usage: "Ask for the settings, test them against both tenants, and write them into .env",
		Description: describe("Asks for URL and token of both tenants and tests each pair as soon as it is given; lists the streams with their latest "+
			"data, the roles that people have, and what the usernames of ten users would be; asks for contacts, for the mail server, "+
			"where it connects and logs in, for a webhook, and for the schedule. Mail and webhook may be left out: then notices are in the "+
			"app only. Writes nothing to the tenants, sends no mail unless told to, and writes the file only at the end, readable by you alone.\n\n"+
			"Without a terminal use --yes. What flags leave out comes from the environment, then from the file. Secrets come from "+
			"DEFENDER_API_KEY, OOMNITZA_API_TOKEN, SMTP_PASSWORD and NOTIFY_WEBHOOK_URL, or their _FILE forms, never from a flag.\n\n"+
			"Exit codes: 0 the file is written; 1 a tenant, the mail server or the webhook could not be asked, or nothing was written; "+
			"2 a setting is wrong.",
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
	held     map[string]string // those of the channels, until they are asked for
	sends    bool              // a test mail, unasked
	checker  *preflight.Checker
	findings preflight.Findings
}

func (c commands) initSettings(ctx *cli.Context) error {
	path := ctx.String("file")
	there, exists, err := readSettingsFile(path)
	if err != nil {
		return usageError(err)
	}
	i := initiation{asker: asker{streams: c.streams, ctx: ctx.Context, silent: ctx.Bool("yes")}, values: map[string]string{}, sends: ctx.Bool("test-mail")}
	if !i.silent && (c.in == nil || !c.terminal.in) {
		return usageError(errors.New("there is no terminal to ask on: use --yes, with flags and the environment"))
	}
	if c.in != nil {
		i.lines = bufio.NewReader(c.in)
	}
	if err := i.gatherSettings(ctx, c.environ, path, exists); err != nil {
		return err
	}
	if _, err := i.load(ctx.Context); err != nil { // what is wrong and not asked for can't be mended here
		return usageError(err)
	}
	for _, step := range []func(context.Context) error{i.askDefender, i.askOomnitza, i.askRole, i.askUsernames, i.askContacts, i.askMail, i.askWebhook, i.askTimes} {
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

// gatherSettings takes in what is set: by flags, in the environment and in the file.
func (i *initiation) gatherSettings(ctx *cli.Context, environ []string, path string, exists bool) error {
	var paths []string
	if exists {
		paths = []string{path}
	}
	env, err := config.ReadEnvFiles(environ, paths)
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
	if !i.silent {
		i.holdChannels()
	}
	return nil
}

// nextSteps is what to do with a file that was written, so that nothing is written to
// Oomnitza before it was seen.
const nextSteps = `wrote %s, readable by you alone. Next:
  defendersync setup --env-file %[1]s    # once per Temporal namespace
  defendersync check --env-file %[1]s
  defendersync-worker --env-file %[1]s &
  defendersync run --dry-run --plan plan.xlsx --env-file %[1]s  # writes nothing
  defendersync run --limit-apps 5 --follow --env-file %[1]s     # a few apps
  defendersync schedule apply --env-file %[1]s
Or on this machine alone, with a Temporal server of its own: make run
`

// listChanges lists the settings to write.
func (i *initiation) listChanges() []setting {
	names := []string{"DEFENDER_API_URL", "DEFENDER_API_KEY", "DEFENDER_API_KEY_FILE", "OOMNITZA_URL", "OOMNITZA_API_TOKEN", "OOMNITZA_API_TOKEN_FILE", "INTEGRATION_DEFAULT_ROLE", "INTEGRATION_ALLOW_UNUSED_ROLE"}
	for _, f := range initFlags {
		if !slices.Contains(names, f.setting) {
			names = append(names, f.setting)
		}
	}
	for _, name := range slices.Concat(mailSettings[:], webhookSettings[:]) {
		if !slices.Contains(names, name) {
			names = append(names, name)
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

// askContacts asks who gets notices.
func (i *initiation) askContacts(ctx context.Context) error {
	return i.askSetting(ctx, "INTEGRATION_CONTACTS", "Email addresses to notify, by commas", "")
}

// askTimes asks when sessions start.
func (i *initiation) askTimes(ctx context.Context) error {
	if err := i.askSetting(ctx, "INTEGRATION_SCHEDULE", "When sessions start: every 24h, or a cron expression", "every 24h"); err != nil {
		return err
	}
	return i.askSetting(ctx, "INTEGRATION_TIMEZONE", "Time zone of the cron expression and of all times", "UTC")
}

// askSetting asks for a setting until it is right. Where there is no value, another one
// is offered.
func (i *initiation) askSetting(ctx context.Context, setting, question, otherwise string) error {
	for {
		text, err := i.ask(question, cmp.Or(i.values[setting], otherwise))
		if err != nil {
			return err
		}
		i.values[setting] = text
		if _, err = i.load(ctx); err == nil {
			return nil
		}
		if i.silent {
			return usageError(err)
		}
		i.say("✗ %s", httpx.Redact(err.Error()))
		i.values[setting] = ""
	}
}
