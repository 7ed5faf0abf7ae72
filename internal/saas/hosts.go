package saas

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Hosts gives the hosts that entries of an app's domains hold, in their ASCII
// form, each once: as Websites reads them, but not brought down to the domains
// that somebody registered.
func Hosts(entries []string) []string {
	hosts := hostsOf(entries)
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// Host is the host of one entry, a field Website for instance, in its ASCII
// form; ok is false where it holds none.
func Host(entry string) (host string, ok bool) {
	if len(entry) > maxDomain {
		return "", false
	}
	return hostOf(entry)
}

// Site is the domain below which somebody registered a host: dropbox.co.uk for
// eu.app.dropbox.co.uk; the host itself where there is none.
func Site(host string) string {
	domain, _ := registrable(host)
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
