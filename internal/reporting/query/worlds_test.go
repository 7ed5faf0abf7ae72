package query

import (
	"slices"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// Reports are asked in every unkind world, of a tenant that a session has
// filled. What they tell is right, or they say what is in doubt, or they fail.
func TestReportsAreRightOrSaySoInEveryUnkindWorld(t *testing.T) {
	for _, world := range simulator.ListWorlds() {
		if strings.Contains(world.Name, "for good") && strings.Contains(world.Name, "bomb") {
			continue // each is read up to its bound at every try; the clients' own tests have them
		}
		t.Run(world.Name, func(t *testing.T) {
			t.Parallel() // some of them wait between tries
			o := several()
			o.Apps, o.Pairs = 30, 900
			world.Set(&o)
			o.SameNames = 0
			r := newRig(t, o)
			want := r.everyApp()
			for _, asked := range []AppsOptions{
				{CreatedBy: Anyone, ActiveFrom: FromAssignments}, // first, as what lags does so for the first reads
				{CreatedBy: Anyone, WithRisk: true},
				{},
			} {
				got, err := r.ReadApps(t.Context(), asked)
				switch {
				case err != nil && world.Ends != simulator.Loud && !asked.WithRisk: // Defender's list alone may be beyond reading, which is told
					t.Errorf("%+v: %v", asked, err)
				case err == nil:
					r.rightOrSaid(asked, got, want)
				}
			}
		})
	}
}

// rightOrSaid makes sure that no app is missing, and that a figure which is
// wrong is said to be the least.
func (r *rig) rightOrSaid(asked AppsOptions, got []App, want map[string]expect) {
	r.t.Helper()
	due := 0
	for _, e := range want {
		if asked.CreatedBy == Anyone || r.ours(e.HeldSaaS) {
			due++
		}
	}
	if len(got) != due {
		r.t.Errorf("%+v: %d apps, want %d; notes %q", asked, len(got), due, r.notes)
	}
	doubt := false
	for _, a := range got {
		e, ok := want[a.Name]
		if !ok { // the tenant tells its names in another form
			continue
		}
		if wrong := a.ActiveUsers != e.inUse; wrong && (!a.Unknown || a.ActiveUsers > e.inUse) {
			r.t.Errorf("%+v: %s has %d active users, unknown is %v, want %d", asked, a.Name, a.ActiveUsers, a.Unknown, e.inUse)
		}
		doubt = doubt || a.Unknown
	}
	if doubt && !slices.ContainsFunc(r.notes, func(n string) bool { return n != "" }) {
		r.t.Errorf("%+v: figures are in doubt, and nobody is told", asked)
	}
}
