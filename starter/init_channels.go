package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/notify"
)

// holdChannels takes out the settings of the channels until they are asked for: what is
// wrong with them is mended then.
func (i *initiation) holdChannels() {
	i.held = map[string]string{}
	for _, name := range slices.Concat(mailSettings[:], webhookSettings[:]) {
		if value, there := i.values[name]; there {
			i.held[name] = value
			delete(i.values, name)
		}
	}
}

// giveBack puts back settings that were held.
func (i *initiation) giveBack(names []string) {
	for _, name := range names {
		if value, there := i.held[name]; there {
			i.values[name] = value
		}
	}
}

// forget takes out settings that are not wanted any more. Where nobody was asked, they
// stay.
func (i *initiation) forget(names []string) {
	if i.silent {
		return
	}
	for _, name := range names {
		delete(i.values, name)
	}
}

// askChannel asks for a channel until its test succeeds or it is not wanted. Without a
// terminal there is one try.
func (i *initiation) askChannel(ctx context.Context, ask func() (wanted bool, err error), test func(context.Context) error) error {
	for {
		wanted, err := ask()
		if err != nil || !wanted {
			return err
		}
		err = test(ctx)
		channel, ours := errors.AsType[*notify.Error](err)
		switch {
		case err == nil || ctx.Err() != nil || errors.Is(err, errNoAnswer):
			return err
		case i.silent && ours && channel.Permanent && channel.Status != 0:
			return usageError(err)
		case i.silent:
			return err
		}
		i.say("✗ %s", httpx.Redact(err.Error()))
		if !ours { // a setting is wrong
			continue
		}
		if kept, err := i.confirm("Keep these settings all the same?"); err != nil || kept {
			return err
		}
	}
}

// leftOut is the answer by which what is set is not wanted any more.
const leftOut = "none"

// askOptional asks for a value that may be left out: by an empty answer, or where one is
// offered by none.
func (i *initiation) askOptional(question, otherwise, offered string) (string, error) {
	text, err := i.ask(question+explainLeaving(otherwise, offered != ""), offered)
	if !i.silent && strings.EqualFold(text, leftOut) {
		text = ""
	}
	return text, err
}

// explainLeaving says how a value is left out, and what is then.
func explainLeaving(otherwise string, there bool) string {
	if there {
		return " (" + leftOut + ": " + otherwise + ")"
	}
	return " (nothing: " + otherwise + ")"
}

// askSecretSetting asks for a secret, and reports whether there is one then. What is
// typed takes the place of a file.
func (i *initiation) askSecretSetting(name, question string) (there bool, err error) {
	there = i.hasSecret(name)
	text, err := i.askSecret(question, there)
	if err != nil || text == "" {
		return there, err
	}
	i.values[name] = text
	delete(i.values, name+"_FILE")
	return true, nil
}

// hasSecret reports whether a secret is set, as a value or as a file.
func (i *initiation) hasSecret(name string) bool {
	return i.values[name] != "" || i.values[name+"_FILE"] != ""
}
