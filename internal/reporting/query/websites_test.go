package query

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

// site is what a website should answer.
type site struct{ apps, active int }

func (r *rig) expectedSites(pass func(host string) bool) map[string]site {
	out := map[string]site{}
	for _, s := range r.held.SaaS {
		if r.ours(s) && s.URL != "" && pass(s.URL) {
			w := out[s.URL]
			out[s.URL] = site{w.apps + 1, w.active + s.Visited}
		}
	}
	return out
}

func TestWebsitesAreThoseOfTheApps(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 400, People: 100, Pairs: 2000, ExistingApps: 0.1})
	all := func(string) bool { return true }
	tests := []struct {
		name string
		o    WebsitesOptions
		want map[string]site
	}{
		{"all", WebsitesOptions{}, r.expectedSites(all)},
		{"by suffix", WebsitesOptions{Suffix: ".cn,.ru"}, r.expectedSites(func(h string) bool { return strings.HasSuffix(h, ".cn") || strings.HasSuffix(h, ".ru") })},
		{"by a suffix without its dot", WebsitesOptions{Suffix: "io"}, r.expectedSites(func(h string) bool { return strings.HasSuffix(h, ".io") })},
		{"containing", WebsitesOptions{WebsiteContains: ".cn .ru"}, r.expectedSites(func(h string) bool { return strings.Contains(h, ".cn") || strings.Contains(h, ".ru") })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sites, err := r.ReadWebsites(t.Context(), tt.o)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]site{}
			for _, w := range sites {
				got[w.Host] = site{len(w.Apps), w.ActiveUsers}
			}
			if !maps.Equal(got, tt.want) || len(tt.want) == 0 {
				t.Errorf("got %d, want %d: %v", len(got), len(tt.want), got)
			}
			if !slices.IsSortedFunc(sites, func(a, b Website) int { return b.ActiveUsers - a.ActiveUsers }) {
				t.Error("the most used are not first")
			}
		})
	}
}

func TestAppsOfOneWebsiteStandTogether(t *testing.T) {
	r := newRig(t, simulator.Options{Apps: 30, People: 50, Pairs: 300})
	sites := map[string]bool{}
	for _, a := range r.apps(AppsOptions{}) {
		sites[a.Website] = true
	}
	all, err := r.ReadWebsites(t.Context(), WebsitesOptions{Sort: "apps,website", MinActiveUsers: 0})
	if err != nil || len(all) != len(sites) {
		t.Errorf("%d websites, %v, want %d", len(all), err, len(sites))
	}
	top, err := r.ReadWebsites(t.Context(), WebsitesOptions{Top: 2})
	if err != nil || len(top) != 2 {
		t.Errorf("%d websites, %v, want the first two", len(top), err)
	}
	few, err := r.ReadWebsites(t.Context(), WebsitesOptions{MinActiveUsers: 10})
	for _, w := range few {
		if w.ActiveUsers < 10 {
			t.Errorf("%s has %d active users", w.Host, w.ActiveUsers)
		}
	}
	if err != nil || len(few) == 0 || len(few) == len(all) {
		t.Errorf("%d of %d websites have ten active users, %v", len(few), len(all), err)
	}
}

func TestHostsAndHowTheyAreMatched(t *testing.T) {
	for website, want := range map[string]string{
		"dropbox.com": "dropbox.com", "https://www.Dropbox.com/business?x=1": "www.dropbox.com", "*.sina.com.cn": "sina.com.cn",
		" http://a.ru:8080 ": "a.ru", "a.ru.": "a.ru", "": "", "https://": "",
	} {
		if got := hostOf(website); got != want {
			t.Errorf("the host of %q is %q, want %q", website, got, want)
		}
	}
	ends := []struct {
		host, suffixes string
		want           bool
	}{
		{"sina.com.cn", ".cn", true}, {"sina.com.cn", "cn", true}, {"sina.com.cn", "com.cn,ru", true}, {"cn", ".cn", true},
		{"www.cnn.com", ".cn", false}, {"acn", "cn", false}, {"contoso.com", "contoso.com", true}, {"mycontoso.com", "contoso.com", false},
		{"a.ru", ".cn .ru", true}, {"a.ru", "*.ru", true}, {"a.ru", ".", false},
	}
	for _, tt := range ends {
		if got := endsInAny(tt.host, splitWords(tt.suffixes)); got != tt.want {
			t.Errorf("%s ends in %s: %v", tt.host, tt.suffixes, got)
		}
	}
	if !containsAny("www.CNN.com", splitWords(".cn .ru")) || containsAny("example.com", splitWords(".cn,.ru")) || containsAny("example.com", splitWords(" , ")) {
		t.Error("contains does not mean what it means in Oomnitza")
	}
}
