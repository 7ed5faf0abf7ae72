package defender

import (
	"bytes"
	"slices"
	"strings"

	"defendersync/internal/httpx"
)

// maxEntries bounds the domains that are read of an app, over all columns.
const maxEntries = 2000

// readDomains gives all that a row tells of an app's domains, whatever the column:
// a string, a list of strings or of objects, or either in a JSON text.
func (r *rowReader) readDomains() (out []string) {
	for k, raw := range r.values[r.first[colWebsite]:r.first[colWebsite+1]] {
		if raw == nil || isNull(raw) {
			continue
		}
		before := len(out)
		out = appendDomains(out, raw, 0)
		if len(out) > before {
			r.noteKey(colWebsite, r.keys[colWebsite][k])
		}
	}
	return out
}

func appendDomains(out []string, raw []byte, depth int) []string {
	const deepest = 3
	if len(out) >= maxEntries || depth > deepest {
		return out
	}
	if s, ok := httpx.UnquoteText(raw); ok {
		if inner, ok := innerJSON(s); ok {
			return appendDomains(out, inner, depth+1)
		}
		if s = strings.TrimSpace(s); s == "" {
			return out
		}
		return append(out, s)
	}
	httpx.EachItem(raw, func(item []byte) { out = appendDomains(out, item, depth+1) })
	httpx.EachField(raw, func(key, value []byte) {
		switch {
		case slices.Contains(domainKeys, string(foldKey(nil, key))):
			out = appendDomains(out, value, depth+1)
		case bytes.IndexByte(key, '.') > 0 && len(out) < maxEntries: // {"docker.com": 5}
			out = append(out, string(key))
		}
	})
	return out
}
