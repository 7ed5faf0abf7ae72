package query

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// reachedBy are the records of apps of which Defender has a host that passes,
// whatever their own Website says.
func (r *rig) reachedBy(pass func(host string) bool) map[string]expect {
	domains := map[string][]string{}
	for app := range r.sim.Truth() {
		domains["defender-app:"+app.ID] = app.Domains
		domains[strings.ToLower(app.Name)] = append(domains[strings.ToLower(app.Name)], app.Domains...)
	}
	return r.expected(func(s simulator.HeldSaaS) bool {
		all, ok := domains[s.LinkKey]
		if !ok {
			all = domains[strings.ToLower(s.Name)]
		}
		return slices.ContainsFunc(all, func(d string) bool {
			h, _, _ := strings.Cut(strings.Trim(d, "."), "/")
			return pass(h)
		})
	})
}

func endsIn(suffix string) func(string) bool {
	return func(h string) bool { return strings.HasSuffix(h, suffix) }
}

func TestAllDomainsOfAnAppAreSearched(t *testing.T) {
	o := several()
	o.SameNames = 0
	r := newRig(t, o)
	for suffix, pass := range map[string]func(string) bool{
		".cn": endsIn(".cn"), "CN": endsIn(".cn"), "co.uk.": endsIn(".co.uk"), "*.cn": endsIn(".cn"), "https://cn/": endsIn(".cn"),
	} {
		want := r.reachedBy(pass)
		got := r.apps(AppsOptions{CreatedBy: Anyone, Suffix: suffix, Domains: true})
		r.sameNames(got, want)
		byField := r.apps(AppsOptions{CreatedBy: Anyone, Suffix: suffix})
		if len(byField) >= len(got) {
			t.Errorf("%s: %d apps by Website alone, %d by all domains: the tenant is too kind for this test", suffix, len(byField), len(got))
		}
	}
	r.sameNames(r.apps(AppsOptions{CreatedBy: Anyone, WebsiteContains: "api.C", Domains: true}), r.reachedBy(func(h string) bool { return strings.Contains(h, "api.c") }))
	r.noted("searched the field Website and, live, all domains")
	if n := r.asked()["defender POST discovery/discovered_apps"]; n == 0 {
		t.Errorf("Defender was not asked: %v", r.asked())
	}
	r.clean()
}

func TestAnAdoptedRecordWithoutAWebsiteIsFoundByItsDomains(t *testing.T) {
	o := several()
	o.SameNames = 0
	r := newRig(t, o)
	n := 0
	for _, a := range r.apps(AppsOptions{CreatedBy: "okta_integration", Suffix: ".co.uk", Domains: true}) {
		if a.Website == "" && len(a.Sites) == 1 && strings.HasSuffix(a.Sites[0], ".co.uk") {
			n++
		}
	}
	if n == 0 {
		t.Error("no record without a website was found")
	}
}

