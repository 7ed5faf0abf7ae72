package saas

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Bounds on what is read of an app's domains: real rows have up to 355 of
// them [CODE, see docs/vendors.md], and no host name is longer than 253.
const (
	maxDomains  = 2000
	maxDomain   = 2048
	maxHost     = 253
	keptDomains = 10
	keptBytes   = 600
)

// RankWebsites gives the registrable domains that a list of an app's domains comes
// down to, the best one first: the one that fits the app's name best, of
// equals the one for all the world; else the one that most entries belong to. An entry may be a host, a URL, a wildcard,
// an address with a port or a path, or several of these; what holds no host is
// left out. The first entry of a real list is often not the main one.
func RankWebsites(name string, entries []string) []string {
	found := countDomains(entries)
	if len(found) > 1 {
		fits := newFitter(name)
		for i := range found {
			c := &found[i]
			c.fit, c.odd, c.rank = fits.scoreDomain(c.name), rateOddness(c.name), rankOf(c.name)
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		byRank := cmp.Compare(a.rank, b.rank)
		if a.fit == 0 { // then how many entries it has tells most
			byRank = 0
		}
		return cmp.Or(cmp.Compare(b.fit, a.fit), cmp.Compare(a.odd, b.odd), byRank, cmp.Compare(b.count, a.count), cmp.Compare(a.rank, b.rank))
	})
	out := make([]string, len(found))
	for i, c := range found {
		out[i] = c.name
	}
	return out
}

// SetDomains sets the app's website, and keeps as many of its further domains
// as a history can hold: enough to see that a website which was written once
// is still among them.
func (a *App) SetDomains(entries []string) {
	all := RankWebsites(a.Name, entries)
	if len(all) == 0 {
		return
	}
	a.Website = all[0]
	further := all[1:min(len(all), keptDomains)]
	for len(further) > 0 && len(strings.Join(further, " ")) > keptBytes {
		further = further[:len(further)-1]
	}
	a.Domains = strings.Join(further, " ")
}

// KeepWebsite gives the website that a record of ours is to have: the one that
// it has, as long as that is still among the app's domains, else the app's. A
// tenant may have put a scheme before it and a slash behind.
func KeepWebsite(have string, a App) string {
	want := MapApp(a).Website
	host, ok := hostOf(have)
	bare := strings.ToLower(strings.TrimSpace(have))
	bare = strings.TrimPrefix(strings.TrimPrefix(bare, "https://"), "http://")
	switch {
	case want == "", ok && host == strings.TrimRight(bare, "/.") && (host == want || slices.Contains(strings.Fields(a.Domains), host)):
		return have
	}
	return want
}

// candidate is a domain that may be an app's website.
type candidate struct {
	name  string
	count int // entries below it
	fit   int // how well it fits the app's name
	odd   int // how little it looks like a website
	rank  int // how little its suffix says of a company's main site
}

// rateOddness sets apart what is a website only where there is nothing better.
func rateOddness(host string) int {
	switch {
	case isAddress(host):
		return 2
	case !strings.Contains(host, "."):
		return 1
	}
	return 0
}

// rankOf prefers the domain that a company has for all the world over those
// that it has for a country.
func rankOf(host string) int {
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case last == "com":
		return 0
	case len(last) != 2 && !strings.HasPrefix(last, "xn--"), last == "io", last == "ai", last == "co":
		return 1
	}
	return 2
}

// countDomains brings entries down to their registrable domains, in the order
// in which these come first. What an owner lets others have below a domain
// that is among the entries itself counts as the owner's.
func countDomains(entries []string) (found []candidate) {
	places := map[string]int{}
	for _, host := range hostsOf(entries) {
		name, _ := registrableDomain(host)
		at, known := places[name]
		if !known {
			at, places[name] = len(found), len(found)
			found = append(found, candidate{name: name})
		}
		found[at].count++
	}
	for i := range found {
		if at, known := places[ownerDomain(found[i].name)]; known && at != i {
			found[at].count += found[i].count
			found[i].count = 0
		}
	}
	return slices.DeleteFunc(found, func(c candidate) bool { return c.count == 0 })
}

