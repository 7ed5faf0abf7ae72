package main

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/config"
	"defendersync/internal/versions"
)

const (
	// routingEvery is how often a worker looks whether it gets new work.
	routingEvery = time.Minute
	// routingPatience bounds one such look.
	routingPatience = 10 * time.Second
)

// router reads which version of workers the task queue's new work goes to.
type router interface {
	ReadRouting(ctx context.Context) (versions.Routing, error)
}

// versionOf is the version that the settings give a worker.
func versionOf(s config.Worker) versions.Version {
	return versions.Version{Deployment: s.DeploymentName, Build: s.BuildID}
}

// follower tells in the log whether this worker gets new work: one that gets none looks
// healthy, and idles.
type follower struct {
	own  versions.Version
	from router
	log  zerolog.Logger
	last versions.Finding // what was told last
}

// look reads the routing, and tells what is new. What cannot be read is tried again by
// the next look.
func (f *follower) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, routingPatience)
	defer cancel()
	routing, err := f.from.ReadRouting(ctx)
	if err != nil {
		f.log.Debug().Err(err).Msg("it is not known whether this worker gets new work")
		return
	}
	found := versions.JudgeWorker(routing, f.own)
	if found == f.last {
		return
	}
	first := f.last == versions.Finding{}
	f.last = found
	switch {
	case found.Level != versions.Hint:
		f.log.Warn().Str("todo", found.Todo).Msg(found.Text)
	case f.own.IsSet() || !first:
		f.log.Info().Msg(found.Text)
	}
}

// follow looks at once, and again and again until the context ends.
func (f *follower) follow(ctx context.Context) error {
	tick := time.NewTicker(routingEvery)
	defer tick.Stop()
	for {
		f.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
