package httpx

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestMessageFindsThePeersWordsInEveryKnownShape(t *testing.T) {
	for name, tc := range map[string]struct{ body, want string }{
		"detail":                            {`{"detail": "Insufficient role based permissions", "correlation_id": "d0a34b91"}`, "Insufficient role based permissions"},
		"an error object":                   {`{"error": {"message": "Request was throttled. Expected available in 23 seconds."}}`, "Request was throttled. Expected available in 23 seconds."},
		"a validation error":                {`{"filters": [{"error": "x is not valid", "errorMessageCode": "CONSOLE"}], "error": true}`, "filters: x is not valid"},
		"an error string":                   {`{"error":"no"}`, "no"},
		"a message":                         {`{"message":"gone"}`, "gone"},
		"errors as strings":                 {`{"errors":["first","second"]}`, "first"},
		"errors as objects":                 {`{"errors":[{"code":3,"message":"taken"}]}`, "taken"},
		"errors by field":                   {`{"errors":{"saas_name":["must be unique"]}}`, "saas_name: must be unique"},
		"a bare list":                       {`["bad"]`, "bad"},
		"a bare string":                     {`"bad"`, "bad"},
		"an OAuth error":                    {`{"error":"invalid_grant","error_description":"expired"}`, "expired"},
		"true alone says nothing":           {`{"error":true}`, ""},
		"plain text":                        {"upstream\n\tunavailable\x00", "upstream unavailable"},
		"a page with a title":               {"<html><title>\n502 Bad\tGateway </title></html>", `a web page titled "502 Bad Gateway"`},
		"a page without one":                {"<html>", "a web page"},
		"a page whose title is open":        {"<html><title>x", "a web page"},
		"nothing":                           {"", ""},
		"too deep":                          {strings.Repeat(`{"error":`, 50) + `"x"` + strings.Repeat("}", 50), ""},
		"a page that begins with its title": {"<title>Sorry</title>", `a web page titled "Sorry"`},
		"a page with an empty title":        {"<html><title lang=en> </title></html>", "a web page"},
		"as deep as may be":                 {strings.Repeat(`[`, 4) + `"x"` + strings.Repeat("]", 4), "x"},
		"a list too deep":                   {strings.Repeat(`[`, 5) + `"x"` + strings.Repeat("]", 5), ""},
		"an object too deep":                {strings.Repeat(`{"a":`, 5) + `"x"` + strings.Repeat("}", 5), ""},
		"a broken character":                {"a\xffb\ufffdc", "abc"},
		"a key's own kind is skipped":       {`{"detail":null,"message":7,"title":"t"}`, "t"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := FindMessage([]byte(tc.body)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAMessageIsBounded(t *testing.T) {
	got := FindMessage([]byte(`{"detail":"` + strings.Repeat("ä", 5000) + `"}`))
	if utf8.RuneCountInString(got) != MaxMessage || !strings.HasSuffix(got, "…") {
		t.Errorf("%d characters", utf8.RuneCountInString(got))
	}
}

func TestAMessageOfJustTheRightLengthStays(t *testing.T) {
	long := strings.Repeat("ä", MaxMessage)
	if got := FindMessage([]byte(`{"detail":"` + long + `"}`)); got != long {
		t.Errorf("%q", got)
	}
	body := func(size int) []byte {
		return []byte(`{"detail":"x","rest":"` + strings.Repeat("a", size-len(`{"detail":"x","rest":""}`)) + `"}`)
	}
	if got := FindMessage(body(maxErrorBody)); got != "x" {
		t.Errorf("of the longest body that is read: %q", got)
	}
	if got := FindMessage(body(maxErrorBody + 1)); got != "65537 bytes that are no message" {
		t.Errorf("of a longer one: %q", got)
	}
}

func FuzzMessage(f *testing.F) {
	for _, seed := range []string{`{"error":{"message":"x"}}`, `{"error":true,"filters":[{"error":"y"}]}`, "<title>\xff</title>", "İ<title", "\xff\xfe"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := FindMessage(body)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > MaxMessage || strings.ContainsAny(got, "\r\n\x00\x1b") {
			t.Errorf("Message(%q) = %q", body, got)
		}
	})
}
