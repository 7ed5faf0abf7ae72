package oomnitza

import (
	"errors"
	"slices"
	"testing"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

func TestTheFieldThatARefusalNamesIsFound(t *testing.T) {
	sent := saas.Record{Name: "Resource Planner", Category: "Cloud storage", Vendor: "O'Reilly & Sons", Website: "planner.example", Source: "Defender",
		CreatedBy: "sync@contoso.com", LinkKey: "defender-app:1"}
	for message, want := range map[string][]saas.Field{
		"category: not a valid choice":                                   {saas.FieldCategory},
		`"Cloud storage" is not one of the listed values`:                {saas.FieldCategory},
		"Enter a valid URL.":                                             {saas.FieldWebsite},
		"url: too long; publisher: must not hold '&'":                    {saas.FieldWebsite, saas.FieldVendor},
		"Ensure the Web site has at most 20 characters":                  {saas.FieldWebsite},
		"Vendor is read-only":                                            {saas.FieldVendor},
		"value planner.example does not match ^https?://":                {saas.FieldWebsite},
		"created_by cannot be set":                                       {saas.FieldCreatedBy},
		"This SaaS cannot be created":                                    nil,
		"Resource Planner is not allowed":                                nil,
		"saas_name: Resource Planner: too long":                          nil,
		"the resource is locked by user sync@contoso.com":                nil,
		"Publisher &quot;O&#39;Reilly &amp; Sons&quot; is not permitted": {saas.FieldVendor},
		"": nil,
	} {
		err := error(&httpx.Error{Peer: peer, Op: "create", Kind: httpx.KindRefused, Message: message})
		if got := new(Client).RefusedFields(err, sent, saas.OptionalFields()); !slices.Equal(got, want) {
			t.Errorf("%q names %v, want %v", message, got, want)
		}
	}
	if new(Client).RefusedFields(errors.New("category"), sent, saas.OptionalFields()) != nil {
		t.Error("another error names a field")
	}
}

// TestAValueWithinALongerOneNamesNothing: the words of a website hold a category.
func TestAValueWithinALongerOneNamesNothing(t *testing.T) {
	sent := saas.Record{Name: "Google Chronicle", Category: "Security", Website: "chronicle.security"}
	for message, want := range map[string][]saas.Field{
		`"chronicle.security" does not begin with https://`:        {saas.FieldWebsite},
		`"chronicle.security" and "Security" are not listed`:       {saas.FieldCategory, saas.FieldWebsite},
		`"Security" is not listed`:                                 {saas.FieldCategory},
		`category: "chronicle.security" is of another one, so too`: {saas.FieldCategory, saas.FieldWebsite},
	} {
		err := error(&httpx.Error{Peer: peer, Op: "create", Kind: httpx.KindRefused, Message: message})
		got := new(Client).RefusedFields(err, sent, saas.OptionalFields())
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q names %v, want %v", message, got, want)
		}
	}
}
