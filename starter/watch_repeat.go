package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
	"defendersync/internal/moment"
	"defendersync/internal/temporalx"
)

const (
	// lookLimit bounds one look with its notices. A look takes less than a second
	// unless Temporal or a channel is slow to answer.
	lookLimit = 2 * time.Minute
	// stopGrace is how long a look may go on after the command was told to stop,
	// so that a notice that was sent is recorded as sent. Docker kills after ten
	// seconds.
	stopGrace = 5 * time.Second
	// leastEvery keeps a slip of the pen from flooding Temporal.
	leastEvery = time.Second
)

// repetition is how the watch command looks again and again.
type repetition struct {
	commands
	every  time.Duration
	zone   *time.Location // of times in words
	health *temporalx.Health
	look   func(context.Context) verdict
	print  func(verdict) error
}

// watchRepeatedly looks until it is told to stop, which is no failure.
func (c commands) watchRepeatedly(ctx *cli.Context, look func(context.Context) verdict, print func(verdict) error) error {
	settings, err := config.Load(ctx.Context, c.environ, 0)
	if err != nil {
		return unknownError(err)
	}
	r := repetition{commands: c, every: ctx.Duration("every"), zone: zoneOfSettings(settings), health: temporalx.NewHealth(""), look: look, print: print}
	if r.every < leastEvery {
		return unknownError(fmt.Errorf("--every %s is too often: use %s or more", r.every, leastEvery))
	}
	if ctx.Bool("health") {
		if settings.Health.Address == "" {
			return unknownError(errors.New("--health needs HEALTH_ADDRESS, the host:port to answer on"))
		}
		r.health = temporalx.NewHealth(settings.Health.Address)
	}
	group, limited := errgroup.WithContext(ctx.Context)
	group.Go(func() error { return r.health.Serve(limited) })
	group.Go(func() error { return r.lookUntilStopped(limited) })
	if err := group.Wait(); err != nil {
		return unknownError(err)
	}
	return nil
}

// lookUntilStopped looks at once and then every so often. A look that takes
// longer puts the next one off.
func (r repetition) lookUntilStopped(ctx context.Context) error {
	tick := time.NewTicker(r.every)
	defer tick.Stop()
	for {
		if err := r.lookOnce(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if ctx.Err() != nil {
			return nil // both were so at once
		}
	}
}

// lookOnce looks within its limit and prints the verdict.
func (r repetition) lookOnce(ctx context.Context) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookLimit)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopGrace, cancel) })()
	v := r.look(limited)
	if v.Code == plugUnknown {
		if ctx.Err() != nil {
			return nil // it was told to stop before it could know anything
		}
		r.health.SetNotReady(httpx.Redact("the look at " + moment.Format(r.now(), r.zone) + " failed: " + v.Summary))
	} else {
		r.health.SetReady(true)
	}
	return r.print(v)
}
