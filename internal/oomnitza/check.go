package oomnitza

import (
	"context"
	"strconv"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// noSuchName is a username that no tenant has.
const noSuchName = "defendersync-probe-for-a-name-that-nobody-has"

// Check proves, by reading real data, that the tenant is there, that the token
// is good for what a session needs to read, that rows are of a shape that we
// know, and that filters select. What is wrong is told with what to do.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.Examine(ctx, 1)
	return err
}

// Examine is Check; it gives a sample of the SaaS records.
func (c *Client) Examine(ctx context.Context, sample int) ([]saas.Record, error) {
	const op = "check the connection"
	rows, _, err := c.readPage(ctx, op, listPath(pathUsers, "", 1, 0))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindUnauthorized, Message: "the list of people is empty",
			Hint: "give the user of OOMNITZA_API_TOKEN a role that may read People"}
	}
	if _, err = decodePeople(op, rows); err != nil {
		return nil, err
	}
	if rows, _, err = c.readPage(ctx, op, listPath(pathSaaS, "", sample, 0)); err != nil {
		return nil, err
	}
	records, err := decodeSaaS(op, rows)
	if err != nil {
		return nil, err
	}
	if rows, _, err = c.readPage(ctx, op, listPath(pathUsers, anyOf(fieldUsername, []string{noSuchName}), 1, 0)); err != nil {
		return nil, err
	}
	return records, filterIgnored(op, len(rows), 0)
}

// PeopleWithRole tells whether anybody has a role: 1 if so, else 0.
func (c *Client) PeopleWithRole(ctx context.Context, role int) (int, error) {
	const op = "look for people with the default role"
	rows, _, err := c.readPage(ctx, op, listPath(pathUsers, fieldRole+" "+operatorEquals+" "+strconv.Itoa(role), 1, 0))
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	if !rows[0].hasField(fieldRole) {
		return 0, contractError(op, "a person has no recognisable role", rows[0])
	}
	if rows[0].findNumber(fieldRole) != role {
		return 0, filterIgnored(op, len(rows), 0)
	}
	return 1, nil
}

// FiltersIgnoreCase finds out, by asking for an existing person in another
// case, whether filters ignore case; known is false when nobody's username has
// letters to do that with. From then on lookups make use of it.
func (c *Client) FiltersIgnoreCase(ctx context.Context) (known, ignore bool, err error) {
	const op = "find out whether filters ignore case"
	const sample = 50
	rows, _, err := c.readPage(ctx, op, listPath(pathUsers, "", sample, 0))
	if err != nil {
		return false, false, err
	}
	people, err := decodePeople(op, rows)
	if err != nil {
		return false, false, err
	}
	for _, p := range people {
		other := otherCase(p.Username)
		if other == "" {
			continue
		}
		if ignore, err = c.filterFinds(ctx, op, other, p); err != nil {
			return false, false, err
		}
		if !ignore {
			same, err := c.filterFinds(ctx, op, p.Username, p)
			if err == nil && !same {
				err = &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Message: "a filter does not find a person who is there",
					Hint: "the tenant's filters differ from what defendersync knows"}
			}
			if err != nil {
				return false, false, err
			}
		}
		c.ignoreCase.Store(ignore)
		return true, ignore, nil
	}
	return false, false, nil
}

// filterFinds reports whether a filter for a username selects the person.
func (c *Client) filterFinds(ctx context.Context, op, username string, p saas.Person) (bool, error) {
	found := false
	err := c.readList(ctx, op, pathUsers, anyOf(fieldUsername, []string{username}), func(rows []row) error {
		strays := 0
		for _, r := range rows {
			got := parsePerson(r)
			found = found || got.ID == p.ID
			if saas.Fold(got.Username) != saas.Fold(username) {
				strays++
			}
		}
		return filterIgnored(op, strays, 1)
	})
	return found, err
}

// otherCase spells an ASCII name in another case; "" when there is none.
func otherCase(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return ""
		}
	}
	for _, other := range []string{strings.ToUpper(s), strings.ToLower(s)} {
		if other != s {
			return other
		}
	}
	return ""
}
