package httpx

import (
	"bytes"
	"regexp"
	"strconv"
)

// looksLikeHTML reports whether a body is a web page.
func looksLikeHTML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n\ufeff"), []byte("<"))
}

var pageTitle = regexp.MustCompile(`(?is)<title[^>]*>\s*(.*?)\s*</title`)

// describePage says what a web page is, by its title where it has one.
func describePage(body []byte) string {
	if title := pageTitle.FindSubmatch(body); title != nil && len(title[1]) != 0 {
		return "a web page titled " + strconv.Quote(oneLine(string(title[1])))
	}
	return "a web page"
}

// loginWords are how a page asks for a login. Pages of outages and of blocks don't
// hold them.
var loginWords = regexp.MustCompile(`(?i)type=["']?password|SAMLRequest|<title[^>]*>[^<]*(sign[ -]?in|log[ -]?[io]n|single sign|anmeld|connexion|iniciar)`)

// isLogin reports whether a web page asks for a login.
func isLogin(page []byte) bool { return loginWords.Match(page) }
