package oomnitza

import (
	"context"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// TouchSaaS writes a record as it is. That changes nothing but who changed it
// last, and tells whether the tenant takes writes.
func (c *Client) TouchSaaS(ctx context.Context, id string) error {
	current, err := c.GetSaaS(ctx, id)
	if err != nil {
		return err
	}
	_, err = c.sendPatch(ctx, "write a SaaS record as it is", id, requiredBody(current))
	return err
}

// RecordsFrom gives the ids of a few records that name the given source; none
// where the tenant can't filter by it.
func (c *Client) RecordsFrom(ctx context.Context, source string, most int) ([]string, error) {
	const op = "find a SaaS record of ours"
	rows, _, err := c.readPage(ctx, op, listPath(pathSaaS, anyOf(fieldSource, []string{source}), most, 0))
	if httpx.KindOf(err) == httpx.KindRefused {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range rows {
		if s := parseSaaS(r); s.ID != "" && s.Source == source && s.State != saas.Gone {
			ids = append(ids, s.ID)
		}
	}
	return ids, nil
}
