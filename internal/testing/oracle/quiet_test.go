package oracle

import (
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

func TestOnlyRowsThatStandStillAreQuiet(t *testing.T) {
	o := simulator.Options{Seed: 3, Apps: 60, People: 100, Pairs: 900, Streams: 2, Clock: instants.Still(instants.Noon)}
	o.Variants.Unkind.Rows.Still = 0.3
	sim := simulator.New(o)
	before := TakeSnapshot(sim)
	sim.EndDay(simulator.ChangeOptions{Pairs: 0.8})
	quiet, still := before.FindQuiet(sim, time.Time{}), 0
	for app := range sim.Truth() {
		stands := sim.RowsStandStill(app.ID)
		if stands {
			still++
		}
		if quiet[app.ID] != stands {
			t.Errorf("app %s: its rows stand still is %v, it is quiet is %v", app.ID, stands, quiet[app.ID])
		}
	}
	if still == 0 || len(Snapshot(nil).FindQuiet(sim, time.Time{})) > 0 {
		t.Errorf("%d rows stand still; without a snapshot some are quiet", still)
	}
}

// TestWhatLeftOutStreamsAloneHaveMayBeMissing leaves out a view, which may hide
// nothing, and then a stream that has something of its own.
func TestWhatLeftOutStreamsAloneHaveMayBeMissing(t *testing.T) {
	sim := simulator.New(simulator.Options{Seed: 3, Apps: 40, People: 100, Pairs: 900, Streams: 3, Views: 1})
	ids, quiet := sim.StreamIDs(), map[string]bool{}
	AddSpared(sim, []string{sim.StreamName(ids[2])}, quiet)
	if len(quiet) > 0 {
		t.Errorf("%d things are in a view alone", len(quiet))
	}
	AddSpared(sim, []string{sim.StreamName(ids[1])}, quiet)
	apps, users := 0, 0
	for key := range quiet {
		if strings.HasSuffix(key, "/") {
			apps++
		} else {
			users++
		}
	}
	if apps == 0 || users == 0 || users > 900 {
		t.Errorf("%d apps and %d users are in the second stream alone", apps, users)
	}
}
