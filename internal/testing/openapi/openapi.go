// Package openapi holds requests and answers against Oomnitza's own description
// of its API, for tests: what the product sends has to be valid by it, and so
// has what the simulated Oomnitza answers, lest the product learns to read what
// no tenant says. It reads the subset of OpenAPI 3.0 that the description uses.
package openapi

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// description is Oomnitza's "External API" 3.0.3, as the vendor publishes it.
//
//go:embed testdata/oomnitza.json
var description []byte

// Doc is a description of an API.
type Doc struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas    map[string]schema              `json:"schemas"`
		Parameters map[string]parameter           `json:"parameters"`
		Responses  map[string]map[string]response `json:"responses"`
	} `json:"components"`
}

// schema is the part of JSON schema that the description uses.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       string            `json:"type"`
	Required   any               `json:"required"` // names; here and there a mere true or false
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Enum       []string          `json:"enum"`
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
	Schema   schema `json:"schema"`
}

// content is a body by its media type.
type content map[string]struct {
	Schema schema `json:"schema"`
}

// response is an answer by status, or one that is described elsewhere.
type response map[string]json.RawMessage

type operation struct {
	Parameters  []parameter `json:"parameters"`
	RequestBody *struct {
		Content content `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Ref string `json:"$ref"`
	} `json:"responses"`
}

// Oomnitza is the description of Oomnitza's API.
func Oomnitza() (*Doc, error) {
	var doc Doc
	if err := json.Unmarshal(description, &doc); err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	return &doc, nil
}

// Request is a request to hold against the description.
type Request struct {
	Method, Path string
	Query        url.Values
	Header       http.Header
	Body         string
}

// CheckRequest finds what is wrong with a request.
func (d *Doc) CheckRequest(r Request) error {
	path, op, err := d.findOperation(r.Method, r.Path)
	if err != nil {
		return err
	}
	var shared []parameter
	if p := d.Paths[path]["parameters"]; p != nil {
		if err := json.Unmarshal(p, &shared); err != nil {
			return err
		}
	}
	if err := d.checkParameters(append(shared, op.Parameters...), r); err != nil {
		return err
	}
	return d.requestBody(op, path, r)
}

// CheckAnswer finds what is wrong with a good answer to a request. The
// description says nothing of others.
func (d *Doc) CheckAnswer(method, path string, status int, body []byte) error {
	_, op, err := d.findOperation(method, path)
	if err != nil {
		return err
	}
	said, ok := op.Responses[fmt.Sprint(status)]
	if !ok {
		return fmt.Errorf("status %d is not described", status)
	}
	// A reference is #/components/responses/<name>/<method>/<status>.
	parts := strings.Split(strings.TrimPrefix(said.Ref, "#/components/responses/"), "/")
	if len(parts) != 3 {
		return fmt.Errorf("the description's answer %q can't be read", said.Ref)
	}
	var described struct {
		Content content `json:"content"`
	}
	if err := json.Unmarshal(d.Components.Responses[parts[0]][parts[1]][parts[2]], &described); err != nil {
		return fmt.Errorf("the description's answer %q can't be read: %w", said.Ref, err)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	if len(described.Content) == 0 {
		return nil // whatever it is
	}
	return d.checkValue(described.Content["application/json"].Schema, v, "")
}

// findOperation is the operation that a request is for.
func (d *Doc) findOperation(method, path string) (pattern string, op operation, err error) {
	for _, p := range slices.Sorted(maps.Keys(d.Paths)) {
		if samePath(p, path) && (pattern == "" || strings.Contains(pattern, "{")) {
			pattern = p
		}
	}
	raw := d.Paths[pattern][strings.ToLower(method)]
	if raw == nil {
		return "", op, errors.New("there is no such operation")
	}
	return pattern, op, json.Unmarshal(raw, &op)
}

// samePath matches a path against a pattern.
func samePath(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == g || (strings.HasPrefix(w, "{") && g != "") })
}

func (d *Doc) checkParameters(all []parameter, r Request) error {
	known := map[string]bool{}
	for _, p := range all {
		if p.Ref != "" {
			p = d.Components.Parameters[lastElement(p.Ref)]
		}
		switch p.In {
		case "query":
			known[p.Name] = true
			if p.Required && !r.Query.Has(p.Name) {
				return fmt.Errorf("query parameter %s is missing", p.Name)
			}
		case "header":
			if v := r.Header.Get(p.Name); v != "" && len(p.Schema.Enum) > 0 && !slices.Contains(p.Schema.Enum, v) {
				return fmt.Errorf("header %s is %q", p.Name, v)
			}
		}
	}
	for key := range r.Query {
		if !known[key] {
			return fmt.Errorf("there is no query parameter %s", key)
		}
	}
	return nil
}

func (d *Doc) requestBody(op operation, path string, r Request) error {
	if op.RequestBody == nil {
		if r.Body != "" {
			return errors.New("a body is not expected")
		}
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(r.Body), &v); err != nil {
		return err
	}
	// Beyond the description, an assignment carries the last activity.
	extra := ""
	if strings.HasSuffix(path, "/users") && path != "/api/v3/users" {
		extra = "last_visit"
	}
	return d.checkValue(op.RequestBody.Content["application/json"].Schema, v, extra)
}

// checkValue checks a value against a schema. The description does not forbid
// fields that it doesn't name; there are none but extra.
func (d *Doc) checkValue(s schema, v any, extra string) error {
	if s.Ref != "" {
		s = d.Components.Schemas[lastElement(s.Ref)]
	}
	if s.Type == "" || !HasType(v, s.Type) {
		return fmt.Errorf("%v is not of type %q", v, s.Type)
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := d.checkValue(*s.Items, item, extra); err != nil {
				return err
			}
		}
	case map[string]any:
		return d.checkObject(s, v, extra)
	}
	return nil
}

func (d *Doc) checkObject(s schema, v map[string]any, extra string) error {
	required, _ := s.Required.([]any)
	for _, key := range required {
		if _, ok := v[fmt.Sprint(key)]; !ok {
			return fmt.Errorf("%s is missing", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		p, known := s.Properties[key]
		if !known && key == extra {
			continue
		}
		if !known {
			return fmt.Errorf("there is no field %s", key)
		}
		if err := d.checkValue(p, v[key], ""); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}

// HasType reports whether a decoded value has a JSON schema type.
func HasType(v any, want string) bool {
	switch v := v.(type) {
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || (want == "integer" && v == float64(int64(v)))
	case []any:
		return want == "array"
	case map[string]any:
		return want == "object"
	}
	return false
}

// lastElement is the name that a reference ends in.
func lastElement(ref string) string {
	return strings.ReplaceAll(ref[strings.LastIndex(ref, "/")+1:], "~1", "/")
}
