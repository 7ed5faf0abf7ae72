package saas

import (
	"slices"
	"testing"
)

func TestFieldsAreTakenOverOneByOne(t *testing.T) {
	a := Record{ID: "1", Name: "a", Category: "c", Website: "u", LinkKey: "k"}
	b := Record{Name: "b", Category: "d", Vendor: "p", Source: "s", CreatedBy: "me"}
	if got := a.Changes(b); !slices.Equal(got, []Field{FieldCategory, FieldVendor, FieldCreatedBy, FieldSource}) {
		t.Errorf("differs in %v", got)
	}
	if got := a.With(b, FieldName, FieldVendor); got.Name != "b" || got.Vendor != "p" || got.Category != "c" || got.ID != "1" || got.Website != "u" {
		t.Errorf("got %+v", got)
	}
	for _, f := range append([]Field{FieldName}, OptionalFields()...) {
		if f.Label() == "" || a.With(b, f).Get(f) != b.Get(f) {
			t.Errorf("%s", f)
		}
	}
}
