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

// messageKeys is where error bodies keep their words, the most telling first:
// "detail" and "error" (a string, an object or a mere true) in Defender [CODE
// B1, E4, E2], "errorMessageCode" in its validation errors [CODE E2], the
// others in APIs of Oomnitza's kind [INF].
var messageKeys = []string{
	"detail", "message", "error_description", "error_message", "errorMessage",
	"error", "errors", "errorMessageCode", "msg", "title", "reason", "description",
}

// Message finds the peer's own words in the body of a failed request,
// whichever of the known shapes it has: on one line, of at most MaxMessage
// characters; "" when it says nothing.
func Message(body []byte) string { return findMessage(body, Redact) }

// findMessage is Message with the secrets taken out by redact.
func findMessage(body []byte, redact func(string) string) string {
	body = bytes.TrimSpace(bytes.TrimLeft(body, mark))
	if looksLikeHTML(body) {
		return clipText("a web page"+htmlTitle(body), redact)
	}
	if len(body) > maxErrorBody {
		// Taken apart, it might fill the memory; and it is a row more likely
		// than a message.
		return fmt.Sprintf("%d bytes that are no message", len(body))
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return clipText(string(body), redact)
	}
	return clipText(findWords(v, 0), redact)
}

// findWords looks for a message in a JSON value. Depth is bounded, because a body
// is whatever the peer sends.
func findWords(v any, depth int) string {
	if depth > 4 {
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

// wordsOfObject asks the known keys first, then the fields of a validation
// error, whose names are the rejected fields' and belong to the message.
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
// line, nothing that is not printable, at most MaxMessage characters. Secrets go
// first: one that is cut in two is no longer recognised, and half of it shown.
func Clip(s string) string { return clipText(s, Redact) }

// clipText is Clip with the secrets taken out by redact.
func clipText(s string, redact func(string) string) string {
	s = redact(joinLines(s))
	if utf8.RuneCountInString(s) <= MaxMessage {
		return s
	}
	return string([]rune(s)[:MaxMessage-1]) + "…"
}

// joinLines is a text without what is not printable, and so as it will be read.
func joinLines(s string) string {
	if len(s) > maxErrorBody {
		s = s[:maxErrorBody]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
