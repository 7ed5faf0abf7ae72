package questions

import (
	"slices"
	"testing"

	"defendersync/internal/simulator"
)

// Reports are asked in every unkind world, of a tenant that a session has
// filled. What they tell is right, or they say what is in doubt, or they fail.
func TestReportsAreRightOrSaySoInEveryUnkindWorld(t *testing.T) {
	for _, world := range simulator.Worlds() {
		t.Run(world.Name, func(t *testing.T) {
			o := several()
			o.SameNames, o.Apps, o.Pairs = 0, 30, 900
			world.Set(&o)
			r := newRig(t, o)
			want := r.everyApp()
			for name, asked := range map[string]AppsOptions{
				"ours":      {},
				"counted":   {CreatedBy: Anyone, ActiveFrom: FromAssignments},
				"with tags": {CreatedBy: Anyone, WithRisk: true},
			} {
				got, err := r.ReadApps(t.Context(), asked)
				switch {
				case err != nil && world.Ends != simulator.Loud:
					t.Errorf("%s: %v", name, err)
				case err == nil:
					r.rightOrSaid(name, asked, got, want)
				}
			}
		})
	}
}

// rightOrSaid makes sure that no app is missing, and that a figure which is
// wrong is said to be the least.
func (r *rig) rightOrSaid(name string, asked AppsOptions, got []App, want map[string]expect) {
	r.t.Helper()
	due := 0
	for _, e := range want {
		if asked.CreatedBy == Anyone || r.ours(e.HeldSaaS) {
			due++
		}
	}
	if len(got) != due {
		r.t.Errorf("%s: %d apps, want %d; notes %q", name, len(got), due, r.notes)
	}
	doubt := false
	for _, a := range got {
		e, ok := want[a.Name]
		if !ok { // the tenant tells its names in another form
			continue
		}
		if wrong := a.ActiveUsers != e.inUse; wrong && (!a.Unknown || a.ActiveUsers > e.inUse) {
			r.t.Errorf("%s: %s has %d active users, unknown is %v, want %d", name, a.Name, a.ActiveUsers, a.Unknown, e.inUse)
		}
		doubt = doubt || a.Unknown
	}
	if doubt && !slices.ContainsFunc(r.notes, func(n string) bool { return n != "" }) {
		r.t.Errorf("%s: figures are in doubt, and nobody is told", name)
	}
}
