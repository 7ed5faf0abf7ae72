package httpx

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"
)

func packed(b []byte, layers int) []byte {
	for range layers {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		z.Write(b)
		z.Close()
		b = out.Bytes()
	}
	return b
}

func wide(s string, mark bool, big bool) []byte {
	units := utf16.Encode([]rune(s))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var out []byte
	for _, u := range units {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestAnAnswerIsReadWhateverStandsInBetween(t *testing.T) {
	const plain = `{"name":"Zoë \\\"N\\\" NaN -Infinity","n":-1.5}`
	type head map[string]string
	for name, tc := range map[string]struct {
		body []byte
		head head
		want string
	}{
		"as it should be":                    {[]byte(plain), nil, plain},
		"a byte order mark":                  {[]byte(mark + plain), nil, plain},
		"two byte order marks":               {[]byte(mark + mark + plain), nil, plain},
		"UTF-16, little end first, marked":   {wide(plain, true, false), nil, plain},
		"UTF-16, big end first, marked":      {wide(plain, true, true), nil, plain},
		"UTF-16 without a mark":              {wide(plain, false, false), nil, plain},
		"UTF-16, big end, without a mark":    {wide(plain, false, true), nil, plain},
		"compressed":                         {packed([]byte(plain), 1), head{"Content-Encoding": "gzip"}, plain},
		"compressed without a word":          {packed([]byte(plain), 1), nil, plain},
		"said to be compressed, and is not":  {[]byte(plain), head{"Content-Encoding": "gzip"}, plain},
		"compressed twice":                   {packed([]byte(plain), 2), head{"Content-Encoding": "gzip, gzip"}, plain},
		"compressed twice, said once":        {packed([]byte(plain), 2), head{"Content-Encoding": "gzip"}, plain},
		"compressed, with a byte order mark": {packed([]byte(mark+plain), 1), head{"Content-Encoding": "gzip"}, plain},
		"Latin-1, declared":                  {[]byte("{\"a\":\"J\xfcrgen\"}"), head{"Content-Type": "application/json; charset=ISO-8859-1"}, `{"a":"Jürgen"}`},
		"UTF-8, declared as Latin-1":         {[]byte(`{"a":"Jürgen"}`), head{"Content-Type": "application/json; charset=ISO-8859-1"}, `{"a":"Jürgen"}`},
		"numbers that are none":              {[]byte(`{"a":NaN,"b":[-Infinity,Infinity],"c":"Infinity"}`), nil, `{"a":null,"b":[null,null],"c":"Infinity"}`},
		"a bare line break in a text":        {[]byte("{\"a\":\n\"b\nc\"}"), nil, "{\"a\":\n\"b\\u000ac\"}"},
		"nothing":                            {nil, nil, ""},
		"nothing, said to be compressed":     {nil, head{"Content-Encoding": "br"}, ""},
		"a single byte":                      {[]byte("1"), nil, "1"},
		"two zeros":                          {[]byte{0, 0}, nil, "\x00\x00"},
		"the euro sign, declared":            {[]byte("[\"\x80\"]"), head{"Content-Type": "application/json; charset=windows-1252"}, `["€"]`},
		"the euro sign in ISO 8859-15":       {[]byte("[\"\xa4\"]"), head{"Content-Type": "application/json; charset=ISO-8859-15"}, `["€"]`},
		"much white space first":             {[]byte(strings.Repeat(" ", peekedSpace) + "[NaN]"), nil, strings.Repeat(" ", peekedSpace) + "[null]"},
		"null":                               {[]byte("null"), nil, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				for k, v := range tc.head {
					w.Header().Set(k, v)
				}
				w.Write(tc.body)
			})
			answer, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(answer.Body); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAnAnswerThatIsNoTextIsBadAndSaysWhy(t *testing.T) {
	for name, tc := range map[string]struct {
		body []byte
		head string
		says string
	}{
		"bytes of no charset":      {[]byte("{\"a\":\"J\xfcrgen\"}"), "", "not UTF-8"},
		"compressed for ever":      {packed([]byte("{}"), 5), "gzip", "again and again"},
		"another compression":      {[]byte("\x8b\x00\x80{}"), "br", "not asked for: \"br\""},
		"a third compression":      {[]byte("\x80abc"), "deflate", "not asked for: \"deflate\""},
		"a fourth compression":     {[]byte("\x1babc"), "zstd", "not asked for: \"zstd\""},
		"compression that breaks":  {append(packed([]byte(strings.Repeat("{}", 99)), 1)[:20], "xxxxxxxxxxxxxxxx"...), "gzip", ""},
		"compression that ends":    {packed([]byte(strings.Repeat("abcdefg", 99)), 1)[:20], "gzip", "cut off"},
		"a wrong sum at the end":   {append(packed([]byte("{}"), 1)[:22], 1, 2, 3, 4, 5, 6, 7, 8), "gzip", ""},
		"a character that is half": {[]byte("{\"a\":\"\xc3"), "", "not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tc.head != "" {
					w.Header().Set("Content-Encoding", tc.head)
				}
				w.Write(tc.body)
			})
			_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
			if e := asError(t, err); e.Kind != KindBadAnswer || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnErrorsBodyIsReadWhateverItsForm(t *testing.T) {
	const said = `{"detail":"because of Zoë"}`
	for name, body := range map[string][]byte{
		"marked": []byte(mark + said), "UTF-16": wide(said, true, false), "packed": packed([]byte(said), 2),
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				w.Write(body)
			})
			_, err := Do(t.Context(), client(t, TransportOptions{}), call(url))
			if e := asError(t, err); e.Message != "because of Zoë" {
				t.Errorf("%v", err)
			}
		})
	}
}

// FuzzCleaning sees to it that JSON comes through as it is, in pieces of any
// size, and that nothing else becomes text that is not UTF-8.
func FuzzCleaning(f *testing.F) {
	for _, seed := range []string{`{"a":"\\","b":-1}`, `{"a":NaN}`, "\"\n\"", "\xff", `"\\\""`, "-Inf", mark + "[]", "\x1f\x8b\x08", "[\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		read := func(r io.Reader) ([]byte, error) {
			return io.ReadAll(newTextBody(&http.Response{Header: http.Header{}, Body: io.NopCloser(r)}, true))
		}
		whole, err := read(bytes.NewReader(body))
		pieces, pieceErr := read(iotest.OneByteReader(bytes.NewReader(body)))
		if (err == nil) != (pieceErr == nil) || err == nil && !bytes.Equal(whole, pieces) {
			t.Errorf("whole %q, %v; byte by byte %q, %v", whole, err, pieces, pieceErr)
		}
		if json.Valid(body) && utf8.Valid(body) && !bytes.Equal(whole, body) {
			t.Errorf("%q became %q, %v", body, whole, err)
		}
		if err == nil && !utf8.Valid(whole) && whole[0] != '<' && !bytes.Contains(whole, []byte("<")) {
			t.Errorf("%q is not UTF-8", whole)
		}
	})
}
