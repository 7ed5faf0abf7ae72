package gather

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"defendersync/internal/defender"
	"defendersync/internal/oomnitza"
	"defendersync/internal/ratelimit"
	"defendersync/internal/reporting/page"
	"defendersync/internal/reporting/query"
	"defendersync/internal/saas"
	"defendersync/internal/testing/instants"
	"defendersync/internal/testing/simulator"
)

// tenant is a pair of simulated tenants after a full session.
func tenant(t *testing.T, o simulator.Options) (*simulator.Simulator, query.Source) {
	t.Helper()
	o.Seed, o.Synced, o.Clock = 11, true, instants.Still(instants.Noon)
	sim := simulator.New(o)
	serve := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	client := &http.Client{Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)
	to, err := oomnitza.New(oomnitza.Options{URL: serve(sim.Oomnitza()), Token: sim.Options().OomnitzaToken, Concurrency: 8, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	from, err := defender.New(defender.Options{URL: serve(sim.Defender()), AllowHost: "127.0.0.1", Token: sim.Options().DefenderToken,
		Limiter: ratelimit.NewLimiter(0, time.Minute), HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return sim, query.Source{Oomnitza: to, Defender: from, Now: sim.Now,
		Policy: saas.Policy{IntegrationUser: sim.Options().TokenUser, AppThresholds: map[string]time.Duration{}}}
}

func gather(t *testing.T, s query.Source, o Options) page.Data {
	t.Helper()
	o.Integration = "contoso"
	d, err := ReadData(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// counted is the same as Gather counts, from what the simulator holds.
func counted(sim *simulator.Simulator, threshold func(app string) time.Duration) (t page.Totals, idle map[string]int) {
	held, now := sim.Holdings(), sim.Now()
	people, busy := map[string]bool{}, map[string]bool{}
	idle = map[string]int{}
	for app, seats := range held.Assigned {
		t.Apps++
		for _, seat := range seats {
			people[seat.Username] = true
			if seat.LastActivity.After(now.Add(-threshold(app))) {
				t.Active++
				busy[seat.Username] = true
			} else {
				t.Inactive++
				idle[seat.Username]++
			}
		}
	}
	t.AppsRead, t.People, t.ActivePeople, t.Unused = t.Apps, len(people), len(busy), len(idle)
	return t, idle
}

func TestThePictureIsWhatTheTenantHolds(t *testing.T) {
	pictureIsWhatIsHeld(t, simulator.Options{Apps: 250, People: 300, Pairs: 4000})
}

func TestThePictureIsRightAtEveryInstant(t *testing.T) {
	instants.Each(t, func(t *testing.T, when time.Time) {
		pictureIsWhatIsHeld(t, simulator.Options{Apps: 40, People: 300, Pairs: 1500, Start: when})
	})
}

// pictureIsWhatIsHeld compares what is gathered with what Oomnitza holds.
func pictureIsWhatIsHeld(t *testing.T, o simulator.Options) {
	t.Helper()
	sim, source := tenant(t, o)
	var busiest string
	for name, app := range sim.Holdings().SaaS {
		if busiest == "" || app.Visited > sim.Holdings().SaaS[busiest].Visited {
			busiest = name
		}
	}
	source.Policy.AppThresholds[busiest] = 7 * saas.Day
	d := gather(t, source, Options{Live: true})
	want, idle := counted(sim, source.Policy.Threshold)
	want.NewApps, want.Unsanctioned, want.AI = d.Totals.NewApps, d.Totals.Unsanctioned, d.Totals.AI // below
	if d.Totals != want {
		t.Errorf("got %+v,\nwant %+v", d.Totals, want)
	}
	for _, p := range d.Unused {
		if p.Count != idle[p.Username] {
			t.Errorf("%s has %d unused apps, want %d", p.Username, p.Count, idle[p.Username])
		}
		for i, u := range p.Apps {
			if i > 0 && u.Last.Before(p.Apps[i-1].Last) {
				t.Errorf("%s: the apps are not those unused longest: %+v", p.Username, p.Apps)
			}
		}
		delete(idle, p.Username)
	}
	least := d.Unused[len(d.Unused)-1].Count
	for name, n := range idle {
		if n > least {
			t.Errorf("%s has %d unused apps and is left out, while somebody with %d is not", name, n, least)
		}
	}
	active, inactive := 0, 0
	for _, a := range d.Ages {
		active, inactive = active+a.Active, inactive+a.Inactive
	}
	if active != want.Active || inactive != want.Inactive {
		t.Errorf("by age there are %d active and %d inactive users, want %d and %d", active, inactive, want.Active, want.Inactive)
	}
}

func TestUnsanctionedAppsAreThoseThatDefenderTagsAndSomebodyUses(t *testing.T) {
	sim, source := tenant(t, simulator.Options{Apps: 400, People: 200, Pairs: 3000})
	want, held := map[string]bool{}, sim.Holdings().SaaS
	for app := range sim.Truth() {
		if app.Tag == "Unsanctioned" && held[app.Name].Visited > 0 {
			want[app.ID] = true
		}
	}
	if len(want) == 0 {
		t.Fatal("the simulated tenant has no unsanctioned app")
	}
	d := gather(t, source, Options{Live: true})
	if len(d.Unsanctioned) != len(want) || d.Totals.Unsanctioned != len(want) {
		t.Errorf("%d apps, want %d", len(d.Unsanctioned), len(want))
	}
	if d := gather(t, source, Options{}); len(d.Unsanctioned) != 0 || !strings.Contains(d.Missing[page.Unsanctioned], "--live") {
		t.Errorf("without asking Defender: %d apps, %q", len(d.Unsanctioned), d.Missing[page.Unsanctioned])
	}
}

func TestNewAppsAreThoseOfThisMonthWhereTheReaderIs(t *testing.T) {
	_, source := tenant(t, simulator.Options{Apps: 30, Start: time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC)})
	d := gather(t, source, Options{})
	if d.Totals.NewApps != d.Totals.Apps {
		t.Errorf("%d of %d apps are new in the month they were made in", d.Totals.NewApps, d.Totals.Apps)
	}
	made := source.Now()
	source.Now = func() time.Time { return made.Add(time.Hour) } // November, in UTC only
	if d = gather(t, source, Options{}); d.Totals.NewApps != 0 || len(d.NewByMonth) != 2 || d.NewByMonth[0].Apps != d.Totals.Apps {
		t.Errorf("a month later %d are new; by month %v", d.Totals.NewApps, d.NewByMonth)
	}
	west := time.FixedZone("west", -5*3600)
	if d = gather(t, source, Options{Zone: west}); d.Totals.NewApps != d.Totals.Apps {
		t.Errorf("in the west it is October still, but %d are new", d.Totals.NewApps)
	}
}

func TestNewAppsAreOfTheReadersMonthAtEveryInstant(t *testing.T) {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	instants.Each(t, func(t *testing.T, when time.Time) {
		_, source := tenant(t, simulator.Options{Apps: 5, Start: when})
		for _, zone := range zones {
			source.Now = instants.Still(when)
			d := gather(t, source, Options{Zone: zone})
			if d.Totals.NewApps != d.Totals.Apps || len(d.NewByMonth) != 1 || d.NewByMonth[0].Apps != d.Totals.Apps {
				t.Errorf("%s: %d of %d apps are new in their month; by month %v", zone, d.Totals.NewApps, d.Totals.Apps, d.NewByMonth)
			}
			source.Now = instants.Still(startOfMonth(when.In(zone)).AddDate(0, 1, 0)) // the next month's first second there
			d = gather(t, source, Options{Zone: zone})
			if d.Totals.NewApps != 0 || len(d.NewByMonth) != 2 || d.NewByMonth[0].Apps != d.Totals.Apps {
				t.Errorf("%s: a month later %d are new; by month %v", zone, d.Totals.NewApps, d.NewByMonth)
			}
		}
	})
}

func TestOnlyTheUsersOfTheMostUsedAppsAreReadWhenAskedSo(t *testing.T) {
	_, source := tenant(t, simulator.Options{Apps: 60, Pairs: 900})
	whole, some := gather(t, source, Options{}), gather(t, source, Options{Apps: 5})
	if some.Totals.AppsRead != 5 || some.Totals.Apps != whole.Totals.Apps {
		t.Errorf("got %+v", some.Totals)
	}
	if n := some.Totals.Active + some.Totals.Inactive; n == 0 || n >= whole.Totals.Active+whole.Totals.Inactive {
		t.Errorf("%d users, of %d in all", n, whole.Totals.Active+whole.Totals.Inactive)
	}
	if !strings.Contains(some.Notes[page.Activity], "5 most used") || some.Scope[1].Text != "of the 5 most used of 60 apps" {
		t.Errorf("notes %v, scope %v", some.Notes, some.Scope)
	}
}

func TestWithoutLastActivityThePageSaysSo(t *testing.T) {
	sim, source := tenant(t, simulator.Options{Apps: 20, Variants: simulator.Variants{LastVisit: "ignored"}})
	d := gather(t, source, Options{})
	if d.Totals.Unknown == 0 || d.Totals.Active != 0 || !strings.Contains(d.Missing[page.Chase], "has no last activity") {
		t.Errorf("totals %+v, missing %v", d.Totals, d.Missing)
	}
	for _, a := range d.Apps {
		if held := sim.Holdings().SaaS[a.Name]; a.Active > held.Visited {
			t.Errorf("%s has %d active users, but its record says %d", a.Name, a.Active, held.Visited)
		}
	}
}

func TestSuffixesOfCountriesAreNamed(t *testing.T) {
	for suffix, want := range map[string]string{"cn": "China", "ru": "Russia", "uk": "United Kingdom", "eu": "European Union", "zz": "", "q1": "", "de": "Germany"} {
		if got := countryOf(suffix); got != want {
			t.Errorf(".%s: %q, want %q", suffix, got, want)
		}
	}
	d := page.Data{Notes: map[page.Panel]string{}}
	apps := []query.App{{ID: "1", Website: "https://www.a.cn/x", ActiveUsers: 3}, {ID: "2", LiveWebsite: "b.com.cn", ActiveUsers: 4}, {ID: "3", Website: "c.com"}, {ID: "4", Website: "cn"}, {ID: "5"}}
	fillSuffixes(&d, apps, newCounter(query.Source{}, time.Time{}), true)
	if note := d.Notes[page.Websites]; note != "The websites of 1 apps without one in their record were read live from Defender. Not counted: 1 apps without a website in their record." {
		t.Errorf("the note is %q", note)
	}
	if note := noteWebsites(0, 12, false); !strings.Contains(note, "--live") {
		t.Errorf("without asking Defender the note is %q", note)
	}
	if len(d.Suffixes) != 1 || d.Suffixes[0] != (page.Suffix{Suffix: ".cn", Country: "China", Apps: 2, Active: 7}) {
		t.Errorf("got %+v", d.Suffixes)
	}
}

func TestATenantThatRefusesFailsThePicture(t *testing.T) {
	_, source := tenant(t, simulator.Options{Apps: 5})
	sim := simulator.New(simulator.Options{OomnitzaToken: "another"})
	server := httptest.NewServer(sim.Oomnitza())
	t.Cleanup(server.Close)
	wrong, err := oomnitza.New(oomnitza.Options{URL: server.URL, Token: "x", HTTP: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	source.Oomnitza = wrong
	if _, err := ReadData(t.Context(), source, Options{}); err == nil || !strings.Contains(err.Error(), "Oomnitza") {
		t.Errorf("got %v", err)
	}
}

func TestAIInUseIsShownWhoeverMadeTheRecord(t *testing.T) {
	sim, source := tenant(t, simulator.Options{Apps: 400, People: 200, Pairs: 3000, ExistingApps: 0.2})
	want, tags := map[string]bool{}, map[string]string{}
	for app := range sim.Truth() {
		if saas.IsAI(app.Category) {
			want[saas.NameKey(app.Name)], tags[saas.NameKey(app.Name)] = true, app.Tag
		}
	}
	if len(want) == 0 {
		t.Fatal("the simulated tenant has no AI in use")
	}
	d := gather(t, source, Options{Live: true})
	for _, a := range d.AI {
		name := saas.NameKey(a.Name)
		if !want[name] || a.Tag != tags[name] || a.Active == 0 || a.Created.IsZero() {
			t.Errorf("%+v, of which Defender says %q", a, tags[name])
		}
	}
	if len(d.AI) == 0 || d.Totals.AI != len(d.AI) || !strings.Contains(d.Notes[page.AIApps], "Somebody else created") {
		t.Errorf("%d apps of %d, %q", len(d.AI), d.Totals.AI, d.Notes[page.AIApps])
	}
	still := gather(t, source, Options{})
	if len(still.AI) == 0 || still.AI[0].Tag != "" || !strings.Contains(still.Notes[page.AIApps], "--live") {
		t.Errorf("without asking Defender: %d apps, %q", len(still.AI), still.Notes[page.AIApps])
	}
}
