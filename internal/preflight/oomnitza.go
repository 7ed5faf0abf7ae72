package preflight

import (
	"context"
	"fmt"

	"defendersync/internal/appsync"
	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// sampleRecords is how many SaaS records are looked at.
const sampleRecords = 50

// noteCase is the warning of a tenant whose filters heed case.
const noteCase = "Oomnitza's filters heed upper and lower case: a person spelled otherwise than in Defender is found only once a username conflict shows it"

// checkOomnitza makes sure of the token, the role and the integration user.
func (c *Checker) checkOomnitza(ctx context.Context, in contract.OpenSessionParams, found *Findings) error {
	if _, err := newNamer(in.Policy); err != nil {
		return err
	}
	records, err := c.oomnitza.Examine(ctx, sampleRecords)
	if err != nil {
		return err
	}
	if err := c.checkRole(ctx, in.Policy); err != nil {
		return err
	}
	if err := c.checkUser(ctx, in.Policy.IntegrationUser, found); err != nil {
		return err
	}
	known, ignoreCase, err := c.oomnitza.FiltersIgnoreCase(ctx)
	if err != nil {
		return err
	}
	found.addNotes(appsync.CheckSample(records)...)
	if known && !ignoreCase {
		found.addNotes(noteCase)
	}
	return nil
}

// newNamer reads the username rules of the settings.
func newNamer(p saas.Policy) (*saas.Namer, error) {
	namer, err := saas.NewNamer(p)
	if err != nil {
		return nil, &httpx.Error{Peer: "settings", Op: "read the username rules", Kind: httpx.KindConfig, Err: err}
	}
	return namer, nil
}

// checkRole proves the default role by somebody who has it, since the API has no
// call that lists roles.
func (c *Checker) checkRole(ctx context.Context, p saas.Policy) error {
	if p.AllowUnusedRole {
		return nil
	}
	n, err := c.oomnitza.PeopleWithRole(ctx, p.DefaultRole)
	if err != nil || n > 0 {
		return err
	}
	return &httpx.Error{Peer: "Oomnitza", Op: "check the default role", Kind: httpx.KindConfig,
		Message: fmt.Sprintf("nobody in the tenant has role %d", p.DefaultRole),
		Hint:    "set INTEGRATION_DEFAULT_ROLE to the id of an existing role; if the role is new and has no members yet, set INTEGRATION_ALLOW_UNUSED_ROLE=true"}
}

// checkUser finds the integration user, where one is set.
func (c *Checker) checkUser(ctx context.Context, user string, found *Findings) error {
	if user == "" {
		return nil
	}
	account, there, err := c.oomnitza.FindAccount(ctx, user)
	if err != nil {
		return err
	}
	if found.Account = account; there {
		return nil
	}
	return &httpx.Error{Peer: "Oomnitza", Op: "find the integration user", Kind: httpx.KindConfig,
		Message: fmt.Sprintf("nobody has the username or email %q", user), Hint: "set INTEGRATION_USER to the user whom the API token acts for, or leave it out"}
}
