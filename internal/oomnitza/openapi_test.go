package oomnitza

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// openapiFile is Oomnitza's own description of its API, which is not part of
// this project.
const openapiFile = "../../../shared/reference/oomnitza-openapi.json"

// schema is the subset of JSON schema that the description uses.
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

type operation struct {
	Parameters  []parameter `json:"parameters"`
	RequestBody *struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
}

// openapi is the description, as far as requests go.
type openapi struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Schemas    map[string]schema    `json:"schemas"`
		Parameters map[string]parameter `json:"parameters"`
	} `json:"components"`
}

func loadOpenAPI(t *testing.T) *openapi {
	t.Helper()
	text, err := os.ReadFile(openapiFile)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("Oomnitza's API description is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	var doc openapi
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return &doc
}

func TestEveryRequestIsValidByTheVendorsDescription(t *testing.T) {
	doc := loadOpenAPI(t)
	for _, r := range everything(t) {
		if err := doc.validate(r); err != nil {
			t.Errorf("%s %s: %v", r.method, r.path, err)
		}
	}
}

func TestTheVendorsDescriptionNoticesWhatIsWrong(t *testing.T) {
	doc := loadOpenAPI(t)
	for name, r := range map[string]seen{
		"a path":             {method: "GET", path: "/api/v3/sass"},
		"a method":           {method: "PUT", path: "/api/v3/saas"},
		"a query parameter":  {method: "GET", path: "/api/v3/saas/1/users", query: map[string][]string{"limit": {"1"}}},
		"a body not a list":  {method: "POST", path: "/api/v3/saas/1/users", body: `{"user_id": "1", "assign": true}`},
		"a required field":   {method: "POST", path: "/api/v3/saas/1/users", body: `[{"user_id": "1"}]`},
		"a field's type":     {method: "POST", path: "/api/v3/users", body: `{"role": "25"}`},
		"a field":            {method: "POST", path: "/api/v3/users", body: `{"rolle": 25}`},
		"a header's value":   {method: "POST", path: "/api/v3/users", body: `{}`, header: map[string][]string{"Oomnitza-Ignore-Meta-Restriction": {"yes"}}},
		"an unexpected body": {method: "GET", path: "/api/v3/users", body: `{}`},
	} {
		if doc.validate(r) == nil {
			t.Errorf("%s that is wrong is not noticed", name)
		}
	}
}

// validate finds what is wrong with a request.
func (d *openapi) validate(r seen) error {
	path := ""
	for pattern := range d.Paths {
		if samePath(pattern, r.path) {
			path = pattern
		}
	}
	raw := d.Paths[path][strings.ToLower(r.method)]
	if raw == nil {
		return errors.New("there is no such operation")
	}
	var op operation
	var shared []parameter
	if err := json.Unmarshal(raw, &op); err != nil {
		return err
	}
	if p := d.Paths[path]["parameters"]; p != nil {
		if err := json.Unmarshal(p, &shared); err != nil {
			return err
		}
	}
	if err := d.parameters(append(shared, op.Parameters...), r); err != nil {
		return err
	}
	return d.body(op, path, r)
}

func (d *openapi) parameters(all []parameter, r seen) error {
	known := map[string]bool{}
	for _, p := range all {
		if p.Ref != "" {
			p = d.Components.Parameters[last(p.Ref)]
		}
		switch p.In {
		case "query":
			known[p.Name] = true
			if p.Required && !r.query.Has(p.Name) {
				return fmt.Errorf("query parameter %s is missing", p.Name)
			}
		case "header":
			if v := r.header.Get(p.Name); v != "" && len(p.Schema.Enum) > 0 && !slices.Contains(p.Schema.Enum, v) {
				return fmt.Errorf("header %s is %q", p.Name, v)
			}
		}
	}
	for key := range r.query {
		if !known[key] {
			return fmt.Errorf("there is no query parameter %s", key)
		}
	}
	return nil
}

func (d *openapi) body(op operation, path string, r seen) error {
	if op.RequestBody == nil {
		if r.body != "" {
			return errors.New("a body is not expected")
		}
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		return err
	}
	// Beyond the description, an assignment carries the last activity.
	extra := ""
	if strings.HasSuffix(path, "/users") && path != "/api/v3/users" {
		extra = "last_visit"
	}
	return d.value(op.RequestBody.Content["application/json"].Schema, v, extra)
}

// value checks a value against a schema. The description does not forbid
// fields that it doesn't name; we don't send any, but for extra.
func (d *openapi) value(s schema, v any, extra string) error {
	if s.Ref != "" {
		s = d.Components.Schemas[last(s.Ref)]
	}
	if s.Type == "" || !hasType(v, s.Type) {
		return fmt.Errorf("%v is not of type %q", v, s.Type)
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if err := d.value(*s.Items, item, extra); err != nil {
				return err
			}
		}
	case map[string]any:
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
			if err := d.value(p, v[key], ""); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	return nil
}

// last is the name that a reference ends in.
func last(ref string) string {
	return strings.ReplaceAll(ref[strings.LastIndex(ref, "/")+1:], "~1", "/")
}
