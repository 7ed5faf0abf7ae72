package main

import (
	"context"
	"time"

	"defendersync/internal/sessions"
)

const (
	// standingEvery is how often a worker reads for its metrics how the integration
	// stands: some ten short requests to Temporal, twice a minute.
	standingEvery = 30 * time.Second
	// standingWithin bounds one reading.
	standingWithin = 20 * time.Second
)

// keepStanding keeps what the metrics tell of the integration up to date until the
// context ends. Where Temporal does not answer they stay as they are, and tell of when
// they are.
func keepStanding(ctx context.Context, p parts, reader sessions.Reader) error {
	if !p.metrics.IsOn() {
		return nil
	}
	tick := time.NewTicker(standingEvery)
	defer tick.Stop()
	failing := false
	for {
		err := readStanding(ctx, p, reader)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			p.log.Warn().Err(err).Msg("the metrics of the integration stay as they are, since they could not be read from Temporal")
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// readStanding brings them up to date once.
func readStanding(ctx context.Context, p parts, reader sessions.Reader) error {
	within, cancel := context.WithTimeout(ctx, standingWithin)
	defer cancel()
	standing, err := reader.ReadStanding(within)
	if err == nil {
		p.own.SetStanding(standing)
	}
	return err
}
