package query

import (
	"strings"
	"unicode"

	"defendersync/internal/saas"
)

// splitWords splits the value of an option at commas and white space.
func splitWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// splitList splits the value of an option at commas only.
func splitList(text string) (out []string) {
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// foldList splits the value of an option at commas, in lower case.
func foldList(text string) []string { return splitList(strings.ToLower(text)) }

// hostOf returns the host of a Website field, which may hold a whole URL.
func hostOf(website string) string {
	if h, ok := saas.ParseHost(website); ok {
		return h
	}
	h := strings.ToLower(strings.TrimSpace(website))
	if _, after, ok := strings.Cut(h, "://"); ok {
		h = after
	}
	h = strings.TrimLeft(h, "*.")
	if end := strings.IndexAny(h, "/?#:"); end >= 0 {
		h = h[:end]
	}
	return strings.TrimRight(h, ".")
}

// containsAny reports whether a field contains one of the texts, which are in lower
// case, anywhere and whatever its case, as Oomnitza's filter "Contains" does: ".cn"
// is in the website www.cnn.com too.
func containsAny(field string, texts []string) bool {
	f := strings.ToLower(field)
	for _, text := range texts {
		if strings.Contains(f, text) {
			return true
		}
	}
	return false
}

// endsInAny reports whether a host ends in one of the suffixes, at a dot: both cn and
// .cn match hosts under .cn, and contoso.com matches itself.
func endsInAny(host string, suffixes []string) bool {
	for _, suffix := range suffixes {
		if suffix = strings.Trim(suffix, "*."); suffix != "" && (host == suffix || strings.HasSuffix(host, "."+suffix)) {
			return true
		}
	}
	return false
}

// oneOf reports whether a text is among others, whatever the case.
func oneOf(text string, others []string) bool {
	folded := saas.Fold(text)
	for _, o := range others {
		if saas.Fold(o) == folded {
			return true
		}
	}
	return false
}