// hostsOf gives the hosts of entries. A bare word may be anything; it counts
// where it stands in a URL.
func hostsOf(entries []string) (hosts []string) {
	for _, entry := range entries[:min(len(entries), maxDomains)] {
		if len(entry) > maxDomain {
			continue
		}
		for _, part := range strings.FieldsFunc(unmasked.Replace(entry), isSeparator) {
			part = strings.Trim(part, quotes)
			host, ok := hostOf(part)
			if !ok {
				continue
			}
			if _, ok = registrableDomain(host); ok || strings.Contains(part, "://") {
				hosts = append(hosts, host)
			}
		}
	}
	return hosts
}

func isSeparator(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|", r) }

// quotes stand around hosts in lists that people or programs wrote.
const quotes = "\"'`()<>{}"

// unmasked undoes what is done to a host so that it is no link, or a wildcard.
var unmasked = strings.NewReplacer("[.]", ".", "(.)", ".", "%2A", "*", "%2a", "*")

// hostProfile maps names as browsers do, and lets underscores through, which
// some hosts have.
// Hyphens may stand anywhere within: r3---sn-a5.googlevideo.com is a host.
var hostProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false), idna.CheckHyphens(false))

// scheme begins a URL, also one that lost a slash or both.
var scheme = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*:/{2,}|https?:/?)`)

// hostOf takes the host out of an entry, in its ASCII form: "https://", a user,
// a port, a path, "*." and dots around it are none of it.
func hostOf(entry string) (host string, ok bool) {
	s := strings.ToLower(strings.TrimSpace(StripInvisible(entry)))
	s = strings.TrimLeft(s[len(scheme.FindString(s)):], `/\`)
	if end := strings.IndexAny(s, `/\?#&=`); end >= 0 {
		s = s[:end]
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	if address, ok := addressOf(s); ok {
		return address, true
	}
	if before, port, found := strings.Cut(s, ":"); found {
		if strings.Trim(port, "0123456789*") != "" {
			return "", false
		}
		s = before
	}
	s = strings.TrimLeft(s, "*.")
	if star := strings.LastIndexByte(s, '*'); star >= 0 && strings.Contains(s[star:], ".") {
		_, s, _ = strings.Cut(s[star:], ".") // cdn-*.example.com is below example.com
	}
	s = strings.Trim(s, ".")
	if s == "" || len(s) > maxHost {
		return "", false
	}
	s, err := hostProfile.ToASCII(s)
	s = strings.Trim(s, ".")
	return s, err == nil && isHost(s)
}

// addressOf reads an IP address, with or without a port.
func addressOf(s string) (string, bool) {
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return addr.WithZone("").String(), true
	}
	if with, err := netip.ParseAddrPort(s); err == nil {
		return with.Addr().WithZone("").String(), true
	}
	return "", false
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isHost accepts labels of letters, digits, hyphens and underscores, the last
// of which is no number.
func isHost(s string) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	label := ""
	for label = range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return strings.Trim(label, "0123456789") != ""
}

// registrableDomain brings a host down to the domain that somebody registered, by
// the public suffix list: eu.app.dropbox.co.uk is dropbox.co.uk. What an owner
// lets others have, such as alice.github.io, is a domain, and so is github.io
// itself. ok is false for a host without a domain.
func registrableDomain(host string) (domain string, ok bool) {
	if isAddress(host) {
		return host, true
	}
	bare := strings.TrimPrefix(host, "www.")
	if suffix, official := publicsuffix.PublicSuffix(bare); suffix == bare && !official && strings.Contains(bare, ".") {
		return ownerDomain(bare), true
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host, false
	}
	return domain, true
}

// ownerDomain is the domain that a host is below by the suffixes of registries alone:
// alice.github.io is below github.io.
func ownerDomain(host string) string {
	for at := host; ; {
		suffix, official := publicsuffix.PublicSuffix(at)
		if official || !strings.Contains(suffix, ".") {
			rest, _ := strings.CutSuffix(host, "."+suffix)
			if rest == host {
				return host
			}
			return rest[strings.LastIndexByte(rest, '.')+1:] + "." + suffix
		}
		_, at, _ = strings.Cut(suffix, ".")
	}
}
