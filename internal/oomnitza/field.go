package oomnitza

import (
	"errors"
	"html"
	"slices"
	"strings"
	"unicode"

	"defendersync/internal/httpx"
)

// Field is a field of a SaaS record that this integration writes.
type Field string

// The fields, by the key that the API has for them.
const (
	FieldName      Field = fieldSaaSName
	FieldCategory  Field = fieldCategory
	FieldPublisher Field = fieldPublisher
	FieldURL       Field = fieldURL
	FieldCreatedBy Field = fieldCreatedBy
	FieldSource    Field = fieldSource
	FieldLinkKey   Field = fieldLinkKey
)

// OptionalFields are those that a record can do without, the likeliest to be
// refused first.
var OptionalFields = []Field{FieldCategory, FieldURL, FieldPublisher, FieldCreatedBy, FieldSource, FieldLinkKey}

// Label is what people call a field.
func (f Field) Label() string {
	switch f {
	case FieldName:
		return "name"
	case FieldPublisher:
		return "vendor"
	case FieldURL:
		return "website"
	case FieldCreatedBy:
		return "creator"
	case FieldLinkKey:
		return "link key"
	}
	return string(f)
}

// of is where a record has the field.
func (f Field) of(s *SaaS) *string {
	switch f {
	case FieldName:
		return &s.Name
	case FieldCategory:
		return &s.Category
	case FieldPublisher:
		return &s.Publisher
	case FieldURL:
		return &s.URL
	case FieldCreatedBy:
		return &s.CreatedBy
	case FieldSource:
		return &s.Source
	}
	return &s.LinkKey
}

// Get reads a field.
func (s SaaS) Get(f Field) string { return *f.of(&s) }

// With is the record with some fields as another has them.
func (s SaaS) With(other SaaS, fields ...Field) SaaS {
	for _, f := range fields {
		*f.of(&s) = *f.of(&other)
	}
	return s
}

// Changes are the optional fields in which another record differs from this
// one; what is empty there is not known, and no difference.
func (s SaaS) Changes(other SaaS) []Field {
	var out []Field
	for _, f := range OptionalFields {
		if want := other.Get(f); want != "" && want != s.Get(f) {
			out = append(out, f)
		}
	}
	return out
}

// RefusedFields are those of the given fields that a refusal names: by key, by
// a word for it or by the value in quotes.
func RefusedFields(err error, sent SaaS, fields []Field) []Field {
	var e *httpx.Error
	if !errors.As(err, &e) {
		return nil
	}
	said := " " + wordsOnly(e.Message) + " "
	return slices.DeleteFunc(slices.Clone(fields), func(f Field) bool {
		for _, word := range fieldWords[f] {
			if strings.Contains(said, " "+wordsOnly(word)+" ") {
				return false
			}
		}
		value := wordsOnly(sent.Get(f))
		return len(value) < 4 || f == FieldCreatedBy || value == wordsOnly(sent.Name) || !strings.Contains(said, " "+value+" ")
	})
}

// wordsOnly is a text in lower case with single blanks for all that is neither
// letter nor digit, so that words can be looked for.
func wordsOnly(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(html.UnescapeString(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}