func TestWebsitesThatAreSearchedAreTheDomainsThatMatch(t *testing.T) {
	o := several()
	o.SameNames = 0
	r := newRig(t, o)
	want := map[string]int{}
	for name, e := range r.reachedBy(endsIn(".cn")) {
		for app := range r.sim.Truth() {
			if strings.EqualFold(app.Name, name) {
				sites := map[string]bool{}
				for _, d := range app.Domains {
					if strings.HasSuffix(d, ".cn") {
						sites[strings.TrimPrefix(strings.Trim(d, "."), "www.")] = true
					}
				}
				for site := range sites {
					want[site] += e.inUse
				}
			}
		}
	}
	sites, err := r.ReadWebsites(t.Context(), WebsitesOptions{CreatedBy: Anyone, Suffix: ".cn", Domains: true})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, w := range sites {
		got[w.Host] = w.ActiveUsers
	}
	for site := range want {
		if _, ok := got[site]; !ok && strings.Count(site, ".") > 1 {
			delete(want, site) // below a domain that is among them
		}
	}
	if !maps.Equal(got, want) || len(want) == 0 {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestWithoutDefendersSettingsItIsSaidThatWebsiteAloneWasSearched(t *testing.T) {
	r := newRig(t, several())
	r.Defender = nil
	r.apps(AppsOptions{Suffix: ".io", Domains: true})
	r.noted("only the field Website was searched")
}

func TestWebsitesAreSelectedByLabelsInBothForms(t *testing.T) {
	for _, tt := range []struct {
		suffix, contains, host string
		want                   bool
	}{
		{".рф", "", "xn--j1agcjjg.xn--p1ai", true},
		{".xn--p1ai", "", "xn--j1agcjjg.xn--p1ai", true},
		{".XN--P1AI.", "", "xn--j1agcjjg.xn--p1ai", true},
		{"РФ", "", "xn--j1agcjjg.xn--p1ai", true},
		{"контур.рф", "", "xn--j1agcjjg.xn--p1ai", true},
		{".ｃｎ", "", "sina.com.cn", true},
		{".cn", "", "cnn.com", false},
		{".cn", "", "a.xn--cn", false},
		{"ai", "", "xn--j1agcjjg.xn--p1ai", false},
		{"", "контур", "xn--j1agcjjg.xn--p1ai", true},
		{"", "КОНТУР.РФ", "xn--j1agcjjg.xn--p1ai", true},
		{"", "xn--j1a", "xn--j1agcjjg.xn--p1ai", true},
		{"", ".рф", "xn--j1agcjjg.xn--p1ai", true},
		{"", ".рф", "kontur.ru", false},
		{".cn", "sina", "sina.com.cn", true},
		{".cn", "qq", "sina.com.cn", false},
	} {
		f := newSiteFilter(tt.contains, tt.suffix)
		if got := f.matchesHost(tt.host); got != tt.want {
			t.Errorf("%s with suffix %q, containing %q: %v", tt.host, tt.suffix, tt.contains, got)
		}
	}
	f := newSiteFilter("", ".рф")
	for _, website := range []string{"контур.рф", "https://КОНТУР.рф./x", "xn--j1agcjjg.xn--p1ai:8080", "*.контур.рф"} {
		if !f.matchesWebsite(website) {
			t.Errorf("%s is not under .рф", website)
		}
	}
	got := newSiteFilter("", ".cn").selectSites([]string{"a.b.cn", "b.cn", "c.b.cn", "s3.cn-north-1.amazonaws.com.cn", "x.com"})
	if !slices.Equal(got, []string{"amazonaws.com.cn", "b.cn"}) {
		t.Errorf("got %v", got)
	}
	if got = newSiteFilter("cn-north", "").selectSites([]string{"s3.cn-north-1.amazonaws.com.cn"}); !slices.Equal(got, []string{"s3.cn-north-1.amazonaws.com.cn"}) {
		t.Errorf("got %v", got)
	}
}

func TestACellNamesSomeOfManyDomains(t *testing.T) {
	many := make([]string, 355)
	for i := range many {
		many[i] = "a.cn"
	}
	if got := joinSites(many); !strings.HasSuffix(got, " and 335 more") {
		t.Errorf("%s", got)
	}
}

func TestTheWebsiteOfARecordWithoutOneIsFoundInDefender(t *testing.T) {
	o := several()
	o.SameNames = 0
	r := newRig(t, o)
	missing := map[string]bool{}
	for _, s := range r.held.SaaS {
		if s.URL == "" && !r.ours(s) {
			missing[s.Name] = true
		}
	}
	found := func(o WebsitesOptions) map[string]string {
		t.Helper()
		sites, err := r.ReadWebsites(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, w := range sites {
			for _, a := range w.Apps {
				out[a.Name] = w.Host
			}
		}
		return out
	}
	got := found(WebsitesOptions{CreatedBy: Anyone, Domains: true})
	without := found(WebsitesOptions{CreatedBy: Anyone})
	for app := range r.sim.Truth() {
		if !missing[app.Name] || len(app.Domains) == 0 {
			continue
		}
		delete(missing, app.Name)
		if host := got[app.Name]; !slices.ContainsFunc(app.Domains, func(d string) bool { return strings.Contains(d, host) }) || host == "" {
			t.Errorf("%s has domains %q, and website %q", app.Name, app.Domains, host)
		}
		if without[app.Name] != "" {
			t.Errorf("%s has a website without Defender: %s", app.Name, without[app.Name])
		}
		t.Logf("%s: %s", app.Name, got[app.Name])
	}
	if len(got) <= len(without) {
		t.Errorf("%d apps with a website by Defender, %d by records alone", len(got), len(without))
	}
	r.noted("found in Defender, live: the website of")
	r.Defender = nil
	found(WebsitesOptions{CreatedBy: Anyone, Domains: true})
	r.noted("apps whose records have no website are left out")
	r.clean()
}
