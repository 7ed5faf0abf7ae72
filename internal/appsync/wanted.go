package appsync

import (
	"strings"

	"defendersync/internal/saas"
)

// wantRecord returns the record as Defender's app would have it, over what is
// there. A field that Defender does not know keeps its value, and so does one
// whose value Oomnitza is known not to take or has in a form of its own.
func (r *pageRun) wantRecord(app saas.App, name string, current saas.Record) saas.Record {
	mapped := saas.MapApp(app)
	wished := current
	wished.Source, wished.LinkKey, wished.CreatedBy = mapped.Source, mapped.LinkKey, current.CreatedBy
	if current.CreatedBy == "" {
		wished.CreatedBy = r.page.Policy.IntegrationUser
	}
	wished.Category, wished.Vendor, wished.Website = mapped.Category, mapped.Vendor, saas.KeepWebsite(current.Website, app)
	want := current
	if want.Name = name; current.ID != "" && saas.StoredAs(name, current.Name) {
		want.Name = current.Name
	}
	for _, field := range current.Changes(wished) {
		value := wished.Get(field)
		words, untaken := r.isUntaken(field, value)
		switch {
		case strings.TrimSpace(value) == "":
		case current.ID != "" && isStoredAs(field, value, current.Get(field)):
		case untaken:
			r.noteUntaken(field, words)
		default:
			want = want.With(wished, field)
		}
	}
	return want
}

// isSameRecord compares the fields that we write. Every record of ours was made
// with its link key: one without it is of a tenant that keeps none, and would
// be written in every session.
func isSameRecord(want, have saas.Record) bool {
	if want.Name != have.Name {
		return false
	}
	for _, f := range have.Changes(want) {
		if f != saas.FieldLinkKey || have.LinkKey != "" {
			return false
		}
	}
	return true
}

// isStoredAs reports whether a field holds what a tenant makes of a value that
// it was sent: a website gets a scheme and a slash, a text is escaped.
func isStoredAs(f saas.Field, sent, have string) bool {
	if f == saas.FieldWebsite {
		return bareURL(sent) == bareURL(have)
	}
	return f != saas.FieldLinkKey && have != "" && saas.StoredAs(sent, have)
}

func bareURL(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	return strings.TrimRight(s, "/.")
}
