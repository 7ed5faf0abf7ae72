package oomnitza

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// SaaS is a SaaS record. PATCH must repeat what it does not change [DOC
// OpenAPI: required], so a record carries those fields too, as they came.
type SaaS struct {
	ID        string
	Name      string // unique in the tenant
	Source    string
	Category  string
	Publisher string // shown as Vendor
	URL       string // shown as Website
	LinkKey   string // which app of which integration it stands for
	CreatedBy string // set by the server from the token
	Visited   int    // shown as Total Active Users

	// Only repeated, never changed.
	Hash                                bool
	Ignored, Linked                     string
	ChangeDate, ChangedBy, CreationDate string
}

// FindSaaS returns the records that have one of the link keys or one of the
// names, regardless of case; each once, in no order.
func (c *Client) FindSaaS(ctx context.Context, linkKeys, names []string) ([]SaaS, error) {
	const op = "look up SaaS records"
	var out []SaaS
	seen := map[string]bool{}
	for _, by := range []struct {
		field  string
		values []string
	}{{fieldLinkKey, linkKeys}, {fieldSaaSName, names}} {
		values := c.unique(by.values)
		wanted := folded(values)
		err := c.lookUp(ctx, op, pathSaaS, by.field, values, func(batch []string, rows []row) error {
			records, err := decodeSaaS(op, rows)
			if err != nil {
				return err
			}
			strays := 0
			for i := range records {
				s := &records[i]
				has := s.Name
				if by.field == fieldLinkKey {
					has = s.LinkKey
				}
				if !wanted[saas.Fold(has)] {
					strays++
				} else if !seen[s.ID] {
					seen[s.ID] = true
					out = append(out, *s)
				}
			}
			return ignored(op, strays, len(batch))
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// CreateSaaS makes a record with the name, source, category, publisher, URL,
// link key and number of active users of s. A name that is taken is
// KindConflict. After an error that may pass, the record may exist all the
// same: look before creating again.
func (c *Client) CreateSaaS(ctx context.Context, s SaaS) (id string, err error) {
	body := required(s)
	now := c.now().UTC().Format(time.RFC3339)
	body[fieldChangeDate], body[fieldCreationDate] = now, now
	if s.Ignored == "" {
		body[fieldIgnored] = newIgnored
	}
	if s.Linked == "" {
		body[fieldLinked] = newLinked
	}
	addChanged(body, SaaS{}, s)
	r := request{op: "create a SaaS record", method: http.MethodPost, path: pathSaaS, body: body, once: true, unique: true, meta: true}
	err = c.do(ctx, r, func(a *wire.Answer) error {
		obj, err := created(r.op, a.Body, saasIDKeys)
		id = obj.text(saasIDKeys...)
		return err
	})
	return id, err
}

// GetSaaS reads a record.
func (c *Client) GetSaaS(ctx context.Context, id string) (SaaS, error) {
	var s SaaS
	r := request{op: "read a SaaS record", method: http.MethodGet, path: saasPath(id)}
	err := c.do(ctx, r, func(a *wire.Answer) error {
		obj, err := decodeRow(a.Body)
		if err != nil {
			return err
		}
		if s = parseSaaS(obj); s.ID != "" && s.Name != "" {
			return nil
		}
		if err := obj.failure(r.op, a.Body); err != nil {
			return err
		}
		return contractError(r.op, "the record has no recognisable id and name", obj)
	})
	return s, err
}

// PatchSaaS makes the fields of current that this integration writes those of
// change; a text that is empty in change is left as it is. Nothing is sent
// when nothing differs. A name that is taken is KindConflict.
func (c *Client) PatchSaaS(ctx context.Context, current, change SaaS) error {
	if !differs(current, change) {
		return nil
	}
	echo := current
	echo.Name = orElse(change.Name, current.Name)
	echo.Source = orElse(change.Source, current.Source)
	echo.LinkKey = orElse(change.LinkKey, current.LinkKey)
	body := required(echo)
	addChanged(body, current, change)
	r := request{op: "update a SaaS record", method: http.MethodPatch, path: saasPath(current.ID), body: body, unique: true, meta: true}
	return c.do(ctx, r, func(a *wire.Answer) error { return acknowledged(r.op, a.Body) })
}

// differs reports whether a change changes anything.
func differs(current, change SaaS) bool {
	text := func(have, want string) bool { return want != "" && want != have }
	return text(current.Name, change.Name) || text(current.Source, change.Source) || text(current.LinkKey, change.LinkKey) ||
		text(current.Category, change.Category) || text(current.Publisher, change.Publisher) ||
		text(current.URL, change.URL) || current.Visited != change.Visited
}

// required are the fields that every write has to name.
func required(s SaaS) map[string]any {
	return map[string]any{
		fieldSaaSName: s.Name, fieldSource: s.Source, fieldLinkKey: s.LinkKey, fieldHash: s.Hash,
		fieldIgnored: s.Ignored, fieldLinked: s.Linked, fieldChangeDate: s.ChangeDate, fieldChangedBy: s.ChangedBy,
		fieldCreationDate: s.CreationDate, fieldCreatedBy: s.CreatedBy,
	}
}

// addChanged adds the optional fields that change.
func addChanged(body map[string]any, current, change SaaS) {
	for _, f := range []struct{ key, have, want string }{
		{fieldCategory, current.Category, change.Category},
		{fieldPublisher, current.Publisher, change.Publisher},
		{fieldURL, current.URL, change.URL},
	} {
		if f.want != "" && f.want != f.have {
			body[f.key] = f.want
		}
	}
	if change.Visited != current.Visited {
		body[fieldVisited] = change.Visited
	}
}

// decodeSaaS reads the rows of a list. A row without id or name is left out,
// unless all are, which is a shape that we don't know.
func decodeSaaS(op string, rows []row) ([]SaaS, error) {
	out := make([]SaaS, 0, len(rows))
	for _, r := range rows {
		if s := parseSaaS(r); s.ID != "" && s.Name != "" {
			out = append(out, s)
		}
	}
	if len(out) == 0 && len(rows) > 0 {
		return nil, contractError(op, "no row has a recognisable id and name of a SaaS record", rows[0])
	}
	return out, nil
}

func parseSaaS(r row) SaaS {
	return SaaS{
		ID: r.text(saasIDKeys...), Name: r.text(saasNameKeys...), Source: r.text(fieldSource), Category: r.text(fieldCategory),
		Publisher: r.text(fieldPublisher), URL: r.text(fieldURL), LinkKey: r.text(fieldLinkKey), CreatedBy: creatorOf(r[fieldCreatedBy]),
		Visited: r.number(fieldVisited), Hash: r.truth(fieldHash), Ignored: r.text(fieldIgnored), Linked: r.text(fieldLinked),
		ChangeDate: r.text(fieldChangeDate), ChangedBy: r.text(fieldChangedBy), CreationDate: r.text(fieldCreationDate),
	}
}

// created reads the answer to a create, which has to name what was made. That
// it doesn't is no proof that nothing was made, so the caller has to look.
func created(op string, body []byte, idKeys []string) (row, error) {
	obj, err := decodeRow(body)
	if err != nil {
		return nil, err
	}
	if obj.text(idKeys...) != "" {
		return obj, nil
	}
	if err := obj.failure(op, body); err != nil {
		return nil, err
	}
	if message := wire.Message(body); message != "" {
		return nil, &wire.Error{Peer: peer, Op: op, Kind: wire.KindRefused, Status: 200, Message: message}
	}
	return nil, &wire.Error{Peer: peer, Op: op, Kind: wire.KindBadAnswer, Message: "the answer does not name what was created; keys seen: " + obj.keys()}
}

// acknowledged reads the answer to a write from which nothing is needed but
// that it tells no error. It may be empty.
func acknowledged(op string, body []byte) error {
	body = bytes.TrimSpace(body)
	if isGood(string(body)) {
		return nil
	}
	if body[0] != '{' {
		_, err := decodeAny(body)
		return err
	}
	obj, err := decodeRow(body)
	if err != nil {
		return err
	}
	return obj.failure(op, body)
}

func saasPath(id string) string { return pathSaaS + "/" + url.PathEscape(id) }

// unique drops empty and repeated values; where filters are known to ignore
// case, those that differ in case alone as well.
func (c *Client) unique(values []string) []string {
	fold := c.ignoreCase.Load()
	seen := make(map[string]bool, len(values))
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		key := v
		if fold {
			key = strings.ToLower(v)
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	return out
}

// folded is the set of values as saas.Fold compares them.
func folded(values []string) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[saas.Fold(v)] = true
	}
	return set
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
