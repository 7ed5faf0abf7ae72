package oomnitza

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// FindAccount resolves what "Created by" or a setting calls somebody to one
// person: an id, a username, an email address or a full name, somebody who is
// there before somebody who was deleted. A full name that several have is
// nobody's.
func (c *Client) FindAccount(ctx context.Context, name string) (a saas.Account, found bool, err error) {
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
	for _, key := range []string{name, saas.BareAccount(name)} {
		for _, field := range fields {
			if a, found, err = c.oneAccount(ctx, op, field, key); found || err != nil {
				return a, found, err
			}
		}
		if key == saas.BareAccount(key) {
			break
		}
	}
	if id := saas.AccountID(name); id != "" && strings.Trim(id, "0123456789") == "" {
		return c.accountByID(ctx, id)
	}
	return saas.Account{}, false, nil
}

// oneAccount asks for the people of whom a field has a value. A filter that
// the tenant does not take finds nobody.
func (c *Client) oneAccount(ctx context.Context, op, field, value string) (saas.Account, bool, error) {
	var met, gone []saas.Account
	err := c.readList(ctx, op, pathUsers, anyOf(field, []string{value}), func(rows []row) error {
		for _, r := range rows {
			switch a := parseAccount(r); {
			case a.ID == "" || !a.IsNamed(value):
			case stateOf(r) == saas.Gone:
				gone = append(gone, a)
			default:
				met = append(met, a)
			}
		}
		return nil
	})
	if kind := httpx.KindOf(err); kind == httpx.KindRefused || kind == httpx.KindServer {
		return saas.Account{}, false, nil
	}
	if len(met) == 0 {
		met = gone
	}
	if err != nil || len(met) == 0 || (len(met) > 1 && field == fieldFullName) {
		return saas.Account{}, false, err
	}
	return slices.MinFunc(met, func(a, b saas.Account) int { return strings.Compare(a.ID, b.ID) }), true, nil
}

// accountByID reads a person by id.
func (c *Client) accountByID(ctx context.Context, id string) (a saas.Account, found bool, err error) {
	r := request{op: "find out who an id means", method: http.MethodGet, path: pathUsers + "/" + url.PathEscape(id)}
	err = c.sendAndRead(ctx, r, func(answer *httpx.Answer) error {
		obj, err := decodeRow(answer.Body)
		if err == nil {
			a = parseAccount(obj)
			found = a.ID == id
		}
		return err
	})
	switch httpx.KindOf(err) {
	case httpx.KindNotFound, httpx.KindRefused, httpx.KindContract, httpx.KindServer:
		return saas.Account{}, false, nil
	}
	return a, found, err
}

func parseAccount(r row) saas.Account {
	return saas.Account{ID: r.findText(personIDKeys...), Username: r.findText(personNameKeys...), Email: r.findText(fieldEmail),
		FullName: r.findText(fieldFullName), First: r.findText(fieldFirstName), Last: r.findText(fieldLastName)}
}

// creatorOf is what a record's field calls who made it. Where that is an
// object, the most telling of its names.
func creatorOf(raw []byte) string {
	if s := textOf(raw); s != "" {
		return s
	}
	var first []byte
	httpx.EachItem(raw, func(item []byte) {
		if first == nil {
			first = item
		}
	})
	if first != nil {
		raw = first
	}
	obj, err := decodeRow(raw)
	if err != nil {
		return ""
	}
	if name := obj.findText(creatorKeys...); name != "" {
		return name
	}
	for _, key := range creatorKeys { // {"user": {"username": "me"}}
		if inner, err := decodeRow(obj.rawValue(key)); err == nil {
			if name := inner.findText(creatorKeys...); name != "" {
				return name
			}
		}
	}
	return ""
}
