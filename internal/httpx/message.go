package httpx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxMessage bounds the peer's own words in an Error, in characters.
const MaxMessage = 200

// maxMessageDepth bounds how deep in a body a message is looked for.
const maxMessageDepth = 4

// messageKeys are where bodies of errors keep their message, the most telling first:
// "detail" and "error" (a string, an object or a mere true) in Defender [CODE B1, E4,
// E2], "errorMessageCode" in its validation errors [CODE E2], the others in APIs of
// Oomnitza's kind [INF].
var messageKeys = []string{
	"detail", "message", "error_description", "error_message", "errorMessage",
	"error", "errors", "errorMessageCode", "msg", "title", "reason", "description",
}

// FindMessage finds the peer's own words in the body of a failed request, in
// whichever of the known shapes it is: on one line, of at most MaxMessage characters;
// "" where it says nothing.
func FindMessage(body []byte) string { return findMessage(body, Redact) }

// findMessage is FindMessage with the secrets taken out by redact.
func findMessage(body []byte, redact func(string) string) string {
	body = bytes.TrimSpace(bytes.TrimLeft(body, mark))
	if looksLikeHTML(body) {
		return clipText(describePage(body), redact)
	}
	if len(body) > maxErrorBody {
		// Decoded, it might fill the memory; and it is a row rather than a message.
		return fmt.Sprintf("%d bytes that are no message", len(body))
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return clipText(string(body), redact)
	}
	return clipText(findWords(v, 0), redact)
}

// findWords looks for a message in a JSON value.
func findWords(v any, depth int) string {
	if depth > maxMessageDepth {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, item := range v {
			if s := findWords(item, depth+1); s != "" {
				return s
			}
		}
	case map[string]any:
		return wordsOfObject(v, depth)
	}
	return ""
}

// wordsOfObject looks under the known keys first, then among the fields of a
// validation error, whose names are those of the rejected fields and belong to the
// message.
func wordsOfObject(v map[string]any, depth int) string {
	for _, key := range messageKeys {
		if s := findWords(v[key], depth+1); s != "" {
			return s
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		switch v[key].(type) {
		case []any, map[string]any:
			if s := findWords(v[key], depth+1); s != "" {
				return key + ": " + s
			}
		}
	}
	return ""
}

// Clip makes a peer's words fit to show: without this process's secrets, on one
// line, without what is not printable, at most MaxMessage characters. Secrets are
// taken out first: one that is cut in two is no longer recognised, and half of it
// would be shown.
func Clip(s string) string { return clipText(s, Redact) }

// clipText is Clip with the secrets taken out by redact.
func clipText(s string, redact func(string) string) string {
	runes := []rune(redact(oneLine(s)))
	if len(runes) > MaxMessage {
		return string(runes[:MaxMessage-1]) + "…"
	}
	return string(runes)
}

// oneLine joins the words of a text by single spaces, without what is not
// printable.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s[:min(len(s), maxErrorBody)])
	return strings.Join(strings.Fields(s), " ")
}
