package query

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"defendersync/internal/saas"
)

// siteFilter selects websites by what they contain and how they end. The zero
// value selects all.
type siteFilter struct {
	contains []string // in lower case, as they were written
	suffixes []string // hosts, in ASCII
}

func newSiteFilter(contains, suffix string) siteFilter {
	f := siteFilter{contains: splitWords(contains)}
	for _, s := range splitWords(suffix) {
		if s = asciiSuffix(s); s != "" {
			f.suffixes = append(f.suffixes, s)
		}
	}
	return f
}

// asciiSuffix is how a suffix stands in hosts: .рф is xn--p1ai.
func asciiSuffix(s string) string {
	s = strings.Trim(saas.StripInvisible(s), "*.")
	if host, ok := saas.ParseHost(s); ok {
		return host
	}
	if ascii, err := idna.Lookup.ToASCII(s); err == nil {
		return strings.Trim(ascii, ".")
	}
	return s
}

// isSet reports whether anything is selected by websites.
func (f siteFilter) isSet() bool { return len(f.contains)+len(f.suffixes) > 0 }

// matchesWebsite reports whether the field Website of a record is selected.
func (f siteFilter) matchesWebsite(text string) bool {
	h := hostOf(text)
	return f.containsText(text, h) && f.endsInSuffix(h)
}

// matchesHost reports whether a host is selected.
func (f siteFilter) matchesHost(h string) bool { return f.containsText(h, h) && f.endsInSuffix(h) }

// containsText looks for the texts in a website as it was written, and in both forms of
// its host.
func (f siteFilter) containsText(text, h string) bool {
	return len(f.contains) == 0 || containsAny(text, f.contains) || containsAny(h, f.contains) || containsAny(saas.ReadableHost(h), f.contains)
}

func (f siteFilter) endsInSuffix(h string) bool {
	return len(f.suffixes) == 0 || endsInAny(h, f.suffixes)
}

// selectSites gives what is to be shown of an app's hosts: of those that are
// selected the domains that somebody registered, where these are selected
// themselves.
func (f siteFilter) selectSites(hosts []string) (sites []string) {
	for _, h := range hosts {
		if !f.matchesHost(h) {
			continue
		}
		if site := saas.SiteOf(h); f.matchesHost(site) {
			h = site
		}
		sites = append(sites, strings.Clone(h))
	}
	slices.Sort(sites)
	return slices.Compact(sites)
}

// bySite leaves those apps that are reached by a website that is selected: by
// the record's own, or, where a catalogue is given, by any domain that Defender
// has of the app.
func (s Source) bySite(f siteFilter, c *catalogue, apps []App) []App {
	found, further := 0, 0
	out := apps[:0]
	for _, a := range apps {
		own, sites := f.reachedBy(a, c)
		if !own && len(sites) == 0 {
			continue
		}
		if a.Sites = sites; len(sites) > 0 {
			found++
		}
		if !own {
			further++
		}
		out = append(out, a)
	}
	clear(apps[len(out):])
	if c != nil {
		s.addNote(fmt.Sprintf("searched were the field Website and, live, all domains that Defender has of the apps: %s by a domain, %d of them only by one that the record does not show",
			appsMatch(found), further))
	}
	return out
}

func appsMatch(n int) string {
	if n == 1 {
		return "1 app matches"
	}
	return fmt.Sprintf("%d apps match", n)
}

// reachedBy tells whether an app's own website is selected, and by which websites
// it is reached that are.
func (f siteFilter) reachedBy(a App, c *catalogue) (own bool, sites []string) {
	own = f.matchesWebsite(a.Website)
	if c == nil {
		return own, nil
	}
	if id, _, ok := c.findApp(a.DefenderID, a.Name); ok {
		sites = c.sites[id]
	}
	if h := hostOf(a.Website); own && h != "" && !slices.Contains(sites, h) && !slices.Contains(sites, saas.SiteOf(h)) {
		sites = append([]string{h}, sites...)
	}
	return own, sites
}
