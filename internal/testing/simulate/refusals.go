package simulate

import (
	"maps"
	"math/rand/v2"
	"slices"

	"defendersync/internal/testing/simulator"
)

// refusals are rows that a tenant never gives or takes as long as it is unkind,
// always the same ones, by a name.
var refusals = map[string]func(*simulator.Faults, float64){
	"unusable rows of users": func(f *simulator.Faults, share float64) { f.BadUsers = share },
	"unusable rows of apps":  func(f *simulator.Faults, share float64) { f.BadApps = share },
	"refused assignments":    func(f *simulator.Faults, share float64) { f.RefuseAssign = share },
	"refused people":         func(f *simulator.Faults, share float64) { f.RefusePeople = share },
	"refused records":        func(f *simulator.Faults, share float64) { f.RefuseSaaS = share },
}

// refusalNames are the names of the refusals, in order.
var refusalNames = slices.Sorted(maps.Keys(refusals))

// drawRefusals draws which rows are refused, in some worlds. Its dice are its own,
// so that a seed's world is otherwise what it would be without.
func (w *World) drawRefusals() {
	d := drawing{rand.New(rand.NewPCG(w.Seed, 0xbad))}
	if !d.drawMaybe(0.2) {
		return
	}
	w.Refused = map[string]float64{}
	for range d.drawBetween(1, 2) {
		w.Refused[refusalNames[d.IntN(len(refusalNames))]] = 0.01 + 0.1*d.Float64()
	}
	if w.hasNamesakes() {
		delete(w.Refused, "refused records") // the name is refused; a namesake gets a record as "Name (id)"
	}
}

// tenantFaults are the faults that the tenants have by themselves.
func (w *World) tenantFaults() simulator.Faults {
	f := simulator.Faults{Drift: w.Drift}
	for name, share := range w.Refused {
		refusals[name](&f, share)
	}
	return f
}
