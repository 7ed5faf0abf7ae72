package oomnitza

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// FindSaaS returns the records that have one of the link keys or one of the
// names, regardless of case; each once, in no order.
func (c *Client) FindSaaS(ctx context.Context, linkKeys, names []string) ([]saas.Record, error) {
	const op = "look up SaaS records"
	var out []saas.Record
	seen := map[string]bool{}
	for _, by := range []struct {
		field  string
		values []string
	}{{fieldLinkKey, linkKeys}, {fieldSaaSName, names}} {
		values := c.dropRepeated(by.values)
		wanted := foldSet(values)
		_, err := c.lookUp(ctx, op, pathSaaS, by.field, values, func(batch []string, rows []row) error {
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
			return filterIgnored(op, strays, len(batch))
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// GetSaaS reads a record.
func (c *Client) GetSaaS(ctx context.Context, id string) (saas.Record, error) {
	var s saas.Record
	r := request{op: "read a SaaS record", method: http.MethodGet, path: saasPath(id)}
	err := c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		obj, err := decodeRow(a.Body)
		if err != nil {
			return err
		}
		if s = parseSaaS(obj); s.ID != "" && s.Name != "" {
			return nil
		}
		if err := obj.reportedError(r.op, a.Body); err != nil {
			return err
		}
		if obj == nil {
			return &httpx.Error{Peer: peer, Op: r.op, Kind: httpx.KindBadAnswer, Message: "null came where a record was expected"}
		}
		return contractError(r.op, "the record has no recognisable id and name", obj)
	})
	return s, err
}

// decodeSaaS reads the rows of a list. A row without id or name is left out,
// unless all are, which is a shape that we don't know.
func decodeSaaS(op string, rows []row) ([]saas.Record, error) {
	out := make([]saas.Record, 0, len(rows))
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

func parseSaaS(r row) saas.Record {
	return saas.Record{
		ID: r.findText(saasIDKeys...), Name: r.findText(saasNameKeys...), Source: r.findText(fieldSource), Category: r.findText(fieldCategory),
		Vendor: r.findText(fieldPublisher), Website: r.findText(fieldURL), LinkKey: r.findText(fieldLinkKey), CreatedBy: creatorOf(r.rawValue(fieldCreatedBy)),
		CreationDate: r.findText(fieldCreationDate), ActiveUsers: r.findNumber(fieldVisited), State: stateOf(r), Raw: requiredFields(r),
	}
}

// requiredFields copies what every change of a record has to repeat, so that the
// rest of the answer can be freed.
func requiredFields(r row) map[string]json.RawMessage {
	came := make(map[string]json.RawMessage, len(requiredKeys))
	for _, key := range requiredKeys {
		if raw := r.rawValue(key); raw != nil {
			came[key] = bytes.Clone(raw)
		}
	}
	return came
}

// stateOf finds out whether a record is still in use.
func stateOf(r row) saas.RecordState {
	for _, key := range goneKeys {
		if isMarked(r.rawValue(key)) {
			return saas.Gone
		}
	}
	if slices.Contains(goneWords, strings.ToLower(r.findText(stateKeys...))) {
		return saas.Gone
	}
	if isMarked(r.rawValue(fieldIgnored)) {
		return saas.Ignored
	}
	return saas.Living
}

// isMarked reports whether a mark is set: yes in any spelling, or the time or the
// person of a deletion.
func isMarked(raw []byte) bool {
	if isBlank(raw) {
		return false
	}
	switch text := strings.ToLower(strings.TrimSpace(textOf(raw))); text {
	case "", "0", "0.0", "false", "no", "n", "none", "null", "never":
		return false
	default:
		return !strings.HasPrefix(text, "0000-00-00")
	}
}

func saasPath(id string) string { return pathSaaS + "/" + url.PathEscape(id) }

// dropRepeated drops empty and repeated values; where filters are known to ignore
// case, those that differ in case alone as well.
func (c *Client) dropRepeated(values []string) []string {
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

// foldSet is the set of values as saas.Fold compares them.
func foldSet(values []string) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, v := range values {
		set[saas.Fold(v)] = true
	}
	return set
}
