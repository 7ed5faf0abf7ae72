package main

import (
	"context"

	"defendersync/internal/config"
	"defendersync/internal/saas"
)

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
