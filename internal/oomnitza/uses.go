package oomnitza

import (
	"context"
	"net/http"
	"net/url"

	"defendersync/internal/httpx"
)

// Uses reads the ids of the SaaS records that a person is assigned to. It is not
// known where the tenant has no such list, or seems to show only part of it.
func (c *Client) Uses(ctx context.Context, personID string) (ids []string, known bool, err error) {
	const op = "read the apps of a person"
	r := request{op: op, method: http.MethodGet, path: pathUsers + "/" + url.PathEscape(personID) + pathUses}
	err = c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		rows, err := decodeRows(op, a.Body)
		if err != nil {
			return err
		}
		total := totalCount(a.Header)
		known = total <= len(rows) && (total >= 0 || len(rows) == 0 || len(rows)%roundPage != 0)
		ids = make([]string, 0, len(rows))
		for _, row := range rows {
			if id := row.findText(saasIDKeys...); id != "" {
				ids = append(ids, id)
			}
		}
		return nil
	})
	if err != nil && !httpx.KindOf(err).Retryable() && ctx.Err() == nil {
		return nil, false, nil
	}
	return ids, known, err
}
