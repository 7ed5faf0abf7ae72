package saas

import "strings"

// Account is a person by every name that "Created by" of a record may have for
// them.
type Account struct {
	ID       string
	Username string
	Email    string
	FullName string
	First    string
	Last     string
}

// IsNamed reports whether "Created by" means the account: by its id, its
// username or email whatever the case, a spelling of those with a domain or a
// name around it, or its full name.
func (a Account) IsNamed(createdBy string) bool {
	ref := Fold(createdBy)
	if ref == "" {
		return false
	}
	if a.ID != "" && (ref == a.ID || AccountID(ref) == a.ID) {
		return true
	}
	for _, form := range a.listForms() {
		if ref == form || BareAccount(ref) == form {
			return true
		}
	}
	return false
}

// listForms returns the folded names of an account.
func (a Account) listForms() []string {
	var out []string
	first, last := a.First, a.Last
	for _, s := range []string{a.Username, a.Email, a.FullName, first + " " + last, last + " " + first, last + ", " + first, BareAccount(Fold(a.Username))} {
		if s = Fold(s); s != "" && s != "," {
			out = append(out, s)
		}
	}
	return out
}

// AccountID takes an id out of what stands around it: a number's fraction, a
// path or a word before it, a name: 100002.0, /api/v3/users/100002, user:100002,
// Defender Sync (100002).
func AccountID(ref string) string {
	ref = strings.TrimRight(strings.TrimSuffix(BareAccount(ref), ".0"), "/")
	return strings.TrimSpace(ref[strings.LastIndexAny(ref, "/:#|")+1:])
}

// BareAccount takes off what stands around an account's name: the domain of
// CONTOSO\sync, the display name of Sync <sync@contoso.com>.
func BareAccount(s string) string {
	if open, end := strings.LastIndexByte(s, '<'), strings.LastIndexByte(s, '>'); open >= 0 && end > open {
		s = s[open+1 : end]
	} else if open, end := strings.LastIndexByte(s, '('), strings.LastIndexByte(s, ')'); open >= 0 && end > open {
		s = s[open+1 : end]
	}
	if i := strings.LastIndexByte(s, '\\'); i >= 0 {
		s = s[i+1:]
	}
	return strings.TrimSpace(s)
}
