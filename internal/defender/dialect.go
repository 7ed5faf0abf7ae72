package defender

import (
	"cmp"
	"slices"
)

// Dialect is what a tenant turned out to understand, as far as it is known;
// the zero value knows nothing and has everything probed. It encodes as JSON,
// for a caller to keep and to pass back.
type Dialect struct {
	Prefix        string   `json:"prefix,omitempty"`        // path before the lists: "/cas/api/v1"
	UsersPrefix   string   `json:"usersPrefix,omitempty"`   // path before the users of an app, where it is another
	UsersEndpoint string   `json:"usersEndpoint,omitempty"` // "users" or "app_users"
	AppForm       Form     `json:"appForm,omitzero"`        // how the list of apps is asked for
	UserForm      Form     `json:"userForm,omitzero"`       // how the list of users is asked for
	AppKeys       []string `json:"appKeys,omitempty"`       // row keys of id, name and time, where rows showed them
	UserKeys      []string `json:"userKeys,omitempty"`      // row keys of name and time
	NameKey       string   `json:"nameKey,omitempty"`       // where users' names stand, if rows have several columns that could: "email", "user>upn"

	// What readers of whole lists found out; a Client passes it on as it is.
	AppsUnsorted  bool `json:"appsUnsorted,omitempty"`  // apps don't come by last activity where that was asked for
	UsersUnsorted bool `json:"usersUnsorted,omitempty"` // nor do the users of an app
	HasNextLies   bool `json:"hasNextLies,omitempty"`   // hasNext says that there is more where there is not
	MaxSkip       int  `json:"maxSkip,omitempty"`       // pages from here on are refused
}

// Form is a way to spell a request.
type Form struct {
	Days string `json:"days,omitempty"` // the timeframe as "text" or "number"
	Seen string `json:"seen,omitempty"` // sort field for last activity
}

// Known reports whether it is known how the users of an app are asked for.
func (d Dialect) Known() bool { return d.UsersEndpoint != "" }

// or fills in from another dialect what this one doesn't know.
func (d Dialect) or(o Dialect) Dialect {
	if d.UsersEndpoint == "" {
		d.UsersEndpoint, d.UsersPrefix = o.UsersEndpoint, cmp.Or(o.UsersPrefix, o.Prefix)
	}
	d.Prefix = cmp.Or(d.Prefix, o.Prefix)
	if d.UsersPrefix == d.Prefix {
		d.UsersPrefix = ""
	}
	d.AppForm = Form{cmp.Or(d.AppForm.Days, o.AppForm.Days), cmp.Or(d.AppForm.Seen, o.AppForm.Seen)}
	d.UserForm = Form{cmp.Or(d.UserForm.Days, o.UserForm.Days), cmp.Or(d.UserForm.Seen, o.UserForm.Seen)}
	d.AppsUnsorted, d.UsersUnsorted = d.AppsUnsorted || o.AppsUnsorted, d.UsersUnsorted || o.UsersUnsorted
	d.HasNextLies, d.MaxSkip = d.HasNextLies || o.HasNextLies, cmp.Or(d.MaxSkip, o.MaxSkip)
	if len(d.AppKeys) == 0 {
		d.AppKeys = o.AppKeys
	}
	if len(d.UserKeys) == 0 {
		d.UserKeys = o.UserKeys
	}
	d.NameKey = cmp.Or(d.NameKey, o.NameKey)
	return d
}

// usersPath is where users are asked for; "" while that is unknown.
func (d Dialect) usersPath() string {
	if d.UsersEndpoint == "" {
		return ""
	}
	return cmp.Or(d.UsersPrefix, d.Prefix) + usersRoute{name: d.UsersEndpoint}.path()
}

// without forgets the addresses that were left.
func (d Dialect) without(left map[string]bool) Dialect {
	if left[d.usersPath()] {
		d.UsersEndpoint, d.UsersPrefix, d.UserForm = "", "", Form{}
	}
	if d.Prefix != "" && left[d.Prefix+appsRoute] {
		if d.UsersEndpoint != "" {
			d.UsersPrefix = cmp.Or(d.UsersPrefix, d.Prefix)
		}
		d.Prefix, d.AppForm = "", Form{}
	}
	return d
}

// attempt is one way to send a list request.
type attempt struct {
	prefix string
	path   string     // below the prefix
	users  usersRoute // for the users of an app
	form   Form
	sort   string // the field to sort by
}

// forms are the ways to spell a request, given what is known; byTime says that
// the list is sorted by last activity, and first how a timeframe is sent when
// nothing is known.
func forms(known Form, byTime bool, first string) []Form {
	days := []string{known.Days}
	if known.Days == "" {
		days = []string{daysText, daysNumber}
		if first == daysNumber {
			days = []string{daysNumber, daysText}
		}
	}
	seen := []string{known.Seen}
	if byTime && known.Seen == "" {
		seen = seenFields()
	}
	var out []Form
	for _, d := range days {
		for _, s := range seen {
			out = append(out, Form{Days: d, Seen: s})
		}
	}
	return out
}

// knownOnly is the list with the known entry alone, where there is one.
func knownOnly(known string, all []string) []string {
	if known != "" {
		return []string{known}
	}
	return all
}

// knownFirst is the list with the known entry at its head, where there is one.
func knownFirst(known string, all []string) []string {
	if known == "" {
		return all
	}
	return append([]string{known}, slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == known })...)
}
