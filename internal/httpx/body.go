package httpx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxLayers is how often a body may be compressed. A proxy that compresses what is
// compressed already is common; more is an attack.
const maxLayers = 3

// Why a body can't be read as text.
var (
	errLayers   = errors.New("the answer is compressed again and again")
	errEncoding = errors.New("the answer is compressed in a way that was not asked for")
)

// textBody is the body of an answer as text in UTF-8, whatever stands in between:
// it is unpacked as often as it is packed, byte order marks are skipped, UTF-16 is
// converted. It goes by the content and not by what the headers say of it, since
// proxies change the one without the other.
type textBody struct {
	resp *http.Response
	json bool // the text is to be JSON, and is mended as such; an error's body is taken as it is
	raw  io.ReadCloser

	opened bool
	first  byte // of the text, white space aside; 0: there is none
	text   io.Reader
	err    error // why there is no text
}

func newTextBody(resp *http.Response, json bool) *textBody {
	return &textBody{resp: resp, json: json, raw: resp.Body}
}

// peekFirst waits for the beginning of the text and returns its first byte.
func (b *textBody) peekFirst() byte {
	if !b.opened {
		b.opened = true
		b.text, b.err = b.openText()
	}
	return b.first
}

// Read implements io.Reader.
func (b *textBody) Read(p []byte) (int, error) {
	if b.peekFirst(); b.err != nil {
		return 0, b.err
	}
	return b.text.Read(p)
}

// Close implements io.Closer.
func (b *textBody) Close() error { return b.raw.Close() }

// openText finds out by the first bytes what the body is.
func (b *textBody) openText() (io.Reader, error) {
	r := bufio.NewReader(b.raw)
	for layer := range maxLayers + 1 {
		head, _ := r.Peek(3) // what can't be read shows in the next Read
		if !bytes.Equal(head, []byte{0x1f, 0x8b, 8}) {
			break
		}
		if layer == maxLayers {
			return nil, errLayers
		}
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = bufio.NewReader(unpacked)
	}
	head, _ := r.Peek(2)
	if wide := wideEncoding(head); wide != nil {
		r = bufio.NewReader(transform.NewReader(r, wide.NewDecoder()))
	}
	if err := skipMarks(r); err != nil {
		return nil, err
	}
	return b.mendText(r)
}

// mendText mends what can be mended in JSON. Web pages are left as they are.
func (b *textBody) mendText(r *bufio.Reader) (io.Reader, error) {
	b.first = firstByte(r)
	if isBinary(b.first) {
		if packed := strings.ToLower(b.resp.Header.Get("Content-Encoding")); packed != "" && packed != "identity" {
			return nil, fmt.Errorf("%w: %q", errEncoding, Clip(packed))
		}
	}
	if !b.json || b.first == '<' {
		return r, nil
	}
	return transform.NewReader(r, &mender{narrow: narrowEncoding(b.resp.Header)}), nil
}

// isBinary reports whether no JSON and no web page begins with a byte.
func isBinary(first byte) bool {
	return first != 0 && (first < ' ' || first >= 0x80)
}

// wideEncoding recognises UTF-16 by its mark, or by its zeros: JSON begins with an
// ASCII character. It returns nil for any other text.
func wideEncoding(head []byte) encoding.Encoding {
	if len(head) != 2 {
		return nil
	}
	marked, first, second := string(head), head[0] == 0, head[1] == 0
	if marked == "\xff\xfe" || second && !first {
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	if marked == "\xfe\xff" || first && !second {
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	return nil
}

// narrowEncoding returns what bytes that are no UTF-8 stand for, where the answer
// says so; nil where it doesn't.
func narrowEncoding(h http.Header) *charmap.Charmap {
	_, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return nil
	}
	switch strings.ToLower(params["charset"]) {
	case "iso-8859-1", "latin1", "windows-1252", "cp1252":
		return charmap.Windows1252 // as browsers read both
	case "iso-8859-15":
		return charmap.ISO8859_15
	}
	return nil
}

// mark is U+FEFF in UTF-8, a byte order mark.
const mark = "\ufeff"

// skipMarks skips byte order marks.
func skipMarks(r *bufio.Reader) error {
	for {
		head, _ := r.Peek(len(mark))
		if string(head) != mark {
			return nil
		}
		if _, err := r.Discard(len(mark)); err != nil {
			return err
		}
	}
}

// peekedSpace bounds how much white space may stand before a text.
const peekedSpace = 64

// firstByte returns the first byte that is no white space; 0 when there is none
// among the first few.
func firstByte(r *bufio.Reader) byte {
	for n := range peekedSpace {
		head, err := r.Peek(n + 1)
		if err != nil {
			return 0
		}
		switch c := head[n]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}
