package saas

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// categoryPrefix begins the category ids of the portal API [DOC D7b].
const categoryPrefix = "SAASDB_CATEGORY_"

// wordSpelling is the spelling of words in category ids that plain lower case
// would get wrong. SUPLLY is Microsoft's own slip [DOC D7b].
func wordSpelling(word string) (string, bool) {
	switch word {
	case "ai", "crm", "erp", "hr", "it", "mcp", "iot", "api", "seo", "cms", "bi", "pos", "voip":
		return strings.ToUpper(word), true
	case "ecommerce":
		return "e-commerce", true
	case "suplly":
		return "supply", true
	case "iaas", "paas", "saas":
		return strings.ToUpper(word[:1]) + word[1:len(word)-1] + "S", true
	}
	return word, false
}

// ReadableCategory turns a category id into words: SAASDB_CATEGORY_CLOUD_STORAGE
// and Graph's cloudStorage are both "Cloud storage". Categories that Microsoft
// adds later read the same way, and what is readable already is left alone.
func ReadableCategory(id string) string {
	id = oneLine(id)
	var words []string
	rest, portal := strings.CutPrefix(id, categoryPrefix)
	first, _ := utf8.DecodeRuneInString(id)
	switch {
	case portal, strings.Contains(id, "_") && !strings.Contains(id, " "):
		words = strings.FieldsFunc(strings.ToLower(rest), func(r rune) bool { return r == '_' || r == ' ' })
	case unicode.IsLower(first) && !strings.Contains(id, " "):
		words = camelWords(id)
	default:
		return id
	}
	for i, word := range words {
		words[i], _ = wordSpelling(word)
	}
	text := strings.Join(words, " ")
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// camelWords splits generativeAi into generative and ai.
func camelWords(id string) []string {
	if strings.EqualFold(id, "eCommerce") {
		return []string{"ecommerce"}
	}
	var words []string
	start, afterLower := 0, false
	for i, r := range id {
		if afterLower && unicode.IsUpper(r) {
			words = append(words, strings.ToLower(id[start:i]))
			start = i
		}
		afterLower = !unicode.IsUpper(r)
	}
	return append(words, strings.ToLower(id[start:]))
}
