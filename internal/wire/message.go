package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
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
func Message(body []byte) string {
	body = bytes.TrimSpace(body)
	if looksLikeHTML(body) {
		return Clip("a web page" + htmlTitle(body))
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return Clip(string(body))
	}
	return Clip(words(v, 0))
}

// words looks for a message in a JSON value. Depth is bounded, because a body
// is whatever the peer sends.
func words(v any, depth int) string {
	if depth > 4 {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, item := range v {
			if s := words(item, depth+1); s != "" {
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
		if s := words(v[key], depth+1); s != "" {
			return s
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v)) {
		switch v[key].(type) {
		case []any, map[string]any:
			if s := words(v[key], depth+1); s != "" {
				return key + ": " + s
			}
		}
	}
	return ""
}

// looksLikeHTML reports whether a body is a web page.
func looksLikeHTML(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n\ufeff")
	return len(body) > 0 && body[0] == '<'
}

// htmlTitle is the title of a web page, quoted, with a word before it.
func htmlTitle(body []byte) string {
	lower := bytes.ToLower(body)
	if len(lower) != len(body) {
		return ""
	}
	from := bytes.Index(lower, []byte("<title"))
	if from < 0 {
		return ""
	}
	open := bytes.IndexByte(lower[from:], '>')
	end := bytes.Index(lower[from:], []byte("</title"))
	if open < 0 || end <= open {
		return ""
	}
	title := strings.TrimSpace(string(body[from+open+1 : from+end]))
	if title == "" {
		return ""
	}
	return " titled " + strconv.Quote(oneLine(title))
}

// Clip makes a peer's words fit to show: one line, nothing that is not
// printable, at most MaxMessage characters.
func Clip(s string) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= MaxMessage {
		return s
	}
	return string([]rune(s)[:MaxMessage-1]) + "…"
}

func oneLine(s string) string {
	if len(s) > 8*MaxMessage {
		s = s[:8*MaxMessage]
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
