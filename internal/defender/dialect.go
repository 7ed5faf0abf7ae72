package defender

import "cmp"

// Dialect is what a tenant turned out to understand, as far as it is known;
// the zero value knows nothing and has everything probed. It encodes as JSON,
// for a caller to keep and to pass back.
type Dialect struct {
	Prefix        string   `json:"prefix,omitempty"`        // path before the lists: "/cas/api/v1"
	UsersEndpoint string   `json:"usersEndpoint,omitempty"` // "users" or "app_users"
	AppForm       Form     `json:"appForm,omitzero"`        // how the list of apps is asked for
	UserForm      Form     `json:"userForm,omitzero"`       // how the list of users is asked for
	AppKeys       []string `json:"appKeys,omitempty"`       // row keys of id, name and time, where rows showed them
	UserKeys      []string `json:"userKeys,omitempty"`      // row keys of name and time
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
	d.Prefix = cmp.Or(d.Prefix, o.Prefix)
	d.UsersEndpoint = cmp.Or(d.UsersEndpoint, o.UsersEndpoint)
	d.AppForm = Form{cmp.Or(d.AppForm.Days, o.AppForm.Days), cmp.Or(d.AppForm.Seen, o.AppForm.Seen)}
	d.UserForm = Form{cmp.Or(d.UserForm.Days, o.UserForm.Days), cmp.Or(d.UserForm.Seen, o.UserForm.Seen)}
	if len(d.AppKeys) == 0 {
		d.AppKeys = o.AppKeys
	}
	if len(d.UserKeys) == 0 {
		d.UserKeys = o.UserKeys
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

// knownFirst is the list with the known entry alone, where there is one.
func knownFirst(known string, all []string) []string {
	if known != "" {
		return []string{known}
	}
	return all
}
