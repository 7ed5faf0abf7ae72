package defender

import (
	"cmp"
	"slices"

	"defendersync/internal/contract"
)

// mergeDialect fills in from another dialect what this one doesn't know.
func mergeDialect(d contract.Dialect, o contract.Dialect) contract.Dialect {
	if d.UsersEndpoint == "" {
		d.UsersEndpoint, d.UsersPrefix = o.UsersEndpoint, cmp.Or(o.UsersPrefix, o.Prefix)
	}
	d.Prefix = cmp.Or(d.Prefix, o.Prefix)
	if d.UsersPrefix == d.Prefix {
		d.UsersPrefix = ""
	}
	d.AppForm = contract.RequestForm{Days: cmp.Or(d.AppForm.Days, o.AppForm.Days), ActivityField: cmp.Or(d.AppForm.ActivityField, o.AppForm.ActivityField)}
	d.UserForm = contract.RequestForm{Days: cmp.Or(d.UserForm.Days, o.UserForm.Days), ActivityField: cmp.Or(d.UserForm.ActivityField, o.UserForm.ActivityField)}
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
func usersPath(d contract.Dialect) string {
	if d.UsersEndpoint == "" {
		return ""
	}
	return cmp.Or(d.UsersPrefix, d.Prefix) + usersRoute{name: d.UsersEndpoint}.routePath()
}

// forgetAddresses forgets the addresses that were left.
func forgetAddresses(d contract.Dialect, left map[string]bool) contract.Dialect {
	if left[usersPath(d)] {
		d.UsersEndpoint, d.UsersPrefix, d.UserForm = "", "", contract.RequestForm{}
	}
	if d.Prefix != "" && left[d.Prefix+appsRoute] {
		if d.UsersEndpoint != "" {
			d.UsersPrefix = cmp.Or(d.UsersPrefix, d.Prefix)
		}
		d.Prefix, d.AppForm = "", contract.RequestForm{}
	}
	return d
}

// attempt is one way to send a list request.
type attempt struct {
	prefix string
	path   string     // below the prefix
	users  usersRoute // for the users of an app
	form   contract.RequestForm
	sort   string // the field to sort by
}

// listForms are the ways to spell a request, given what is known; byTime says that
// the list is sorted by last activity, and first how a timeframe is sent when
// nothing is known.
func listForms(known contract.RequestForm, byTime bool, first string) []contract.RequestForm {
	days := []string{known.Days}
	if known.Days == "" {
		days = []string{daysText, daysNumber}
		if first == daysNumber {
			days = []string{daysNumber, daysText}
		}
	}
	seen := []string{known.ActivityField}
	if byTime && known.ActivityField == "" {
		seen = seenFields
	}
	var out []contract.RequestForm
	for _, d := range days {
		for _, s := range seen {
			out = append(out, contract.RequestForm{Days: d, ActivityField: s})
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
