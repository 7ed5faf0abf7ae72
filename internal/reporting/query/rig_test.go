package query

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

// rig is both simulated tenants, Oomnitza's as a session left it, and a source
// that reads them.
type rig struct {
	Source
	t     *testing.T
	sim   *simulator.Simulator
	held  simulator.Holdings
	notes []string
}

func newRig(t *testing.T, o simulator.Options) *rig {
	t.Helper()
	return newRigBehind(t, o, func(tenant http.Handler) http.Handler { return tenant })
}

// newRigBehind is a rig whose Oomnitza stands behind something that changes
// what it answers.
func newRigBehind(t *testing.T, o simulator.Options, behind func(http.Handler) http.Handler) *rig {
	t.Helper()
	if o.Seed == 0 {
		o.Seed = 7
	}
	o.Synced, o.Clock = true, instants.Still(instants.Noon) // nobody's activity ages while a test runs
	sim := simulator.New(o)
	d, oo := httptest.NewServer(sim.Defender()), httptest.NewServer(behind(sim.Oomnitza()))
	t.Cleanup(func() { d.CloseClientConnections(); d.Close(); oo.CloseClientConnections(); oo.Close() })
	for _, client := range []*http.Client{d.Client(), oo.Client()} { // as the product's
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	from, err := defender.New(defender.Options{URL: d.URL, AllowHost: "127.0.0.1", Token: sim.Options().DefenderToken,
		Limiter: ratelimit.NewLimiter(0, time.Minute), HTTP: d.Client(), Throttled: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	to, err := oomnitza.New(oomnitza.Options{URL: oo.URL, Token: sim.Options().OomnitzaToken, HTTP: oo.Client()})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, sim: sim, held: sim.Holdings()}
	r.Source = Source{Oomnitza: to, Defender: from, Policy: saas.Policy{IntegrationUser: sim.Options().TokenUser}, Now: sim.Now,
		Note: func(text string) { r.notes = append(r.notes, text) }, Backoff: ratelimit.Backoff{Base: time.Millisecond, Max: time.Millisecond}}
	return r
}

// several is a tenant with apps of ours and of another integration.
func several() simulator.Options {
	return simulator.Options{Apps: 60, People: 300, Pairs: 2000, Streams: 2, SameNames: 1, ExistingApps: 0.2, ExistingPeople: 0.2,
		Names: simulator.RealisticNames(), AppRoles: true}
}

// noted makes sure that a note says something, or that none does.
func (r *rig) noted(part string) {
	r.t.Helper()
	if !slices.ContainsFunc(r.notes, func(n string) bool { return strings.Contains(n, part) }) {
		r.t.Errorf("no note says %q: %q", part, r.notes)
	}
}

// asked is how many requests each route got.
func (r *rig) asked() map[string]int { return r.sim.Requests().Routes }

// clean makes sure that no request broke a contract.
func (r *rig) clean() {
	r.t.Helper()
	for _, v := range r.sim.Violations() {
		r.t.Error(v)
	}
}

// expect is what a record should answer, worked out from what Oomnitza holds.
type expect struct {
	simulator.HeldSaaS
	users, inUse int
	last         time.Time
}

// expected works out the records that pass a test.
func (r *rig) expected(pass func(simulator.HeldSaaS) bool) map[string]expect {
	out := map[string]expect{}
	for name, s := range r.held.SaaS {
		if !pass(s) {
			continue
		}
		e := expect{HeldSaaS: s}
		for _, seat := range r.held.Assigned[name] {
			e.users++
			if seat.LastActivity.After(e.last) {
				e.last = seat.LastActivity
			}
			if !seat.LastActivity.IsZero() && r.sim.Now().Sub(seat.LastActivity) <= 60*24*time.Hour {
				e.inUse++
			}
		}
		out[name] = e
	}
	return out
}

func (r *rig) ours(s simulator.HeldSaaS) bool { return s.CreatedBy == r.sim.Options().TokenUser }

// apps reads apps that are to be there.
func (r *rig) apps(o AppsOptions) []App {
	r.t.Helper()
	apps, err := r.ReadApps(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	return apps
}

// users reads the users of one app, or of all, under their app's name.
func (r *rig) users(o UsersOptions) map[string][]User {
	r.t.Helper()
	all, err := r.ReadUsers(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string][]User{}
	for got, err := range all {
		if err != nil {
			r.t.Fatal(err)
		}
		out[got.App.Name] = got.Users
	}
	return out
}

// namesOf are the names of apps, in their order.
func namesOf(apps []App) (names []string) {
	for _, a := range apps {
		names = append(names, a.Name)
	}
	return names
}

// sameNames makes sure that exactly the expected apps came.
func (r *rig) sameNames(got []App, want map[string]expect) {
	r.t.Helper()
	names := slices.Sorted(slices.Values(namesOf(got)))
	if expected := slices.Sorted(maps.Keys(want)); !slices.Equal(names, expected) {
		r.t.Errorf("got %d apps, want %d:\n got %q\nwant %q", len(names), len(expected), names, expected)
	}
	if len(want) == 0 {
		r.t.Error("the test expects nothing, which proves nothing")
	}
}
