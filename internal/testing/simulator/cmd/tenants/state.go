package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"defendersync/internal/testing/simulator"
)

// openSimulator makes the tenants anew or continues those of the state file.
func openSimulator(set settings) (sim *simulator.Simulator, restored bool, err error) {
	if set.state == "" {
		return simulator.New(set.options), false, nil
	}
	f, err := os.Open(set.state)
	if errors.Is(err, os.ErrNotExist) {
		return simulator.New(set.options), false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("--state: %w", err)
	}
	defer f.Close()
	sim, err = simulator.RestoreTenants(bufio.NewReader(f), set.overlayOptions)
	if err != nil {
		return nil, false, fmt.Errorf("--state %s: %w (delete the file to begin anew)", set.state, err)
	}
	if set.advance > 0 {
		sim.AdvanceDays(set.advance, simulator.ChangeOptions{NewApps: 1, NewPairs: 0.01, Late: 0.2})
	}
	return sim, true, nil
}

// overlayOptions puts what was asked for on this command line over the saved options.
func (set settings) overlayOptions(o *simulator.Options) {
	n := &set.options
	for flag, apply := range map[string]func(){
		"seed":           func() { o.Seed = n.Seed },
		"apps":           func() { o.Apps = n.Apps },
		"people":         func() { o.People = n.People },
		"pairs":          func() { o.Pairs = n.Pairs },
		"streams":        func() { o.Streams = n.Streams },
		"same-names":     func() { o.SameNames = n.SameNames },
		"clean-names":    func() { o.Names = n.Names },
		"start":          func() { o.Start = n.Start },
		"odd-streams":    func() { o.OddStreams = n.OddStreams },
		"budget":         func() { o.Budget = n.Budget },
		"window":         func() { o.Window = n.Window },
		"defender-token": func() { o.DefenderToken = n.DefenderToken },
		"oomnitza-token": func() { o.OomnitzaToken = n.OomnitzaToken },
		"token-user":     func() { o.TokenUser = n.TokenUser },
		"roles":          func() { o.Roles = n.Roles },
		"variants":       func() { o.Variants = n.Variants },
		"faults":         func() { o.Faults = n.Faults },
		"latency":        func() { o.Faults = n.Faults },
		"bad-rows":       func() { o.Faults = n.Faults },
	} {
		if set.given[flag] {
			apply()
		}
	}
}

// keepSaving saves the tenants when they have changed, until ctx ends. A save that
// took long is not soon followed by another.
func keepSaving(ctx context.Context, sim *simulator.Simulator, path string) error {
	if path == "" {
		<-ctx.Done()
		return nil
	}
	const pause = 2 * time.Second
	saved := int64(-1)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		began := time.Now()
		if now := sim.Changes(); now != saved {
			if err := saveState(sim, path); err != nil {
				return err
			}
			saved = now
		}
		timer.Reset(max(pause, 10*time.Since(began)))
	}
}

// saveState replaces the state file in one step.
func saveState(sim *simulator.Simulator, path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // of no use
		}
	}()
	w := bufio.NewWriter(f)
	err = errors.Join(sim.Save(w), w.Flush(), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
