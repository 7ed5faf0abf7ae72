package saas

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// ListHosts gives the hosts that entries of an app's domains hold, in their ASCII
// form, each once: as Websites reads them, but not brought down to the domains
// that somebody registered.
func ListHosts(entries []string) []string {
	hosts := hostsOf(entries)
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// ParseHost is the host of one entry, a field Website for instance, in its ASCII
// form; ok is false where it holds none.
func ParseHost(entry string) (host string, ok bool) {
	if len(entry) > maxDomain {
		return "", false
	}
	return hostOf(entry)
}

// SiteOf is the domain below which somebody registered a host: dropbox.co.uk for
// eu.app.dropbox.co.uk; the host itself where there is none.
func SiteOf(host string) string {
	domain, _ := registrableDomain(host)
	return domain
}

// ReadableHost is a host as people write it: контур.рф for
// xn--j1agcjjg.xn--p1ai.
func ReadableHost(host string) string {
	if !strings.Contains(host, "xn--") {
		return host
	}
	readable, err := idna.Lookup.ToUnicode(host)
	if err != nil {
		return host
	}
	return readable
}
