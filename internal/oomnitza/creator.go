package oomnitza

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// Account is a person by everything that "Created by" of a record may call
// them.
type Account struct {
	ID       string
	Username string
	Email    string
	FullName string
	First    string
	Last     string
}

// SamePerson reports whether "Created by" means an account: by its id, its
// username or email whatever the case, a spelling of those with a domain or a
// name around it, or its full name.
func SamePerson(a Account, createdBy string) bool {
	ref := saas.Fold(createdBy)
	if ref == "" {
		return false
	}
	if a.ID != "" && (ref == a.ID || idIn(ref) == a.ID) {
		return true
	}
	for _, form := range a.forms() {
		if ref == form || address(ref) == form {
			return true
		}
	}
	return false
}

// idIn takes an id out of what stands around it: a number's fraction, a path or
// a word before it, a name: 100002.0, /api/v3/users/100002, user:100002,
// Defender Sync (100002).
func idIn(ref string) string {
	ref = strings.TrimRight(strings.TrimSuffix(address(ref), ".0"), "/")
	return strings.TrimSpace(ref[strings.LastIndexAny(ref, "/:#|")+1:])
}

// forms are the folded names of an account.
func (a Account) forms() []string {
	var out []string
	first, last := a.First, a.Last
	for _, s := range []string{a.Username, a.Email, a.FullName, first + " " + last, last + " " + first, last + ", " + first, address(saas.Fold(a.Username))} {
		if s = saas.Fold(s); s != "" && s != "," {
			out = append(out, s)
		}
	}
	return out
}

// address takes off what stands around an account's name: the domain of
// CONTOSO\sync, the display name of Sync <sync@contoso.com>.
func address(s string) string {
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

// FindAccount resolves what "Created by" or a setting calls somebody to one
// person: an id, a username, an email address or a full name, somebody who is
// there before somebody who was deleted. A full name that several have is
// nobody's.
func (c *Client) FindAccount(ctx context.Context, name string) (a Account, found bool, err error) {
	const op = "find out who a name means"
	name = strings.TrimSpace(name)
	if name == "" {
		return a, false, nil
	}
	fields := []string{fieldUsername}
	if strings.Contains(name, "@") {
		fields = append(fields, fieldEmail)
	} else {
		fields = append(fields, fieldFullName)
	}
	for _, key := range []string{name, address(name)} {
		for _, field := range fields {
			if a, found, err = c.oneAccount(ctx, op, field, key); found || err != nil {
				return a, found, err
			}
		}
		if key == address(key) {
			break
		}
	}
	if id := idIn(name); id != "" && strings.Trim(id, "0123456789") == "" {
		return c.accountByID(ctx, id)
	}
	return Account{}, false, nil
}

// oneAccount asks for the people of whom a field has a value. A filter that
// the tenant does not take finds nobody.
func (c *Client) oneAccount(ctx context.Context, op, field, value string) (Account, bool, error) {
	var met, gone []Account
	err := c.list(ctx, op, pathUsers, anyOf(field, []string{value}), func(rows []row) error {
		for _, r := range rows {
			switch a := parseAccount(r); {
			case a.ID == "" || !SamePerson(a, value):
			case stateOf(r) == Gone:
				gone = append(gone, a)
			default:
				met = append(met, a)
			}
		}
		return nil
	})
	if kind := httpx.KindOf(err); kind == httpx.KindRefused || kind == httpx.KindServer {
		return Account{}, false, nil
	}
	if len(met) == 0 {
		met = gone
	}
	if err != nil || len(met) == 0 || (len(met) > 1 && field == fieldFullName) {
		return Account{}, false, err
	}
	return slices.MinFunc(met, func(a, b Account) int { return strings.Compare(a.ID, b.ID) }), true, nil
}

// accountByID reads a person by id.
func (c *Client) accountByID(ctx context.Context, id string) (a Account, found bool, err error) {
	r := request{op: "find out who an id means", method: http.MethodGet, path: pathUsers + "/" + url.PathEscape(id)}
	err = c.do(ctx, r, func(answer *httpx.Answer) error {
		obj, err := decodeRow(answer.Body)
		if err == nil {
			a = parseAccount(obj)
			found = a.ID == id
		}
		return err
	})
	switch httpx.KindOf(err) {
	case httpx.KindNotFound, httpx.KindRefused, httpx.KindContract, httpx.KindServer:
		return Account{}, false, nil
	}
	return a, found, err
}

func parseAccount(r row) Account {
	return Account{ID: r.text(personIDKeys...), Username: r.text(personNameKeys...), Email: r.text(fieldEmail),
		FullName: r.text(fieldFullName), First: r.text(fieldFirstName), Last: r.text(fieldLastName)}
}

// creatorOf is what a record's field calls who made it. Where that is an
// object, the most telling of its names.
func creatorOf(raw json.RawMessage) string {
	if s := textOf(raw); s != "" {
		return s
	}
	var list []row
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return creatorOfObject(list[0])
	}
	var obj row
	if json.Unmarshal(raw, &obj) != nil {
		return ""
	}
	return creatorOfObject(obj)
}

// creatorOfObject is the most telling name in an object, or in one inside it:
// {"user": {"username": "me"}}.
func creatorOfObject(obj row) string {
	if name := obj.text(creatorKeys...); name != "" {
		return name
	}
	for _, key := range creatorKeys {
		var inner row
		if json.Unmarshal(obj[key], &inner) == nil {
			if name := inner.text(creatorKeys...); name != "" {
				return name
			}
		}
	}
	return ""
}
