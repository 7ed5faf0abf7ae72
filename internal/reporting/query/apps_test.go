package query

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/testing/simulator"
)

func TestAppsAreThoseOfTheIntegrationUserUnlessAskedOtherwise(t *testing.T) {
	r := newRig(t, several())
	r.sameNames(r.apps(AppsOptions{}), r.expected(r.ours))
	r.sameNames(r.apps(AppsOptions{CreatedBy: "OKTA_Integration"}), r.expected(func(s simulator.HeldSaaS) bool { return s.CreatedBy == "okta_integration" }))
	r.sameNames(r.apps(AppsOptions{CreatedBy: Anyone}), r.expected(func(simulator.HeldSaaS) bool { return true }))
	if got := r.apps(AppsOptions{CreatedBy: "nobody"}); len(got) != 0 {
		t.Errorf("nobody has made %d apps", len(got))
	}
	if len(r.notes) > 0 {
		t.Errorf("notes without a reason: %q", r.notes)
	}
	r.Policy.IntegrationUser = ""
	r.sameNames(r.apps(AppsOptions{}), r.expected(func(simulator.HeldSaaS) bool { return true }))
	r.noted("INTEGRATION_USER is not set")
	r.clean()
}

func TestAppsTellWhatTheRecordHas(t *testing.T) {
	r := newRig(t, several())
	want := r.expected(r.ours)
	for _, a := range r.apps(AppsOptions{}) {
		w := want[a.Name]
		if a.ID != w.ID || a.Category != w.Category || a.Website != w.URL || a.Vendor != w.Publisher || a.CreatedBy != w.CreatedBy ||
			a.ActiveUsers != w.Visited || saas.LinkKey(a.DefenderID) != w.LinkKey {
			t.Errorf("got %+v, want %+v", a, w.HeldSaaS)
		}
		if d := r.sim.Now().Sub(a.Created); d < 0 || d > time.Hour {
			t.Errorf("%s was made at %s, want just now", a.Name, a.Created)
		}
		if a.Users != 0 || a.Discovered {
			t.Errorf("%s tells what was not asked for: %+v", a.Name, a)
		}
	}
	if n := r.asked(); n["defender GET discovery/streams"]+n["oomnitza GET saas/{}/users"] > 0 || n["oomnitza GET saas"] != 1 {
		t.Errorf("a plain list took %v", n)
	}
}

func TestAppsAreFiltered(t *testing.T) {
	r := newRig(t, several())
	tests := []struct {
		name string
		o    AppsOptions
		pass func(simulator.HeldSaaS) bool
	}{
		{"at least so many active users", AppsOptions{MinActiveUsers: 20}, func(s simulator.HeldSaaS) bool { return s.Visited >= 20 }},
		{"a category in another case", AppsOptions{Category: "WEBMAIL"}, func(s simulator.HeldSaaS) bool { return s.Category == "Webmail" }},
		{"one of two categories", AppsOptions{Category: "Webmail, Generative AI"}, func(s simulator.HeldSaaS) bool {
			return s.Category == "Webmail" || s.Category == "Generative AI"
		}},
		{"a website that contains a text", AppsOptions{WebsiteContains: "CO"}, func(s simulator.HeldSaaS) bool { return strings.Contains(s.URL, "co") }},
		{"a website that contains one of two texts", AppsOptions{WebsiteContains: ".io .org"}, func(s simulator.HeldSaaS) bool {
			return strings.Contains(s.URL, ".io") || strings.Contains(s.URL, ".org")
		}},
		{"a website that ends in a suffix", AppsOptions{Suffix: "io,.org"}, func(s simulator.HeldSaaS) bool {
			return strings.HasSuffix(s.URL, ".io") || strings.HasSuffix(s.URL, ".org")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.t = t
			r.sameNames(r.apps(tt.o), r.expected(func(s simulator.HeldSaaS) bool { return r.ours(s) && tt.pass(s) }))
		})
	}
}

func TestAppsWithUsersCountThemAndTellTheLatestActivity(t *testing.T) {
	r := newRig(t, several())
	want := r.expected(func(simulator.HeldSaaS) bool { return true })
	apps := r.apps(AppsOptions{CreatedBy: Anyone, WithUsers: true})
	r.sameNames(apps, want)
	for _, a := range apps {
		w := want[a.Name]
		if a.Users != w.users || a.InUse != w.inUse || !a.LastActivity.Equal(w.last) {
			t.Errorf("%s has %d users, %d of them active, the last at %s; want %d, %d, %s", a.Name, a.Users, a.InUse, a.LastActivity, w.users, w.inUse, w.last)
		}
	}
	r.clean()
}

func TestAnAppsOwnThresholdDecidesWhoIsActive(t *testing.T) {
	r := newRig(t, several())
	most := r.apps(AppsOptions{Top: 1, WithUsers: true})[0]
	r.Policy.AppThresholds = map[string]time.Duration{strings.ToUpper(most.Name): time.Hour}
	again := r.apps(AppsOptions{Top: 1, WithUsers: true})[0]
	if again.Users != most.Users || again.InUse >= most.InUse {
		t.Errorf("%d of %d users are active within an hour, %d of %d within 60 days", again.InUse, again.Users, most.InUse, most.Users)
	}
}

