package query

import (
	"net/url"
	"strings"

	"defendersync/internal/reporting/sheet"
)

// Addresses of the vendors' web pages. What there is no evidence for has no link:
//
//   - an app in Defender: the cloud app catalog, searched for its name. [CODE] one public
//     note has the address, by name and for the commercial cloud; an address by the app's id
//     was found nowhere
//   - a person's or an app's record in Oomnitza: neither its help pages nor a public client
//     has the address of a record, so rows have the id alone, unless an operator has said what
//     the addresses of the tenant are like
const (
	defenderPortal  = "https://security.microsoft.com"
	catalogueSearch = "/cloudapps/app-catalog?text=contains(o:(searchType:i:1,adv:b:false),%s)"
)

// commercialHost ends the hosts of the API in the commercial cloud. [DOC] The portals of
// the government clouds have other addresses.
const commercialHost = "portal.cloudappsecurity.com"

// recordID stands in an operator's form of an address for the id of a record.
const recordID = "{id}"

// Links are the forms of the addresses that rows lead to; "" where one is not known.
type Links struct {
	Portal string // of Defender, as PortalOf has it
	App    string // of an app's record in Oomnitza, with {id} for its id
	Person string // of a person's record in Oomnitza, likewise
}

// LinkInDefender returns the address of Defender's page about an app, which Defender has to
// know; "" where the address is not known.
func (l Links) LinkInDefender(a App) string {
	if a.DefenderID == "" && !a.Discovered {
		return ""
	}
	return LinkApp(l.Portal, a.Name)
}

// LinkRecord returns the address of an app's record in Oomnitza; "" where it is not known.
func (l Links) LinkRecord(id string) string { return fillForm(l.App, id) }

// LinkPerson returns the address of a person's record in Oomnitza; "" where it is not known.
func (l Links) LinkPerson(id string) string { return fillForm(l.Person, id) }

func fillForm(form, id string) string {
	if id == "" {
		return ""
	}
	return strings.ReplaceAll(form, recordID, url.PathEscape(id))
}

// describePages returns columns with what is to be said of those of addresses: what they
// are the pages of, and whether their form is known. app is the key of the column that names
// the app.
func (l Links) describePages(columns []sheet.Column, app string) []sheet.Column {
	for i := range columns {
		switch c := &columns[i]; c.Key {
		case "defenderPage":
			c.Of, c.Blank = app, l.Portal == ""
		case "appPage":
			c.Of, c.Blank = app, l.App == ""
		case "userPage":
			c.Of, c.Blank = "user", l.Person == ""
		}
	}
	return columns
}

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
