package httpx

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

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
	return " titled " + strconv.Quote(joinLines(title))
}

// loginWords are how a page says that it wants a login; outages and block
// pages don't.
var loginWords = regexp.MustCompile(`(?i)type=["']?password|SAMLRequest|<title[^>]*>[^<]*(sign[ -]?in|log[ -]?[io]n|single sign|anmeld|connexion|iniciar)`)

// isLogin reports whether a web page is one that asks for a login.
func isLogin(page []byte) bool { return loginWords.Match(page) }
