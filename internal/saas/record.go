package saas

import "encoding/json"

// Record is a SaaS record in Oomnitza. An empty text is unknown; as a change it
// leaves the field as it is.
type Record struct {
	ID           string
	Name         string // unique in the tenant
	Source       string
	Category     string
	Vendor       string
	Website      string
	LinkKey      string // the app and the integration that the record stands for
	CreatedBy    string // whoever made it, by the most telling of their names
	CreationDate string
	ActiveUsers  int // shown as Total Active Users
	State        RecordState

	// Raw is the fields that a change has to repeat, as the tenant sent them; nil
	// where it sent none.
	Raw map[string]json.RawMessage
}

// RecordState says whether people work with a record.
type RecordState uint8

// The states of a record, the better one first.
const (
	Living  RecordState = iota
	Ignored             // left out of Oomnitza's own lists
	Gone                // deleted or archived: nobody sees what is written to it
)

// Field is a field of a record that this integration writes. Histories hold its
// values.
type Field string

// The fields, by the keys of Oomnitza's API.
const (
	FieldName      Field = "saas_name"
	FieldCategory  Field = "category"
	FieldVendor    Field = "publisher"
	FieldWebsite   Field = "url"
	FieldCreatedBy Field = "createdby"
	FieldSource    Field = "source"
	FieldLinkKey   Field = "link_key"
)

// OptionalFields returns the fields that a record can do without, the likeliest
// to be refused first.
func OptionalFields() []Field {
	return []Field{FieldCategory, FieldWebsite, FieldVendor, FieldCreatedBy, FieldSource, FieldLinkKey}
}

// Label returns what Oomnitza's pages call the field.
func (f Field) Label() string {
	switch f {
	case FieldName:
		return "name"
	case FieldVendor:
		return "vendor"
	case FieldWebsite:
		return "website"
	case FieldCreatedBy:
		return "creator"
	case FieldLinkKey:
		return "link key"
	}
	return string(f)
}

// find returns where a record holds the field.
func (f Field) find(r *Record) *string {
	switch f {
	case FieldName:
		return &r.Name
	case FieldCategory:
		return &r.Category
	case FieldVendor:
		return &r.Vendor
	case FieldWebsite:
		return &r.Website
	case FieldCreatedBy:
		return &r.CreatedBy
	case FieldSource:
		return &r.Source
	}
	return &r.LinkKey
}

// Get returns the value of a field.
func (r Record) Get(f Field) string { return *f.find(&r) }

// With returns the record with some fields as another record has them.
func (r Record) With(other Record, fields ...Field) Record {
	for _, f := range fields {
		*f.find(&r) = *f.find(&other)
	}
	return r
}

// Changes returns the optional fields in which another record differs from this
// one. What is empty there is unknown, and no difference.
func (r Record) Changes(other Record) []Field {
	var out []Field
	for _, f := range OptionalFields() {
		if want := other.Get(f); want != "" && want != r.Get(f) {
			out = append(out, f)
		}
	}
	return out
}
