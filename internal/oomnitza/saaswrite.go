package oomnitza

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// CreateSaaS makes a record with the name, source, category, publisher, URL,
// link key, creator and number of active users of s. A name that is taken is
// KindConflict. After an error that may pass, the record may exist all the
// same: look before creating again.
func (c *Client) CreateSaaS(ctx context.Context, s saas.Record) (id string, err error) {
	now := c.now().UTC().Format(time.RFC3339)
	body := map[string]any{
		fieldSaaSName: s.Name, fieldSource: s.Source, fieldLinkKey: s.LinkKey, fieldHash: false, fieldIgnored: newIgnored,
		fieldLinked: newLinked, fieldChangeDate: now, fieldCreationDate: now, fieldCreatedBy: s.CreatedBy, fieldChangedBy: s.CreatedBy,
	}
	addChanged(body, saas.Record{}, s)
	r := request{op: "create a SaaS record", method: http.MethodPost, path: pathSaaS, body: body, noRepeat: true, uniqueName: true, writesMeta: true}
	err = c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		obj, err := readCreated(r.op, a.Body, saasIDKeys)
		id = obj.findText(saasIDKeys...)
		return err
	})
	if err == nil {
		c.proof.noteRecord(id)
		c.made.noteMade(id, s.LinkKey)
	}
	return id, err
}

// PatchSaaS is WriteSaaS for those who need not know what became of it.
func (c *Client) PatchSaaS(ctx context.Context, current, change saas.Record) error {
	_, err := c.WriteSaaS(ctx, current, change)
	return err
}

// WriteSaaS makes the fields of current that this integration writes those of
// change; a text that is empty in change is left as it is. Nothing is sent
// when nothing differs. A name that is taken is KindConflict. It returns the
// record as the tenant has it afterwards, without an id where it doesn't say.
func (c *Client) WriteSaaS(ctx context.Context, current, change saas.Record) (stored saas.Record, err error) {
	if !hasChanges(current, change) {
		return current, nil
	}
	body := requiredBody(current)
	for _, f := range []struct{ key, have, want string }{
		{fieldSaaSName, current.Name, change.Name}, {fieldSource, current.Source, change.Source},
		{fieldLinkKey, current.LinkKey, change.LinkKey}, {fieldCreatedBy, current.CreatedBy, change.CreatedBy},
	} {
		if f.want != "" && f.want != f.have {
			body[f.key] = f.want
		}
	}
	addChanged(body, current, change)
	return c.sendPatch(ctx, "update a SaaS record", current.ID, body)
}

// sendPatch sends a change of a record.
func (c *Client) sendPatch(ctx context.Context, op, id string, body map[string]any) (stored saas.Record, err error) {
	c.made.forgetRecord(id)
	r := request{op: op, method: http.MethodPatch, path: saasPath(id), body: body, uniqueName: true, writesMeta: true}
	err = c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		if err := checkAcknowledged(r.op, a.Body); err != nil {
			return err
		}
		stored = saas.Record{}
		if obj, err := decodeRow(a.Body); err == nil {
			if s := parseSaaS(obj); s.ID == id && s.Name != "" {
				stored = s
			}
		}
		return nil
	})
	if err == nil {
		c.proof.noteRecord(id)
	}
	return stored, err
}

// hasChanges reports whether a change changes anything.
func hasChanges(current, change saas.Record) bool {
	text := func(have, want string) bool { return want != "" && want != have }
	return text(current.Name, change.Name) || text(current.Source, change.Source) || text(current.LinkKey, change.LinkKey) ||
		text(current.Category, change.Category) || text(current.Vendor, change.Vendor) ||
		text(current.Website, change.Website) || text(current.CreatedBy, change.CreatedBy) || current.ActiveUsers != change.ActiveUsers
}

// requiredBody are the fields that every change has to name, as they came.
func requiredBody(s saas.Record) map[string]any {
	body := map[string]any{
		fieldSaaSName: s.Name, fieldSource: s.Source, fieldLinkKey: s.LinkKey, fieldHash: false, fieldIgnored: "", fieldLinked: "",
		fieldChangeDate: "", fieldChangedBy: "", fieldCreationDate: s.CreationDate, fieldCreatedBy: s.CreatedBy,
	}
	for key := range body {
		if came, ok := s.Raw[key]; ok {
			body[key] = came
		}
	}
	return body
}

// addChanged adds the optional fields that change.
func addChanged(body map[string]any, current, change saas.Record) {
	for _, f := range []struct{ key, have, want string }{
		{fieldCategory, current.Category, change.Category},
		{fieldPublisher, current.Vendor, change.Vendor},
		{fieldURL, current.Website, change.Website},
	} {
		if f.want != "" && f.want != f.have {
			body[f.key] = f.want
		}
	}
	if change.ActiveUsers != current.ActiveUsers {
		body[fieldVisited] = change.ActiveUsers
	}
}

// readCreated reads the answer to a create, which has to name what was made. That
// it doesn't is no proof that nothing was made, so the caller has to look.
func readCreated(op string, body []byte, idKeys []string) (row, error) {
	obj, err := decodeRow(body)
	if err != nil {
		return nil, err
	}
	if obj.findText(idKeys...) != "" {
		return obj, nil
	}
	if err := obj.reportedError(op, body); err != nil {
		return nil, err
	}
	if message := httpx.FindMessage(body); message != "" {
		return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindRefused, Status: 200, Message: message}
	}
	return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Message: "the answer does not name what was created; keys seen: " + obj.listKeys()}
}

// checkAcknowledged reads the answer to a write from which nothing is needed but
// that it tells no error. It may be empty.
func checkAcknowledged(op string, body []byte) error {
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
	return obj.reportedError(op, body)
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
