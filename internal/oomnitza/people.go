package oomnitza

import (
	"context"
	"net/http"
	"strings"

	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// FindPeople returns the people whose username or email is among the keys,
// regardless of case as far as the tenant's filters go; each once, in no
// order. Keys are asked for as usernames, then those that met nobody and look
// like one as email addresses.
func (c *Client) FindPeople(ctx context.Context, keys []string) ([]saas.Person, error) {
	const op = "look up people"
	keys = c.unique(keys)
	wanted, met := folded(keys), make(map[string]bool, len(keys))
	var out []saas.Person
	seen := make(map[string]bool)
	take := func(batch []string, rows []row) error {
		people, err := decodePeople(op, rows)
		if err != nil {
			return err
		}
		strays := 0
		for _, p := range people {
			name, email := saas.Fold(p.Username), saas.Fold(p.Email)
			if !wanted[name] && !wanted[email] {
				strays++
				continue
			}
			met[name], met[email] = true, true
			if !seen[p.ID] {
				seen[p.ID] = true
				out = append(out, p)
			}
		}
		return ignored(op, strays, len(batch))
	}
	if _, err := c.lookUp(ctx, op, pathUsers, fieldUsername, keys, take); err != nil {
		return nil, err
	}
	var emails []string
	for _, k := range keys {
		if strings.Contains(k, "@") && !met[saas.Fold(k)] {
			emails = append(emails, k)
		}
	}
	if _, err := c.lookUp(ctx, op, pathUsers, fieldEmail, emails, take); err != nil {
		return nil, err
	}
	return out, nil
}

// CreatePerson makes an entry of the People page and returns it as the tenant
// has it. A username that is taken is KindConflict. After an error that may
// pass, the person may exist all the same: look before creating again.
func (c *Client) CreatePerson(ctx context.Context, p saas.Person) (saas.Person, error) {
	body := map[string]any{fieldUsername: p.Username, fieldRole: p.Role, fieldSuspended: p.Restricted}
	for key, value := range map[string]string{fieldEmail: p.Email, fieldFirstName: p.FirstName, fieldLastName: p.LastName} {
		if value != "" {
			body[key] = value
		}
	}
	r := request{op: "create a person", method: http.MethodPost, path: pathUsers, body: body, once: true, unique: true}
	made := p
	err := c.do(ctx, r, func(a *wire.Answer) error {
		obj, err := created(r.op, a.Body, personIDKeys)
		if err != nil {
			return err
		}
		if made = parsePerson(obj); made.Username == "" {
			id := made.ID
			made = p
			made.ID = id
		}
		return nil
	})
	if err != nil {
		return saas.Person{}, err
	}
	return made, nil
}

// decodePeople reads the rows of a list. A row without id or username is left
// out, unless all are, which is a shape that we don't know.
func decodePeople(op string, rows []row) ([]saas.Person, error) {
	out := make([]saas.Person, 0, len(rows))
	for _, r := range rows {
		if p := parsePerson(r); p.ID != "" && p.Username != "" {
			out = append(out, p)
		}
	}
	if len(out) == 0 && len(rows) > 0 {
		return nil, contractError(op, "no row has a recognisable id and username of a person", rows[0])
	}
	return out, nil
}

func parsePerson(r row) saas.Person {
	return saas.Person{
		ID: r.text(personIDKeys...), Username: r.text(personNameKeys...), Email: r.text(fieldEmail),
		FirstName: r.text(fieldFirstName), LastName: r.text(fieldLastName),
		Role: r.number(fieldRole), Restricted: r.truth(fieldSuspended),
	}
}

// EachPerson reads the People page and hands its people to visit, a page at a
// time. A person may come twice, or be missed, when the list changes while it
// is read. An error of visit's ends the reading and comes back as it is.
func (c *Client) EachPerson(ctx context.Context, visit func([]saas.Person) error) error {
	const op = "list the people"
	return c.list(ctx, op, pathUsers, "", func(rows []row) error {
		people, err := decodePeople(op, rows)
		if err != nil {
			return err
		}
		return visit(people)
	})
}
