package oomnitza

import (
	"errors"
	"html"
	"slices"
	"strings"
	"unicode"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// RefusedFields are those of the given fields that a refusal names: by key, by
// a word for it or by the value in quotes.
func (*Client) RefusedFields(err error, sent saas.Record, fields []saas.Field) []saas.Field {
	var e *httpx.Error
	if !errors.As(err, &e) {
		return nil
	}
	said := " " + wordsOnly(e.Message) + " "
	return slices.DeleteFunc(slices.Clone(fields), func(f saas.Field) bool {
		for _, word := range fieldWords[f] {
			if strings.Contains(said, " "+wordsOnly(word)+" ") {
				return false
			}
		}
		value := wordsOnly(sent.Get(f))
		return len(value) < 4 || f == saas.FieldCreatedBy || value == wordsOnly(sent.Name) || !strings.Contains(besideLonger(said, value, sent, fields), " "+value+" ")
	})
}

// besideLonger is what is said without the values of other fields that have a value in
// them: of a website chronicle.security nothing is said of the category Security.
func besideLonger(said, value string, sent saas.Record, fields []saas.Field) string {
	for _, f := range fields {
		longer := wordsOnly(sent.Get(f))
		if longer != value && strings.Contains(" "+longer+" ", " "+value+" ") {
			said = strings.ReplaceAll(said, " "+longer+" ", "  ")
		}
	}
	return said
}

// wordsOnly is a text in lower case with single blanks for all that is neither
// letter nor digit, so that words can be looked for.
func wordsOnly(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(html.UnescapeString(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}), " ")
}
