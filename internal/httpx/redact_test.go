package httpx

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// hard holds characters that every encoding writes otherwise.
const hard = `p+ss/W0rd "<&> \%=9f86d081884c7d65`

// leak is a piece of a secret that a text shows; "" when it shows none.
func leak(text, secret string) string {
	text = lowerASCII(text)
	secret = lowerASCII(secret)
	for i := 0; i+gramSize <= len(secret); i++ {
		if strings.Contains(text, secret[i:i+gramSize]) {
			return secret[i : i+gramSize]
		}
	}
	return ""
}

func TestASecretIsRecognisedInWhateverForm(t *testing.T) {
	for _, s := range []string{secret, hard} {
		r := NewRedactor(s)
		quoted, _ := json.Marshal(s)
		for name, form := range map[string]string{
			"as it is":                 s,
			"its beginning":            s[:gramSize],
			"its middle":               s[5 : 5+gramSize+3],
			"its end":                  s[len(s)-gramSize:],
			"in capitals":              strings.ToUpper(s),
			"in a query":               url.QueryEscape(s),
			"in a path":                url.PathEscape(s),
			"in JSON":                  string(quoted),
			"in Base64":                base64.StdEncoding.EncodeToString([]byte(s)),
			"in Base64 for URLs":       base64.URLEncoding.EncodeToString([]byte(s)),
			"in a Basic authorization": base64.StdEncoding.EncodeToString([]byte("user:" + s)),
			"in another authorization": base64.StdEncoding.EncodeToString([]byte("users:" + s)),
			"in a third authorization": base64.StdEncoding.EncodeToString([]byte("us:" + s + ":tail")),
			"in hexadecimal":           hex.EncodeToString([]byte(s)),
		} {
			got := r.Redact("the token " + form + " is not known")
			if !strings.HasPrefix(got, "the token ") || !strings.HasSuffix(got, " is not known") || !strings.Contains(got, redacted) {
				t.Errorf("%s: %q", name, got)
			}
			if found := leak(got, form); found != "" && !strings.Contains(name, "authorization") {
				t.Errorf("%s: %q shows %q", name, got, found)
			}
		}
	}
}

func TestWhatIsNoSecretStays(t *testing.T) {
	r := NewRedactor("simulated-defender-token", "", "abc", secret)
	for _, text := range []string{
		"session/microsoft-defender-2026-11-27T04:35:16Z", "session/microsoft-defender-nosuch",
		"defendersync-worker serves microsoft-defender", "Oomnitza: abc is not known", "0123456 is short", "",
		"[defendersync] microsoft-defender: simulated tenants",
	} {
		if got := r.Redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := (*Redactor)(nil).Redact("anything"); got != "anything" {
		t.Error(got)
	}
	for _, tc := range []struct{ secret, text, want string }{
		{"s3cr3t", "S3CR3T!", redacted + "!"},
		{"s3cr3", "s3cr3", "s3cr3"}, // too short to be looked for
		{"s3cr3t7", "xs3cr3t7", "x" + redacted},
		{"oomnitza", "oomnitza", "oomnitza"}, // our own word
		{"AaZz09@[`{", "aAzZ09@[`{", redacted},
		{"abcdefghi", "bcdefghi", redacted},          // its last piece
		{"abcdefghi", "bcdefgh", "bcdefgh"},          // less than a piece
		{"abcdefghi", "abcdefghiabcdefgh", redacted}, // one behind the other
		{"12345678-abcdefgh", "12345678+abcdefgh", redacted + "+" + redacted},
		{"äöüäöüäöü", "ÄÖÜ äöüäöüäöü ÄÖÜ", "ÄÖÜ " + redacted + " ÄÖÜ"},
	} {
		if got := NewRedactor(tc.secret).Redact(tc.text); got != tc.want {
			t.Errorf("%q with the secret %q is %q, want %q", tc.text, tc.secret, got, tc.want)
		}
	}
}

// TestAPeerThatEchoesShowsNothing has peers repeat what they were sent wherever
// words of theirs are taken from, at every distance from where they are cut.
func TestAPeerThatEchoesShowsNothing(t *testing.T) {
	for name, handler := range map[string]func(echo string) http.HandlerFunc{
		"in a refusal": func(echo string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusForbidden)
				text, _ := json.Marshal(map[string]string{"detail": echo})
				w.Write(text)
			}
		},
		"in plain text": func(echo string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadGateway)
				io.WriteString(w, echo)
			}
		},
		"in a page's title": func(echo string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<title>"+echo+"</title>") }
		},
		"with invisible characters": func(echo string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				io.WriteString(w, strings.Join(strings.Split(echo, ""), "\u200b"))
			}
		},
		"in a redirect": func(echo string) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "https://"+secret+".example.com/?"+url.QueryEscape(echo))
				w.WriteHeader(http.StatusFound)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, before := range []int{0, 100, 150, 165, 180, 190, 195, 199, 200, 1500, 1590, 1600} {
				url := serve(t, handler(strings.Repeat("x", before)+" "+secret))
				_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
				if e := asError(t, err); leak(e.Error(), secret) != "" {
					t.Errorf("after %d characters: %v", before, err)
				}
			}
		})
	}
}

