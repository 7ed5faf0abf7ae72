package oomnitza

import (
	"testing"

	"defendersync/internal/testing/openapi"
)

func TestEveryRequestIsValidByTheVendorsDescription(t *testing.T) {
	doc, err := openapi.Oomnitza()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range everything(t) {
		if err := doc.CheckRequest(openapi.Request{Method: r.method, Path: r.path, Query: r.query, Header: r.header, Body: r.body}); err != nil {
			t.Errorf("%s %s: %v", r.method, r.path, err)
		}
	}
}
