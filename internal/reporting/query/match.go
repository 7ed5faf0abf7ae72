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

// containsAny reports whether a website contains one of the texts anywhere, whatever
// the case, as Oomnitza's filter "Contains" does: ".cn" is in www.cnn.com too.
func containsAny(website string, texts []string) bool {
	w := strings.ToLower(website)
	for _, text := range texts {
		if strings.Contains(w, text) {
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