func TestAnAnswerThatIsNoHTTPShowsNoSecret(t *testing.T) {
	for name, answer := range map[string]string{
		"a length":      "HTTP/1.1 200 OK\r\nContent-Length: " + secret + "\r\n\r\n",
		"a status line": secret + " 200 OK\r\n\r\n",
		"a header":      "HTTP/1.1 200 OK\r\n" + secret + "\r\n\r\n",
	} {
		_, err := Do(t.Context(), client(t, TransportOptions{}), call(raw(t, answer)))
		if err == nil || leak(err.Error(), secret) != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEverySecretOfTheProcessIsKept(t *testing.T) {
	KeepSecret("another-secret-9f86d081", "proxy-pass-884c7d65")
	defer KeepSecret()
	var out bytes.Buffer
	line := `{"error":"proxyconnect http://u:proxy-pass-884c7d65@proxy"}` + "\n"
	if n, err := RedactingWriter(&out).Write([]byte(line)); n != len(line) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := out.String(); got != `{"error":"proxyconnect http://u:[redacted]@proxy"}`+"\n" {
		t.Error(got)
	}
	if got := Clip(strings.Repeat("x", 195) + "another-secret-9f86d081"); strings.Contains(got, "anot") {
		t.Error(got)
	}
	if got := FindMessage([]byte(`{"detail":"another-secret"}`)); got != redacted {
		t.Error(got)
	}
}

func FuzzRedacting(f *testing.F) {
	f.Add("the token 0123456789abcdef", "0123456789abcdef0123")
	f.Add("x", "ÄÖÜäöüß-")
	f.Add("aaaaaaaaaaaaaaaaaaa", "aaaaaaaaa")
	f.Fuzz(func(t *testing.T, text, s string) {
		if len(strings.TrimSpace(s)) < gramSize || len(s) > 200 || vocabularyOf(s) {
			t.Skip()
		}
		got := NewRedactor(s).Redact(text + s + text)
		if found := leak(lowerASCII(got), lowerASCII(strings.TrimSpace(s))); found != "" && !strings.Contains(redacted, found) {
			t.Errorf("%q shows %q of %q", got, found, s)
		}
	})
}

// vocabularyOf reports whether a secret holds words of the product's own.
func vocabularyOf(s string) bool {
	s = lowerASCII(s)
	for i := 0; i+gramSize <= len(s); i++ {
		if _, own := vocabulary[gram([]byte(s[i:i+gramSize]))]; own {
			return true
		}
	}
	return false
}

func TestWhatWasSentOfAPersonIsNotRepeated(t *testing.T) {
	c := Call{Private: []string{"carole", "Carole", "Gupta", "ab", `x\y(`}}
	got := findMessage([]byte(`{"errors":["Carole Gupta (carole) can't be made; Caroleen can, ab can"]}`), c.redactText)
	if want := "[…] […] ([…]) can't be made; Caroleen can, ab can"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestALineThatCannotBeWrittenIsAnError(t *testing.T) {
	for name, wrap := range map[string]func(io.Writer) io.Writer{"redacting": RedactingWriter, "masking": MaskingWriter} {
		r, w := io.Pipe()
		r.CloseWithError(io.ErrClosedPipe)
		if n, err := wrap(w).Write([]byte("line")); n != 0 || err != io.ErrClosedPipe {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		var out bytes.Buffer
		if n, err := wrap(&out).Write([]byte("alice@contoso.com\n")); n != 18 || err != nil || (out.String() == "alice@contoso.com\n") != (name == "redacting") {
			t.Errorf("%s: %q, %d, %v", name, out.String(), n, err)
		}
	}
}

func TestOnlyTheHeadersThatHoldSecretsAreTakenOut(t *testing.T) {
	c := Call{Header: http.Header{"Cookie": {"session=0123456789"}, "X-Csrf-Token": {"abcdefghijkl"}, "Authorization2": {"mnopqrstuvwx"}, "X-Request": {"yzyzyzyzyzyz"}}}
	got := c.redactText("session=0123456789 abcdefghijkl mnopqrstuvwx yzyzyzyzyzyz")
	if want := redacted + " " + redacted + " " + redacted + " yzyzyzyzyzyz"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
