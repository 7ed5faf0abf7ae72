package oracle

import (
	"slices"
	"time"

	"defendersync/internal/testing/simulator"
)

// Snapshot is what the rows of apps showed at one time, by timeframe. An
// incremental session may go by what moved since.
type Snapshot map[int]map[simulator.RowKey]simulator.RowCounters

// TakeSnapshot looks at all rows in all timeframes that Defender has.
func TakeSnapshot(sim *simulator.Simulator) Snapshot {
	out := Snapshot{}
	for _, days := range []int{7, 30, 90} {
		out[days] = sim.Counters(days)
	}
	return out
}

// FindQuiet names the apps whose rows stand still and do not tell, since the
// snapshot, that there is something to read: not in every stream and timeframe,
// or with a last activity before the threshold. What they miss is made up for by
// the next full session; of all other apps nothing may be missed.
func (before Snapshot) FindQuiet(sim *simulator.Simulator, threshold time.Time) map[string]bool {
	quiet := map[string]bool{}
	if before == nil {
		return quiet
	}
	for days, rows := range TakeSnapshot(sim) {
		moved := simulator.MovedRows(before[days], rows)
		for key, row := range rows {
			if sim.RowsStandStill(key.App) && (!moved[key] || row.LastActivity.Before(threshold)) {
				quiet[key.App] = true
			}
		}
	}
	return quiet
}

// AddSpared adds to what may be missing what is known of in some streams alone,
// which a session left out: apps that no other stream lists, by id, and pairs that
// no other stream has as late, by id and address.
func AddSpared(sim *simulator.Simulator, spared []string, quiet map[string]bool) {
	if len(spared) == 0 {
		return
	}
	for app := range sim.Truth() {
		listed, best, elsewhere := false, map[string]time.Time{}, map[string]time.Time{}
		for _, row := range app.Rows {
			listed = listed || !slices.Contains(spared, sim.StreamName(row.Stream))
		}
		for _, u := range app.Users {
			name, _ := parseUsername(u.User)
			if best[name].Before(u.LastActivity) {
				best[name] = u.LastActivity
			}
			if elsewhere[name].Before(u.LastActivity) && !slices.Contains(spared, sim.StreamName(u.Stream)) {
				elsewhere[name] = u.LastActivity
			}
		}
		for name, last := range best {
			if !listed || elsewhere[name].Before(last) {
				quiet[app.ID+"/"+name] = true
			}
		}
		if !listed {
			quiet[app.ID+"/"] = true
		}
	}
}
