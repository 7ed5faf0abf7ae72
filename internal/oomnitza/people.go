package oomnitza

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// FindPeople returns the living people whose username or email is among the
// keys, as LookUpPeople does. Keys that the tenant refuses to look for are
// passed over, unless all of them are.
func (c *Client) FindPeople(ctx context.Context, keys []string) ([]saas.Person, error) {
	found, refused, err := c.LookUpPeople(ctx, keys)
	if err != nil {
		return nil, err
	}
	for _, why := range refused {
		if len(refused) == len(foldSet(keys)) {
			return nil, why
		}
	}
	return slices.DeleteFunc(found, func(p saas.Person) bool { return p.Deleted }), nil
}

// LookUpPeople returns the people whose username or email is among the keys,
// the deleted ones too, regardless of case as far as the tenant's filters go;
// each once, in no order. Keys are asked for as usernames, then those that met
// nobody living and look like one as email addresses. Keys that the tenant
// refuses to look for are told, folded, with its words.
func (c *Client) LookUpPeople(ctx context.Context, keys []string) (found []saas.Person, refused map[string]error, err error) {
	const op = "look up people"
	keys = c.dropRepeated(keys)
	wanted, met := foldSet(keys), make(map[string]bool, len(keys))
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
			if !p.Deleted {
				met[name], met[email] = true, true
			}
			if !seen[p.ID] {
				seen[p.ID] = true
				found = append(found, p)
			}
		}
		return filterIgnored(op, strays, len(batch))
	}
	unknown, err := c.lookUp(ctx, op, pathUsers, fieldUsername, keys, take)
	if err != nil {
		return nil, nil, err
	}
	var emails []string
	for _, k := range keys {
		if strings.Contains(k, "@") && !met[saas.Fold(k)] {
			emails = append(emails, k)
		}
	}
	more, err := c.lookUp(ctx, op, pathUsers, fieldEmail, emails, take)
	if err != nil {
		return nil, nil, err
	}
	refused = make(map[string]error)
	for _, u := range slices.Concat(unknown, more) {
		if key := saas.Fold(u.Item); !met[key] {
			refused[key] = u.Err
		}
	}
	return found, refused, nil
}

// CreatePerson makes an entry of the People page and returns it as the tenant
// has it; the username is empty where the answer does not tell it. A username that is taken is KindConflict. After an error that may
// pass, the person may exist all the same: look before creating again.
func (c *Client) CreatePerson(ctx context.Context, p saas.Person) (saas.Person, error) {
	body := map[string]any{fieldUsername: p.Username, fieldRole: p.Role, fieldSuspended: p.Restricted}
	for key, value := range map[string]string{fieldEmail: p.Email, fieldFirstName: p.FirstName, fieldLastName: p.LastName} {
		if value != "" {
			body[key] = value
		}
	}
	r := request{op: "create a person", method: http.MethodPost, path: pathUsers, body: body, noRepeat: true, uniqueName: true}
	made := p
	err := c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		obj, err := readCreated(r.op, a.Body, personIDKeys)
		if err != nil {
			return err
		}
		if made = parsePerson(obj); made.Username == "" {
			id := made.ID
			made = p
			made.ID, made.Username = id, ""
		}
		return nil
	})
	if err != nil {
		return saas.Person{}, err
	}
	c.proof.noteWrite()
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
		ID: r.findText(personIDKeys...), Username: r.findText(personNameKeys...), Email: r.findText(fieldEmail),
		FirstName: r.findText(fieldFirstName), LastName: r.findText(fieldLastName),
		Role: r.findNumber(fieldRole), Restricted: r.isBlocked(), Deleted: r.isDeleted(),
	}
}

// isDeleted reports whether a row is about somebody who was deleted: by a flag, a
// date or a status.
func (r row) isDeleted() bool {
	for _, key := range deletedKeys {
		if isSet(r.findText(key)) {
			return true
		}
	}
	return slices.Contains(deletedWords, r.statusWord())
}

// isBlocked reports whether somebody is suspended, or no longer active.
func (r row) isBlocked() bool {
	for _, key := range blockedKeys {
		if isSet(r.findText(key)) {
			return true
		}
	}
	for _, key := range activeKeys {
		if text := r.findText(key); text != "" && !isSet(text) {
			return true
		}
	}
	return slices.Contains(blockedWords, r.statusWord())
}

// statusWord is the word under which a row tells how things stand.
func (r row) statusWord() string {
	return strings.ToLower(strings.TrimSpace(r.findText(statusKeys...)))
}

// isSet reports whether a flag's or a date's value says yes.
func isSet(text string) bool {
	switch text = strings.ToLower(strings.TrimSpace(text)); text {
	case "false", "no", "n", "none", "null", "off", "never", "-":
		return false
	}
	return strings.Trim(text, "0-:. tz/") != ""
}

// EachPerson reads the People page and hands its people to visit, a page at a
// time. A person may come twice, or be missed, when the list changes while it
// is read. An error of visit's ends the reading and comes back as it is.
func (c *Client) EachPerson(ctx context.Context, visit func([]saas.Person) error) error {
	const op = "list the people"
	return c.readList(ctx, op, pathUsers, "", func(rows []row) error {
		people, err := decodePeople(op, rows)
		if err != nil {
			return err
		}
		return visit(people)
	})
}
