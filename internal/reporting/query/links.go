package query

import (
	"net/url"
	"strings"
)

// Addresses of the vendors' web pages. What there is no evidence for has no link:
//
//   - an app in Defender: the cloud app catalog, searched for its name. [CODE] one public
//     note has the address, by name and for the commercial cloud; an address by the app's id
//     was found nowhere
//   - a person's or an app's record in Oomnitza: neither its help pages nor a public client
//     has the address of a record, so rows have the id alone
const (
	defenderPortal  = "https://security.microsoft.com"
	catalogueSearch = "/cloudapps/app-catalog?text=contains(o:(searchType:i:1,adv:b:false),%s)"
)

// commercialHost ends the hosts of the API in the commercial cloud. [DOC] The portals of
// the government clouds have other addresses.
const commercialHost = "portal.cloudappsecurity.com"

// PortalOf returns the address of the web portal of a Defender tenant by the URL of its
// API; "" where it is not known.
func PortalOf(apiURL string) string {
	u, err := url.Parse(strings.TrimSpace(apiURL))
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Hostname())
	if host != commercialHost && !strings.HasSuffix(host, "."+commercialHost) {
		return ""
	}
	return defenderPortal
}

// LinkApp returns the address of Defender's page about an app; "" where it is not known.
func LinkApp(portal, name string) string {
	if name = strings.TrimSpace(name); portal == "" || name == "" {
		return ""
	}
	return portal + strings.Replace(catalogueSearch, "%s", strings.ReplaceAll(url.QueryEscape(name), "+", "%20"), 1)
}
