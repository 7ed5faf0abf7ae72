package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"defendersync/internal/saas"
)

// checkCreator looks at the records of the first page of apps that carry our
// mark. Their creator is the user whom the token acts for.
func (d *doctor) checkCreator(ctx context.Context) outcome {
	var keys []string
	for _, app := range d.tenants.defender.First.Apps {
		keys = append(keys, saas.LinkKey(app.ID))
	}
	records, err := d.tenants.client.FindSaaS(ctx, keys, nil)
	if err != nil {
		return foundFailure(err)
	}
	counts := map[string]int{}
	for _, r := range records {
		if r.LinkKey != "" && r.State != saas.Gone {
			counts[r.CreatedBy]++
		}
	}
	user := d.settings.Integration.User
	account := saas.Account{Username: user}
	if unlike := slices.ContainsFunc(slices.Collect(maps.Keys(counts)), func(name string) bool {
		return name != "" && !account.IsNamed(name)
	}); unlike && user != "" {
		if a, met, err := d.tenants.client.FindAccount(ctx, user); err == nil && met {
			account = a
		}
	}
	return judgeCreators(counts, user, account)
}

// judgeCreators reports who created our records, and whether it is the
// integration user, under any of the names of that account.
func judgeCreators(counts map[string]int, user string, account saas.Account) outcome {
	none := counts[""]
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(counts)), func(name string) bool { return name == "" })
	if len(names) == 0 && none == 0 {
		return foundUnknown("unknown until a session has created a record (check writes nothing)")
	}
	if none > 0 {
		text := fmt.Sprintf("%d of our records have no creator", none)
		if len(names) > 0 {
			text += ", others have " + strings.Join(names, ", ")
		}
		return foundWarning("%s: searches by \"Created by\" do not find them", text)
	}
	who := strings.Join(names, ", ")
	others := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return saas.Fold(name) == saas.Fold(user) || account.IsNamed(name)
	})
	switch {
	case user == "":
		return foundOK("our records were created by %s; set INTEGRATION_USER to have every session verify this", who)
	case len(others) > 0:
		return foundWarning("our records were created by %s, but INTEGRATION_USER is %s: searches by \"Created by\" find only some of them", who, user)
	case !slices.ContainsFunc(names, func(name string) bool { return saas.Fold(name) != saas.Fold(user) }):
		return foundOK("our records were created by %s, as INTEGRATION_USER says", who)
	}
	return foundOK("our records were created by %s, who is INTEGRATION_USER %s", who, user)
}
