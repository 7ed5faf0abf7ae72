package oomnitza

import (
	"errors"
	"slices"
	"testing"

	"defendersync/internal/httpx"
)

func TestTheFieldThatARefusalNamesIsFound(t *testing.T) {
	sent := SaaS{Name: "Resource Planner", Category: "Cloud storage", Publisher: "O'Reilly & Sons", URL: "planner.example", Source: "Defender",
		CreatedBy: "sync@contoso.com", LinkKey: "defender-app:1"}
	for message, want := range map[string][]Field{
		"category: not a valid choice":                                   {FieldCategory},
		`"Cloud storage" is not one of the listed values`:                {FieldCategory},
		"Enter a valid URL.":                                             {FieldURL},
		"url: too long; publisher: must not hold '&'":                    {FieldURL, FieldPublisher},
		"Ensure the Web site has at most 20 characters":                  {FieldURL},
		"Vendor is read-only":                                            {FieldPublisher},
		"value planner.example does not match ^https?://":                {FieldURL},
		"created_by cannot be set":                                       {FieldCreatedBy},
		"This SaaS cannot be created":                                    nil,
		"Resource Planner is not allowed":                                nil,
		"saas_name: Resource Planner: too long":                          nil,
		"the resource is locked by user sync@contoso.com":                nil,
		"Publisher &quot;O&#39;Reilly &amp; Sons&quot; is not permitted": {FieldPublisher},
		"": nil,
	} {
		err := error(&httpx.Error{Peer: peer, Op: "create", Kind: httpx.KindRefused, Message: message})
		if got := RefusedFields(err, sent, OptionalFields); !slices.Equal(got, want) {
			t.Errorf("%q names %v, want %v", message, got, want)
		}
	}
	if RefusedFields(errors.New("category"), sent, OptionalFields) != nil {
		t.Error("another error names a field")
	}
}

func TestFieldsAreTakenOverOneByOne(t *testing.T) {
	a := SaaS{ID: "1", Name: "a", Category: "c", URL: "u", LinkKey: "k"}
	b := SaaS{Name: "b", Category: "d", Publisher: "p", Source: "s", CreatedBy: "me"}
	if got := a.Changes(b); !slices.Equal(got, []Field{FieldCategory, FieldPublisher, FieldCreatedBy, FieldSource}) {
		t.Errorf("differs in %v", got)
	}
	if got := a.With(b, FieldName, FieldPublisher); plainly(got).Name != "b" || got.Publisher != "p" || got.Category != "c" || got.ID != "1" || got.URL != "u" {
		t.Errorf("got %+v", got)
	}
	for _, f := range append([]Field{FieldName}, OptionalFields...) {
		if f.Label() == "" || a.With(b, f).Get(f) != b.Get(f) {
			t.Errorf("%s", f)
		}
	}
}
