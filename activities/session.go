package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"defendersync/internal/appsync"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

// Findings is the plan as the checks build it, with what else they found. Only
// the plan goes into histories.
type Findings struct {
	contract.Plan

	seen   []defender.Stream // the chosen streams, as listed
	sample UserSample        // of the users that were probed
	tries  int               // how often the first page of apps was asked for
}

// Seen is what Defender says of the streams that were chosen.
func (f Findings) Seen() []defender.Stream { return f.seen }

// sampleRecords is how many SaaS records a session looks at when it opens.
const sampleRecords = 50

// openAttempts bounds how often opening asks a tenant that does not answer: an
// operator who mistyped a host should not wait for hours to be told.
const openAttempts = 3

// OpenSession checks both ends by reading real data, before any work, and
// decides what to read. What it cannot do is told at once with what to change.
func (a *Activities) OpenSession(ctx context.Context, in contract.OpenSessionParams) (contract.Plan, error) {
	before := a.requests()
	if activity.GetInfo(ctx).Attempt == 1 {
		a.shortenPauses(inherited)
	}
	plan, err := attend(ctx, a, "checking both tenants", func(ctx context.Context) (contract.Plan, error) {
		within, cancel := context.WithTimeout(ctx, openWithin)
		defer cancel()
		plan, err := a.open(within, in)
		if w := a.waiting(); within.Err() != nil && ctx.Err() == nil && w.IsOn() {
			return contract.Plan{}, a.openLimit(w)
		}
		return plan, err
	})
	if httpx.KindOf(err) == httpx.KindStopping {
		return contract.Plan{}, stopping()
	}
	if err != nil {
		return contract.Plan{}, final(err)
	}
	plan.Recent = a.limiter.Snapshot(time.Now()).MarkSettled()
	plan.Requests = a.requests().since(before)
	return plan, nil
}

func (a *Activities) open(ctx context.Context, in contract.OpenSessionParams) (contract.Plan, error) {
	found := Findings{Plan: contract.Plan{Dialect: recall(in.Previous)}}
	for _, check := range a.Checks() {
		if err := check.Run(ctx, in, &found); err != nil {
			return contract.Plan{}, err
		}
	}
	return found.Plan, nil
}

// Check is one of the things that must be right before a session can work.
type Check struct {
	Name string // what is checked, for the operator
	a    *Activities
	step func(context.Context, contract.OpenSessionParams, *Findings) error
}

// Run makes the check and adds to the plan what it found. It needs no Temporal,
// so that the command line checks exactly what a session would. The error says
// what to do.
func (c Check) Run(ctx context.Context, in contract.OpenSessionParams, plan *Findings) error {
	return c.a.insist(ctx, func() error { return c.step(ctx, in, plan) })
}

// CheckNames are the names of Checks, in their order.
func CheckNames() []string {
	return []string{"Oomnitza: token, role, integration user", "Defender: token, streams", "Defender: discovered apps and their users"}
}

// Checks are made in this order. The first is of Oomnitza alone; of the others,
// which are of Defender, each builds on the plan of the one before.
func (a *Activities) Checks() []Check {
	steps := []func(context.Context, contract.OpenSessionParams, *Findings) error{a.checkOomnitza, a.chooseStreams, a.probe}
	out := make([]Check, len(steps))
	for i, name := range CheckNames() {
		out[i] = Check{name, a, steps[i]}
	}
	return out
}

// insist tries a step again while its failure looks like a blip.
func (a *Activities) insist(ctx context.Context, step func() error) error {
	backoff := ratelimit.Backoff{Base: a.opts.RetryBase, Max: 10 * time.Second}
	for attempt := 1; ; attempt++ {
		err := step()
		kind := httpx.KindOf(err)
		if err == nil || !kind.Retryable() || kind == httpx.KindStopping || attempt == openAttempts {
			return err
		}
		select {
		case <-time.After(backoff.Delay(attempt, nil)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// checkOomnitza makes sure of the token, the role and the integration user.
func (a *Activities) checkOomnitza(ctx context.Context, in contract.OpenSessionParams, plan *Findings) error {
	if _, err := saas.NewNamer(in.Policy); err != nil {
		return &httpx.Error{Peer: "settings", Op: "read the username rules", Kind: httpx.KindConfig, Err: err}
	}
	records, err := a.oomnitza.Examine(ctx, sampleRecords)
	if err != nil {
		return err
	}
	if err := a.checkRole(ctx, in.Policy); err != nil {
		return err
	}
	if user := in.Policy.IntegrationUser; user != "" {
		account, found, err := a.oomnitza.FindAccount(ctx, user)
		if err != nil {
			return err
		}
		if a.apps.NoteAccount(user, account); !found {
			return &httpx.Error{Peer: "Oomnitza", Op: "find the integration user", Kind: httpx.KindConfig,
				Message: fmt.Sprintf("nobody has the username or email %q", user), Hint: "set INTEGRATION_USER to the user whom the API token acts for, or leave it out"}
		}
	}
	known, ignoreCase, err := a.oomnitza.FiltersIgnoreCase(ctx)
	if err == nil {
		plan.Warnings = append(plan.Warnings, appsync.CheckSample(records)...)
	}
	if err == nil && known && !ignoreCase {
		plan.Warnings = append(plan.Warnings, "Oomnitza's filters heed upper and lower case: a person spelled otherwise than in Defender is found only once a username conflict shows it")
	}
	return err
}

// checkRole proves the default role by somebody who has it, since the API has
// no call that lists roles.
func (a *Activities) checkRole(ctx context.Context, p saas.Policy) error {
	if p.AllowUnusedRole {
		return nil
	}
	n, err := a.oomnitza.PeopleWithRole(ctx, p.DefaultRole)
	if err != nil || n > 0 {
		return err
	}
	return &httpx.Error{Peer: "Oomnitza", Op: "check the default role", Kind: httpx.KindConfig,
		Message: fmt.Sprintf("nobody in the tenant has role %d", p.DefaultRole),
		Hint:    "set INTEGRATION_DEFAULT_ROLE to the id of an existing role; if the role is new and has no members yet, set INTEGRATION_ALLOW_UNUSED_ROLE=true"}
}

// chooseStreams reads the streams, takes the session's beginning from
// Defender's clock and plans the window.
func (a *Activities) chooseStreams(ctx context.Context, in contract.OpenSessionParams, plan *Findings) error {
	list, err := a.defender.Streams(ctx)
	if err != nil {
		return err
	}
	chosen, warnings, err := defender.Choose(list.Streams, in.Policy.Streams)
	if err != nil {
		return err
	}
	plan.Warnings = append(plan.Warnings, warnings...)
	plan.Streams, plan.seen = nil, chosen
	for _, s := range chosen {
		plan.Streams = append(plan.Streams, contract.Stream{ID: s.ID, Name: s.Name})
	}
	plan.Began = list.Date.UTC()
	if plan.Began.IsZero() {
		plan.Began = time.Now().UTC()
	}
	plan.Window = saas.PlanWindow(saas.WindowInput{
		Began: plan.Began, Full: in.Full, Watermark: in.Previous.Watermark, LastFull: in.Previous.LastFull,
		Rules: in.Previous.Rules, TooManyRejects: in.Previous.FullNext, Policy: in.Policy,
	})
	return nil
}
