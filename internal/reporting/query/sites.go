package query

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"defendersync/internal/saas"
)

// siteFilter selects websites by what they contain and how they end. The zero value
// selects all.
type siteFilter struct {
	contains []string // in lower case
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

// asciiSuffix returns a suffix as hosts have it in ASCII: .рф is xn--p1ai.
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

// isSet reports whether the filter excludes any website.
func (f siteFilter) isSet() bool { return len(f.contains)+len(f.suffixes) > 0 }

// matchesWebsite reports whether the filter selects a record's field Website.
func (f siteFilter) matchesWebsite(text string) bool {
	h := hostOf(text)
	return f.containsText(text, h) && f.endsInSuffix(h)
}

// matchesHost reports whether the filter selects a host.
func (f siteFilter) matchesHost(h string) bool { return f.containsText(h, h) && f.endsInSuffix(h) }

// containsText searches a website as it is written, and its host in ASCII and in
// readable form.
func (f siteFilter) containsText(text, h string) bool {
	return len(f.contains) == 0 || containsAny(text, f.contains) || containsAny(h, f.contains) || containsAny(saas.ReadableHost(h), f.contains)
}

func (f siteFilter) endsInSuffix(h string) bool {
	return len(f.suffixes) == 0 || endsInAny(h, f.suffixes)
}

// selectSites returns the matching ones of an app's hosts. Where the registered domain
// of a host matches too, it stands for the host.
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

// bySite keeps the apps that have a matching website: the record's own or, with a
// catalogue, any domain that Defender knows of the app.
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
		s.addNote("searched the field Website and, live, all domains that Defender knows: " + describeMatches(found, further))
	}
	return out
}

// describeMatches says how many apps match by a domain, and how many of them only by
// a domain that is not in the record.
func describeMatches(found, further int) string {
	switch found {
	case 0:
		return "no app matches by domain"
	case 1:
		return fmt.Sprintf("1 app matches by domain, %d only by a domain that the record does not have", further)
	}
	return fmt.Sprintf("%d apps match by domain, %d only by a domain that the record does not have", found, further)
}

// reachedBy reports whether an app's own website matches, and returns the matching
// websites of the app.
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