func TestUsersAreReadForTheRowsThatRemainOnly(t *testing.T) {
	r := newRig(t, several())
	r.apps(AppsOptions{Top: 3, WithUsers: true})
	if n := r.asked()["oomnitza GET saas/{}/users"]; n != 3 {
		t.Errorf("the users of %d apps were read for 3 rows", n)
	}
}

func TestAppsComeInTheOrderAskedFor(t *testing.T) {
	r := newRig(t, several())
	want := r.expected(r.ours)
	by := func(compare func(a, b expect) int) []string {
		var all []expect
		for _, e := range want {
			all = append(all, e)
		}
		slices.SortFunc(all, func(a, b expect) int {
			if c := compare(a, b); c != 0 {
				return c
			}
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
		var names []string
		for _, e := range all {
			names = append(names, e.Name)
		}
		return names
	}
	tests := []struct {
		sort    string
		compare func(a, b expect) int
	}{
		{"", func(a, b expect) int { return b.Visited - a.Visited }},
		{"active", func(a, b expect) int { return b.Visited - a.Visited }},
		{"ACTIVE:ASC", func(a, b expect) int { return a.Visited - b.Visited }},
		{"name", func(a, b expect) int { return 0 }},
		{"name:desc", func(a, b expect) int { return strings.Compare(strings.ToLower(b.Name), strings.ToLower(a.Name)) }},
		{"category, active:desc", func(a, b expect) int {
			if c := strings.Compare(strings.ToLower(a.Category), strings.ToLower(b.Category)); c != 0 {
				return c
			}
			return b.Visited - a.Visited
		}},
		{"users", func(a, b expect) int { return b.users - a.users }},
		{"last-activity:asc", func(a, b expect) int { return a.last.Compare(b.last) }},
	}
	for _, tt := range tests {
		t.Run(tt.sort, func(t *testing.T) {
			all := by(tt.compare)
			if got := namesOf(r.apps(AppsOptions{Sort: tt.sort})); !slices.Equal(got, all) {
				t.Errorf("got %q\nwant %q", got, all)
			}
			if got := namesOf(r.apps(AppsOptions{Sort: tt.sort, Top: 4})); !slices.Equal(got, all[:4]) {
				t.Errorf("the first four are %q, want %q", got, all[:4])
			}
		})
	}
}

func TestOptionsThatCannotBeUsedAreNamed(t *testing.T) {
	r := newRig(t, several())
	tests := []struct {
		o      AppsOptions
		option string
	}{
		{AppsOptions{Sort: "size"}, "sort"},
		{AppsOptions{Sort: "name:up"}, "sort"},
		{AppsOptions{Sort: "name,"}, "sort"},
		{AppsOptions{Top: -1}, "top"},
		{AppsOptions{MinActiveUsers: -1}, "min-active-users"},
		{AppsOptions{Sanctioned: true, Unsanctioned: true}, "sanctioned"},
	}
	for _, tt := range tests {
		_, err := r.ReadApps(t.Context(), tt.o)
		option, ok := errors.AsType[*OptionError](err)
		if !ok || option.Option != tt.option {
			t.Errorf("%+v gives %v, want an error about %s", tt.o, err, tt.option)
		}
		if _, _, again := tt.o.Answer(t.Context(), r.Source); again == nil || again.Error() != err.Error() {
			t.Errorf("the sheet's error is %v, want %v", again, err)
		}
	}
	if n := len(r.asked()); n != 0 {
		t.Errorf("tenants were asked all the same: %v", r.asked())
	}
}

func TestAnUnknownCategoryIsToldWithThoseLikeIt(t *testing.T) {
	r := newRig(t, several())
	if got := r.apps(AppsOptions{Category: "webmial"}); len(got) != 0 {
		t.Errorf("%d apps are of no category", len(got))
	}
	r.noted(`similar categories: Webmail`)
}

func TestAppsAreReadThroughFaults(t *testing.T) {
	o := several()
	o.Faults.Oomnitza = simulator.PeerFaults{ServerErrors: 0.2, RateLimited: 0.05, CutOff: 0.1, DropAfter: 0.1, Malformed: 0.1, MaxPerRequest: 6}
	o.Faults.Defender = o.Faults.Oomnitza
	r := newRig(t, o)
	want := r.expected(r.ours)
	apps := r.apps(AppsOptions{WithUsers: true, WithRisk: true})
	r.sameNames(apps, want)
	for _, a := range apps {
		if w := want[a.Name]; a.Users != w.users || !a.LastActivity.Equal(w.last) || !a.Discovered {
			t.Errorf("%s: %+v, want %d users, the last at %s", a.Name, a, w.users, w.last)
		}
	}
}

func TestATenantThatIsOutIsAnError(t *testing.T) {
	o := several()
	o.Faults.Oomnitza = simulator.PeerFaults{ServerErrors: 1}
	r := newRig(t, o)
	if _, err := r.ReadApps(t.Context(), AppsOptions{}); err == nil || !strings.Contains(err.Error(), "Oomnitza") {
		t.Errorf("got %v, want Oomnitza's error", err)
	}
}
