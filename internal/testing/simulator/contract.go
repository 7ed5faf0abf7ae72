package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// resource is one path of Oomnitza's API that the tenant serves, as the
// OpenAPI of 2022 has it. [DOC]
type resource struct {
	path    string // "{}" stands for one segment
	method  string
	queries []string
	serve   func(*Simulator, *call)
}

// listResources lists all that is served.
func listResources() []resource {
	list := []string{"limit", "skip", "sortby", "filter"}
	return []resource{
		{"saas", http.MethodGet, list, (*Simulator).listSaaS},
		{"saas", http.MethodPost, nil, (*Simulator).createSaaS},
		{"saas/{}", http.MethodGet, nil, (*Simulator).getSaaS},
		{"saas/{}", http.MethodPatch, nil, (*Simulator).patchSaaS},
		{"saas/{}/users", http.MethodGet, []string{"last_visit", "roles", "limit", "skip"}, (*Simulator).listSeats}, /* paging as in other lists [INF] */
		{"saas/{}/users", http.MethodPost, nil, (*Simulator).assignSeats},
		{"saas_users", http.MethodGet, []string{"filter", "text", "roles"}, (*Simulator).listAllSeats},
		{"users", http.MethodGet, list, (*Simulator).listPeople},
		{"users", http.MethodPost, nil, (*Simulator).createPerson},
		{"users/{}", http.MethodGet, nil, (*Simulator).getPerson},
		{"users/{}/software/saas", http.MethodGet, nil, (*Simulator).listUses},
		{"users/{}", http.MethodPatch, nil, (*Simulator).patchPerson},
	}
}

// findResource matches a path. The route names it without its ids.
func findResource(all []resource, method, path string) (found *resource, ident string, known bool) {
	rest, ok := strings.CutPrefix(path, "/api/v3/")
	if !ok {
		return nil, "", false
	}
	parts := strings.Split(rest, "/")
	for i := range all {
		pattern := strings.Split(all[i].path, "/")
		if len(pattern) != len(parts) || pattern[0] != parts[0] || len(pattern) > 2 && pattern[2] != parts[2] {
			continue
		}
		known = true
		if all[i].method == method {
			if len(parts) > 1 {
				ident = parts[1]
			}
			return &all[i], ident, true
		}
	}
	return nil, "", known
}

// checkQuery finds what a request's query has that the resource does not know.
func (r *resource) checkQuery(q url.Values) error {
	for key, values := range q {
		switch {
		case !slices.Contains(r.queries, key):
			return fmt.Errorf("%s %s has no query parameter %q", r.method, r.path, key)
		case len(values) != 1 || values[0] == "":
			return fmt.Errorf("%s %s: the query parameter %q is empty", r.method, r.path, key)
		}
	}
	return nil
}

// fieldTypes are the documented fields of an object and their JSON types. [DOC]
type fieldTypes map[string]string

var saasTypes = fieldTypes{"saas_name": "string", "linked": "string", "category": "string", "usage_statistic": "string",
	"usage_history": "string", "link_key": "string", "publisher": "string", "url": "string", "source": "string",
	"ignored": "string", "version": "string", "visited": "integer", "available_licenses": "integer",
	"annual_spend": "number", "renewal_date": "string", "changedate": "string", "changedby": "string",
	"creationdate": "string", "createdby": "string", "saas_id": "integer", "hash": "boolean",
	"total_licenses": "integer", "deleted": "string", "uid": "integer", "is_inf": "boolean"}

// saasRequired must stand in every SaaS object, whatever their sense. [DOC]
var saasRequired = []string{"saas_name", "source", "hash", "ignored", "changedate", "changedby", "creationdate",
	"createdby", "linked", "link_key"}

var personTypes = fieldTypes{"username": "string", "full_name": "string", "first_name": "string", "last_name": "string",
	"email": "string", "suspended": "boolean", "address": "string", "phone_number": "string", "position": "string",
	"change_date": "integer", "changed_by": "string", "creation_date": "integer", "created_by": "string",
	"external_id": "string", "email_subscription": "boolean", "version": "string", "role": "integer",
	"last_login_date": "integer", "deleted": "string", "uid": "integer", "user_id": "string"}

// decodeBody reads a body that is one object of the given fields.
func (types fieldTypes) decodeBody(body []byte, required []string) (map[string]any, error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, errJSON
	}
	for key, value := range object {
		want, ok := types[key]
		if !ok {
			return nil, fmt.Errorf("unknown field %s", key)
		}
		if !hasType(value, want) {
			return nil, fmt.Errorf("field %s is not of type %s", key, want)
		}
	}
	for _, key := range required {
		if _, ok := object[key]; !ok {
			return nil, fmt.Errorf("field %s is required", key)
		}
	}
	return object, nil
}

func hasType(value any, want string) bool {
	switch v := value.(type) {
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	}
	return false
}

// listFields lists the fields that filters and sorts may name.
func (types fieldTypes) listFields(extra ...string) map[string]bool {
	out := make(map[string]bool, len(types)+len(extra))
	for name := range types {
		out[name] = true
	}
	for _, name := range extra {
		out[name] = true
	}
	return out
}
