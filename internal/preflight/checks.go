package preflight

import (
	"context"
	"slices"
	"time"

	"defendersync/internal/applist"
	"defendersync/internal/contract"
	"defendersync/internal/defender"
	"defendersync/internal/httpx"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
)

const (
	// maxAttempts bounds how often a check asks a tenant that does not answer: an
	// operator who mistyped a host should not wait for hours to hear of it.
	maxAttempts = 3
	// longestPause is the longest pause between two attempts.
	longestPause = 10 * time.Second
)

// Checker makes the checks. Start with New.
type Checker struct {
	defender  *defender.Client
	oomnitza  *oomnitza.Client
	apps      applist.Reader
	retryBase time.Duration
}

// New returns a Checker of both tenants. retryBase is the first pause before a
// check that failed is made again.
func New(d *defender.Client, o *oomnitza.Client, retryBase time.Duration) *Checker {
	return &Checker{defender: d, oomnitza: o, apps: applist.New(d), retryBase: retryBase}
}

// Findings is the plan as the checks build it, with what else they find. Only
// the plan goes into histories.
type Findings struct {
	contract.Plan
	Seen    []defender.Stream // the chosen streams, as listed
	Sample  UserSample        // of the users that were probed
	Account saas.Account      // the integration user; without an id where none is set

	firstTries int // how often the first page of apps was asked for
}

// addNotes adds warnings, each once: a check may be made again.
func (f *Findings) addNotes(texts ...string) {
	for _, text := range texts {
		if !slices.Contains(f.Warnings, text) {
			f.Warnings = append(f.Warnings, text)
		}
	}
}

// Check is one of the things that have to be right before a session can work.
type Check struct {
	Name    string // what is checked, for the operator
	checker *Checker
	step    func(context.Context, contract.OpenSessionParams, *Findings) error
}

// ListNames returns the names of the checks, in their order.
func ListNames() []string {
	return []string{"Oomnitza: token, role, integration user", "Defender: token, streams", "Defender: discovered apps and their users"}
}

// ListChecks returns the checks in their order. The first is of Oomnitza alone; each
// of the others, which are of Defender, builds on the findings of the one before.
func (c *Checker) ListChecks() []Check {
	steps := []func(context.Context, contract.OpenSessionParams, *Findings) error{c.checkOomnitza, c.chooseStreams, c.probeLists}
	out := make([]Check, len(steps))
	for i, name := range ListNames() {
		out[i] = Check{name, c, steps[i]}
	}
	return out
}

// Run makes the check and adds what it finds. It makes it again while its failure
// looks like a blip. The error says what to do.
func (c Check) Run(ctx context.Context, in contract.OpenSessionParams, found *Findings) error {
	backoff := ratelimit.Backoff{Base: c.checker.retryBase, Max: longestPause}
	for attempt := 1; ; attempt++ {
		err := c.step(ctx, in, found)
		kind := httpx.KindOf(err)
		if err == nil || !kind.Retryable() || kind == httpx.KindStopping || attempt == maxAttempts {
			return err
		}
		select {
		case <-time.After(backoff.Delay(attempt, nil)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// CheckAll makes all checks of a session that opens.
func (c *Checker) CheckAll(ctx context.Context, in contract.OpenSessionParams) (Findings, error) {
	found := Findings{Plan: contract.Plan{Dialect: recallDialect(in.Previous)}}
	for _, check := range c.ListChecks() {
		if err := check.Run(ctx, in, &found); err != nil {
			return Findings{}, err
		}
	}
	found.Totals = c.countApps(ctx, found.Plan)
	return found, nil
}
