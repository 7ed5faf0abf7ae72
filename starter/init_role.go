package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"defendersync/internal/preflight"
	"defendersync/internal/tenants"
)

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
