package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/config"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/moment"
	"defendersync/internal/preflight"
	"defendersync/internal/saas"
	"defendersync/internal/tenants"
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
	{"timezone", "INTEGRATION_TIMEZONE", "IANA time `ZONE` of the cron expression"},
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

// askTenant asks for URL and token until the test succeeds. Without a terminal there
// is one try.
func (i *initiation) askTenant(ctx context.Context, title, urlName, keyName string, test func(context.Context, config.Settings) error) error {
	for {
		address, err := i.ask(title+": URL", i.values[urlName])
		if err != nil {
			return err
		}
		i.values[urlName] = address
		file := i.values[keyName+"_FILE"]
		key, err := i.askSecret(title+": API token", i.values[keyName] != "" || file != "")
		if err != nil {
			return err
		}
		if key != "" {
			i.values[keyName] = key
			delete(i.values, keyName+"_FILE")
		}
		err = i.testTenant(ctx, urlName, keyName, test)
		if err == nil || ctx.Err() != nil || i.silent || errors.Is(err, errNoAnswer) {
			return err
		}
		i.say("✗ %s", httpx.Redact(err.Error()))
	}
}

// testTenant makes one test, within bounds.
func (i *initiation) testTenant(ctx context.Context, urlName, keyName string, test func(context.Context, config.Settings) error) error {
	if i.values[urlName] == "" || i.values[keyName] == "" && i.values[keyName+"_FILE"] == "" {
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

// askRole asks for the default role.
func (i *initiation) askRole(ctx context.Context) error {
	settings, err := i.load(ctx)
	if err != nil {
		return usageError(err)
	}
	client, err := tenants.OpenOomnitza(settings.Oomnitza)
	if err != nil {
		return usageError(err)
	}
	found, err := readRoles(ctx, client)
	if err != nil {
		return err
	}
	i.say("Roles, %s:", describeRoles(found))
	for _, r := range found.List {
		i.say("  %4d  %6d people, such as %s", r.ID, r.Members, strings.Join(r.Some, ", "))
	}
	for {
		text, err := i.ask("Role for people that are created", i.values["INTEGRATION_DEFAULT_ROLE"])
		if err != nil {
			return err
		}
		if err = i.takeRole(ctx, text, found); err == nil || i.silent {
			return err
		}
		if errors.Is(err, errNoAnswer) || ctx.Err() != nil {
			return err
		}
		i.say("✗ %s", err)
	}
}

// takeRole sets the default role, if somebody has it or it is confirmed.
func (i *initiation) takeRole(ctx context.Context, text string, found preflight.Roles) error {
	id, err := strconv.Atoi(text)
	if err != nil || id <= 0 {
		return usageError(errors.New("INTEGRATION_DEFAULT_ROLE: give the number of a role"))
	}
	i.values["INTEGRATION_DEFAULT_ROLE"] = text
	settings, err := i.load(ctx)
	if err != nil {
		return usageError(err)
	}
	if slices.ContainsFunc(found.List, func(r preflight.Role) bool { return r.ID == id }) || settings.Integration.AllowUnusedRole {
		return nil
	}
	if i.silent {
		return usageError(fmt.Errorf("INTEGRATION_DEFAULT_ROLE: nobody was seen who has role %d; if it is right, set INTEGRATION_ALLOW_UNUSED_ROLE=true", id))
	}
	ok, err := i.confirm(fmt.Sprintf("Nobody was seen who has role %d. Use it all the same?", id))
	if err == nil && !ok {
		return errors.New("choose another one")
	}
	i.values["INTEGRATION_ALLOW_UNUSED_ROLE"] = "true"
	return err
}

// shownNames is how many users' names are shown.
const shownNames = 10

// askUsernames shows what usernames would be, until the format is confirmed.
func (i *initiation) askUsernames(ctx context.Context) error {
	within, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	names, err := i.checker.ReadNames(within, i.findings.Plan, shownNames)
	if err != nil {
		return err
	}
	for shown := ""; ; {
		settings, err := i.load(ctx)
		if err == nil && settings.Integration.UsernameFormat != shown {
			shown = settings.Integration.UsernameFormat
			err = i.showNames(settings, names)
		}
		if i.silent {
			if err != nil {
				return usageError(err)
			}
			return nil
		}
		if err != nil {
			i.say("✗ %s", err)
		}
		text, askErr := i.ask("Format of usernames: email, local-part, domain-backslash, as-is, or a template", shown)
		if askErr != nil {
			return askErr
		}
		if text == shown && err == nil {
			return nil
		}
		i.values["INTEGRATION_USERNAME_FORMAT"] = text
	}
}

// showNames shows what becomes of users' names.
func (i *initiation) showNames(settings config.Settings, names []string) error {
	namer, err := saas.NewNamer(settings.SyncPolicy())
	if err != nil {
		return err
	}
	i.say("With the username format %s:", settings.Integration.UsernameFormat)
	for _, name := range names {
		person, skip := namer.Person(name)
		if skip != "" {
			i.say("  %-40s  skipped: %s", name, skip)
			continue
		}
		i.say("  %-40s  %s", name, person.Username)
	}
	return nil
}

// askRest asks for what needs no tenant.
func (i *initiation) askRest(ctx context.Context) error {
	for _, q := range []struct{ setting, question, otherwise string }{
		{"INTEGRATION_CONTACTS", "Email addresses to notify, by commas", ""},
		{"INTEGRATION_SCHEDULE", "When sessions start: every 24h, or a cron expression", "every 24h"},
		{"INTEGRATION_TIMEZONE", "Time zone of the cron expression", "UTC"},
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
