package openapi

import (
	"strings"
	"testing"
)

func load(t *testing.T) *Doc {
	t.Helper()
	doc, err := Oomnitza()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestARequestThatIsWrongIsNoticed(t *testing.T) {
	doc := load(t)
	for name, r := range map[string]Request{
		"a path":             {Method: "GET", Path: "/api/v3/sass"},
		"a method":           {Method: "PUT", Path: "/api/v3/saas"},
		"a query parameter":  {Method: "GET", Path: "/api/v3/saas/1/users", Query: map[string][]string{"limit": {"1"}}},
		"a body not a list":  {Method: "POST", Path: "/api/v3/saas/1/users", Body: `{"user_id": "1", "assign": true}`},
		"a required field":   {Method: "POST", Path: "/api/v3/saas/1/users", Body: `[{"user_id": "1"}]`},
		"a field's type":     {Method: "POST", Path: "/api/v3/users", Body: `{"role": "25"}`},
		"a field":            {Method: "POST", Path: "/api/v3/users", Body: `{"rolle": 25}`},
		"a header's value":   {Method: "POST", Path: "/api/v3/users", Body: `{}`, Header: map[string][]string{"Oomnitza-Ignore-Meta-Restriction": {"yes"}}},
		"an unexpected body": {Method: "GET", Path: "/api/v3/users", Body: `{}`},
	} {
		if doc.CheckRequest(r) == nil {
			t.Errorf("%s that is wrong is not noticed", name)
		}
	}
}

func TestAnAnswerThatIsWrongIsNoticed(t *testing.T) {
	doc := load(t)
	const seat = `{"user_id": "1", "username": "a", "email": "a", "full_name": "a", "last_visit": 0, "old_usage": false, "media_url": "", "contract_id": "", "roles": {"role_id": "", "role_external_id": "", "role_external_label": ""}, "user_external_id": ""}`
	for _, tt := range []struct {
		what, method, path string
		status             int
		body               string
		good               bool
	}{
		{"an assigned user", "GET", "/api/v3/saas/1/users", 200, "[" + seat + "]", true},
		{"a made record", "POST", "/api/v3/saas", 200, `{"saas_id": "7"}`, true},
		{"an assignment", "POST", "/api/v3/saas/1/users", 200, `{}`, true},
		{"a list of roles", "GET", "/api/v3/saas/1/users", 200, "[" + strings.Replace(seat, `"roles": {"role_id": "", "role_external_id": "", "role_external_label": ""}`, `"roles": []`, 1) + "]", false},
		{"a time that is null", "GET", "/api/v3/saas/1/users", 200, "[" + strings.Replace(seat, `"last_visit": 0`, `"last_visit": null`, 1) + "]", false},
		{"an id that is a number", "POST", "/api/v3/saas", 200, `{"saas_id": 7}`, false},
		{"an object for a list", "GET", "/api/v3/users", 200, `{}`, false},
		{"a field", "GET", "/api/v3/users/1", 200, `{"nickname": "x"}`, false},
		{"a status", "GET", "/api/v3/users", 206, `[]`, false},
		{"no JSON", "GET", "/api/v3/users", 200, `<html>`, false},
	} {
		if err := doc.CheckAnswer(tt.method, tt.path, tt.status, []byte(tt.body)); (err == nil) != tt.good {
			t.Errorf("%s: %v", tt.what, err)
		}
	}
}
