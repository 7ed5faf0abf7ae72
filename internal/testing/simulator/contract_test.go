package simulator

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// openAPI is Oomnitza's published description, where it is at hand.
const openAPI = "../../../../shared/reference/oomnitza-openapi.json"

func TestTheContractIsThePublishedOne(t *testing.T) {
	raw, err := os.ReadFile(openAPI)
	if err != nil {
		t.Skip("the published description is not at hand")
	}
	type parameter struct {
		Ref string `json:"$ref"`
	}
	var api struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]struct{ Type string }
			}
		}
	}
	if err := json.Unmarshal(raw, &api); err != nil {
		t.Fatal(err)
	}
	for name, types := range map[string]fieldTypes{"SaaS": saasTypes, "User": personTypes} {
		props := api.Components.Schemas[name].Properties
		if len(props) != len(types) {
			t.Errorf("%s: %d fields, published are %d", name, len(types), len(props))
		}
		for field, p := range props {
			if types[field] != p.Type {
				t.Errorf("%s.%s is %q, published is %q", name, field, types[field], p.Type)
			}
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(saasRequired)), slices.Sorted(slices.Values(api.Components.Schemas["SaaS"].Required))) {
		t.Errorf("required are %v", saasRequired)
	}
	for _, res := range listResources() {
		path := "/api/v3/" + strings.Replace(res.path, "{}", "{ident}", 1)
		var op struct{ Parameters []parameter }
		if err := json.Unmarshal(api.Paths[path][strings.ToLower(res.method)], &op); err != nil {
			t.Errorf("%s %s is not published: %v", res.method, path, err)
			continue
		}
		for _, q := range res.queries {
			// Paging of an app's users is asked for where a list seems to be cut off. [INF]
			assumed := res.path == "saas/{}/users" && (q == "limit" || q == "skip")
			if !assumed && !slices.Contains(op.Parameters, parameter{"#/components/parameters/" + q}) {
				t.Errorf("%s %s: the query parameter %s is not published", res.method, path, q)
			}
		}
	}
}
