package oomnitza

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"defendersync/internal/httpx"
)

// noReason stands where a refusal says nothing.
const noReason = "no reason given"

// maxNesting bounds how deep errors are looked for.
const maxNesting = 6

// rowErrors collects the errors of single rows from an answer of 200, whose
// body is not documented; see the tables in assumptions.go.
type rowErrors struct {
	asked   map[string]bool // ids that were sent
	out     []RowError
	summary string // an error of the whole, which says nothing where rows are named
}

// decodeRowErrors finds the refused rows in an answer to a bulk assign. An
// empty body, null and whatever names no error are fine.
func decodeRowErrors(body []byte, assignments []Assignment) ([]RowError, error) {
	body = bytes.TrimSpace(body)
	switch string(body) {
	case "", "null", "{}", "[]", "true":
		return nil, nil
	}
	if isGood(string(body)) {
		return nil, nil
	}
	v, err := decodeAny(body)
	if err != nil {
		return nil, err
	}
	c := rowErrors{asked: make(map[string]bool, len(assignments))}
	for _, a := range assignments {
		c.asked[a.UserID] = true
	}
	if text, ok := v.(string); ok && !isGood(text) {
		c.attributeText(text)
	} else if v == false {
		c.summary = noReason
	} else {
		c.readValue(v, false, 0)
	}
	return c.collectErrors(), nil
}

// decodeAny decodes one JSON value and nothing after it; numbers, which may be
// ids, keep their digits.
func decodeAny(body []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, &json.SyntaxError{Offset: dec.InputOffset()}
	}
	return v, nil
}

// collectErrors gives each row's first error, and the error of the whole where no row
// is named.
func (c *rowErrors) collectErrors() []RowError {
	if len(c.out) == 0 && c.summary != "" {
		return []RowError{{Message: httpx.Clip(c.summary)}}
	}
	seen := make(map[string]bool, len(c.out))
	out := c.out[:0]
	for _, e := range c.out {
		if !seen[e.UserID] {
			seen[e.UserID] = true
			e.Message = httpx.Clip(e.Message)
			out = append(out, e)
		}
	}
	return out
}

// readValue looks for errors in a value; failed says that it stands where only
// failures do.
func (c *rowErrors) readValue(v any, failed bool, depth int) {
	if depth > maxNesting {
		return
	}
	switch v := v.(type) {
	case string, json.Number:
		text := scalarText(v)
		switch {
		case c.asked[text] && failed:
			c.addError(text, noReason)
		case !c.asked[text] && (failed || depth > 0) && !isGood(text):
			if _, isText := v.(string); isText || failed {
				c.attributeText(text)
			}
		}
	case []any:
		for _, item := range v {
			c.readValue(item, failed, depth+1)
		}
	case map[string]any:
		if id, ok := c.idOf(v); ok {
			c.readItem(id, v, failed)
		} else {
			c.readObject(v, failed, depth)
		}
	}
}

// readItem judges one row that names its user.
func (c *rowErrors) readItem(id string, v map[string]any, failed bool) {
	message := errorText(v)
	switch {
	case saysAny(v, failureKeys):
		c.addError(id, message)
	case saysAccepted(v) && !failed:
	case !isGood(message):
		c.addError(id, message)
	case failed, saysRefused(v):
		c.addError(id, noReason)
	}
}

// readObject looks into an object that is no row: its lists of failures and of
// results, and its entries under a user's id.
func (c *rowErrors) readObject(v map[string]any, failed bool, depth int) {
	if text := errorText(v); failed && text != "" {
		c.attributeText(text)
		return
	}
	before := len(c.out)
	for _, key := range failureKeys {
		switch inner := v[key].(type) {
		case string, bool:
			c.summary = orElse(c.summary, plainText(inner))
		case json.Number:
			if n := plainText(inner); n != "" {
				c.summary = orElse(c.summary, key+": "+n)
			}
		default:
			c.readValue(inner, true, depth+1)
		}
	}
	for _, key := range resultKeys {
		c.readValue(v[key], false, depth+1)
	}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if c.asked[key] {
			c.readEntry(key, v[key], failed)
		}
	}
	if len(c.out) > before {
		return
	}
	if saysRefused(v) {
		c.summary = orElse(c.summary, orElse(errorText(v), noReason))
	} else if failed {
		c.readUnknown(v)
	}
}

// readEntry judges what stands under a user's id.
func (c *rowErrors) readEntry(id string, v any, failed bool) {
	if obj, ok := v.(map[string]any); ok {
		c.readItem(id, obj, failed)
		return
	}
	if text := plainText(v); !isGood(text) {
		c.addError(id, text)
	} else if failed || v == false {
		c.addError(id, noReason)
	}
}

// readUnknown takes failures under keys that name no row of ours: {"errors":
// {"last_visit": ["Unknown field"]}}.
func (c *rowErrors) readUnknown(v map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(v)) {
		if text := plainText(v[key]); text != "" {
			c.addError("", key+": "+text)
			return
		}
	}
}

// attributeText adds an error told in words to the row whose id is among them.
func (c *rowErrors) attributeText(text string) {
	isMark := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' }
	for _, word := range strings.FieldsFunc(text, isMark) {
		if c.asked[word] {
			c.addError(word, text)
			return
		}
	}
	c.addError("", text)
}

func (c *rowErrors) addError(id, message string) {
	c.out = append(c.out, RowError{UserID: id, Message: message})
}

// idOf is the user whom an object is about; "" when it names somebody whom we
// did not send.
func (c *rowErrors) idOf(v map[string]any) (id string, ok bool) {
	for _, key := range rowIDKeys {
		switch value := v[key].(type) {
		case string, json.Number:
			ok = true
			if c.asked[scalarText(value)] {
				return scalarText(value), true
			}
		}
	}
	return "", ok
}

// saysAccepted reports whether an object says that all is well.
func saysAccepted(v map[string]any) bool {
	status, _ := v["status"].(string)
	return v["success"] == true || v["ok"] == true || (status != "" && isGood(status))
}

// saysRefused reports whether an object says that something is not.
func saysRefused(v map[string]any) bool {
	if v["success"] == false || v["ok"] == false {
		return true
	}
	status, _ := v["status"].(string)
	return slices.ContainsFunc(badWords, func(w string) bool { return strings.Contains(strings.ToLower(status), w) })
}

// saysAny reports whether an object has words under one of the keys.
func saysAny(v map[string]any, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return plainText(v[key]) != "" })
}

// errorText is what an object says under the keys for errors.
func errorText(v map[string]any) string {
	for _, key := range errorKeys {
		if text := plainText(v[key]); text != "" {
			return text
		}
	}
	return ""
}

// plainText puts an error's value into words; "" when it tells of none.
func plainText(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return noReason
		}
	case json.Number:
		if v != "0" {
			return v.String()
		}
	case string:
		return strings.TrimSpace(v)
	case []any:
		var parts []string
		for _, item := range v {
			if text := plainText(item); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		if text := errorText(v); text != "" {
			return text
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text := plainText(v[key]); text != "" {
				return key + ": " + text
			}
		}
	}
	return ""
}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	}
	return ""
}

func isGood(text string) bool {
	return slices.Contains(goodWords, strings.ToLower(strings.TrimSpace(text)))
}
