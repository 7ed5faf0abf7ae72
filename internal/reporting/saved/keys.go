package saved

import (
	"strconv"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/query"
)

const questionNames = contract.QuestionApps + ", " + contract.QuestionWebsites + ", " + contract.QuestionUsers + " or " + contract.QuestionDashboard

// kind is what a key's value is in the file.
type kind int

const (
	text  kind = iota // a string, or a list of them, which goes by commas
	whole             // a whole number
	flag              // true or false
	ids               // a whole number, or a text with several
)

func (k kind) String() string {
	return [...]string{"a text in quotes", "a whole number", "true or false", "a whole number, or a text in quotes with several"}[k]
}

// yes is a flag that is set, no one that is set to false.
const (
	yes = "true"
	no  = "false"
)

// key is one filter of a question, by the name of its command's flag.
type key[O any] struct {
	name string
	kind kind
	set  func(*O, string, int)
}

func appKeys() []key[query.AppsOptions] {
	type o = query.AppsOptions
	return []key[o]{
		{"created-by", text, func(o *o, s string, _ int) { o.CreatedBy = s }},
		{"min-active-users", whole, func(o *o, _ string, n int) { o.MinActiveUsers = n }},
		{"domains", flag, func(o *o, s string, _ int) { o.Domains = s == yes }},
		{"active-from", text, func(o *o, s string, _ int) { o.ActiveFrom = query.ActiveFrom(s) }},
		{"category", text, func(o *o, s string, _ int) { o.Category = s }},
		{"ai", flag, func(o *o, s string, _ int) { o.AI = s == yes }},
		{"website-contains", text, func(o *o, s string, _ int) { o.WebsiteContains = s }},
		{"suffix", text, func(o *o, s string, _ int) { o.Suffix = s }},
		{"sanctioned", flag, func(o *o, s string, _ int) { o.Sanctioned = s == yes }},
		{"unsanctioned", flag, func(o *o, s string, _ int) { o.Unsanctioned = s == yes }},
		{"with-users", flag, func(o *o, s string, _ int) { o.WithUsers = s == yes }},
		{"with-risk", flag, func(o *o, s string, _ int) { o.WithRisk = s == yes }},
		{"sort", text, func(o *o, s string, _ int) { o.Sort = s }},
		{"top", whole, func(o *o, _ string, n int) { o.Top = n }},
	}
}

func websiteKeys() []key[query.WebsitesOptions] {
	type o = query.WebsitesOptions
	return []key[o]{
		{"created-by", text, func(o *o, s string, _ int) { o.CreatedBy = s }},
		{"suffix", text, func(o *o, s string, _ int) { o.Suffix = s }},
		{"website-contains", text, func(o *o, s string, _ int) { o.WebsiteContains = s }},
		{"domains", flag, func(o *o, s string, _ int) { o.Domains = s == yes }},
		{"active-from", text, func(o *o, s string, _ int) { o.ActiveFrom = query.ActiveFrom(s) }},
		{"min-active-users", whole, func(o *o, _ string, n int) { o.MinActiveUsers = n }},
		{"sort", text, func(o *o, s string, _ int) { o.Sort = s }},
		{"top", whole, func(o *o, _ string, n int) { o.Top = n }},
	}
}

func userKeys() []key[query.UsersOptions] {
	type o = query.UsersOptions
	return []key[o]{
		{"app", text, func(o *o, s string, _ int) { o.App = s }},
		{"all-apps", flag, func(o *o, s string, _ int) { o.AllApps = s == yes }},
		{"ai", flag, func(o *o, s string, _ int) { o.AI = s == yes }},
		{"user", text, func(o *o, s string, _ int) { o.User = s }},
		{"name", text, func(o *o, s string, _ int) { o.Name = s }},
		{"email", text, func(o *o, s string, _ int) { o.Email = s }},
		{"role", ids, func(o *o, s string, _ int) { o.Role = s }},
		{"created-by", text, func(o *o, s string, _ int) { o.CreatedBy = s }},
		{"active", flag, func(o *o, s string, _ int) { o.Active = s == yes }},
		{"inactive", flag, func(o *o, s string, _ int) { o.Inactive = s == yes }},
		{"sort", text, func(o *o, s string, _ int) { o.Sort = s }},
		{"live", flag, func(o *o, s string, _ int) { o.Live = s == yes }},
	}
}

// kindsOfQuestion are the filters of a question; nil for one that there isn't.
func kindsOfQuestion(question string) map[string]kind {
	switch question {
	case contract.QuestionApps:
		return kindsOf(appKeys())
	case contract.QuestionWebsites:
		return kindsOf(websiteKeys())
	case contract.QuestionUsers:
		return kindsOf(userKeys())
	case contract.QuestionDashboard:
		return kindsOf(dashboardKeys())
	}
	return nil
}

func kindsOf[O any](keys []key[O]) map[string]kind {
	out := map[string]kind{}
	for _, k := range keys {
		out[k.name] = k.kind
	}
	return out
}

// fillOptions makes options of filters. What a newer version saved and this one does
// not know is an error, rather than an answer to another question.
func fillOptions[O any](filters map[string]string, keys []key[O]) (O, error) {
	var o O
	known := 0
	for _, k := range keys {
		value, given := filters[k.name]
		if !given {
			continue
		}
		known++
		n := 0
		if k.kind == whole {
			var err error
			if n, err = strconv.Atoi(value); err != nil {
				return o, &query.OptionError{Option: k.name, Value: value, Problem: "use " + k.kind.String()}
			}
		}
		k.set(&o, value, n)
	}
	if known < len(filters) {
		all := kindsOf(keys)
		for name := range filters {
			if _, ok := all[name]; !ok {
				return o, &query.OptionError{Option: name, Problem: "this version does not know it"}
			}
		}
	}
	return o, nil
}
