package httpx

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// errNotUTF8 is the error of bytes that stand for no character. Passed over,
// they would make another name of somebody's.
var errNotUTF8 = errors.New("the answer is not UTF-8, and does not say what it is")

// cleaner mends what servers write that is nearly JSON, as it streams by: a
// number that is none (NaN, Infinity: what Python writes) becomes null, a bare
// control character in a text is escaped, and bytes that are no UTF-8 are
// converted where the answer tells its charset. One such value would otherwise
// cost a whole page.
type cleaner struct {
	narrow  *charmap.Charmap // what other bytes stand for; nil: they are an error
	inText  bool
	escaped bool // the byte before, in a text, was a backslash
}

// notNumbers are the numbers that JSON has not.
var notNumbers = [...]string{"NaN", "Infinity", "-Infinity"}

// Reset implements transform.Transformer.
func (c *cleaner) Reset() { c.inText, c.escaped = false, false }

// Transform implements transform.Transformer.
func (c *cleaner) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if n := min(c.plainRun(src[nSrc:]), len(dst)-nDst); n > 0 {
			copy(dst[nDst:], src[nSrc:nSrc+n])
			nDst, nSrc = nDst+n, nSrc+n
			continue
		}
		out, took, err := c.mendNext(src[nSrc:], atEOF)
		if err != nil {
			return nDst, nSrc, err
		}
		if len(dst)-nDst < len(out) {
			return nDst, nSrc, transform.ErrShortDst
		}
		c.trackText(src[nSrc])
		nDst += copy(dst[nDst:], out)
		nSrc += took
	}
	return nDst, nSrc, nil
}

// plainRun is how many bytes from here need no look.
func (c *cleaner) plainRun(src []byte) int {
	if c.escaped {
		return 0
	}
	for i, b := range src {
		if special[b] && (c.inText || b == '"' || b >= 0x80 || b == 'N' || b == 'I' || b == '-') {
			return i
		}
	}
	return len(src)
}

// special are the bytes that mean something, or may need mending, in a text or
// outside.
var special = func() (out [256]bool) {
	for b := range out {
		out[b] = b < ' ' || b >= 0x80 || b == '"' || b == '\\' || b == 'N' || b == 'I' || b == '-'
	}
	return out
}()

// mendNext says what stands for the character at hand, and how long that is.
func (c *cleaner) mendNext(src []byte, atEOF bool) (out []byte, took int, err error) {
	b := src[0]
	switch {
	case b >= 0x80:
		return c.mendCharacter(src, atEOF)
	case c.inText && b < ' ':
		return []byte{'\\', 'u', '0', '0', "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15]}, 1, nil
	case !c.inText:
		for _, word := range notNumbers {
			if bytes.HasPrefix(src, []byte(word)) {
				return []byte("null"), len(word), nil
			}
			if !atEOF && len(src) < len(word) && word[:len(src)] == string(src) {
				return nil, 0, transform.ErrShortSrc
			}
		}
	}
	return src[:1], 1, nil
}

// mendCharacter is one beyond ASCII.
func (c *cleaner) mendCharacter(src []byte, atEOF bool) ([]byte, int, error) {
	if !atEOF && !utf8.FullRune(src) {
		return nil, 0, transform.ErrShortSrc
	}
	if r, n := utf8.DecodeRune(src); r != utf8.RuneError || n > 1 {
		return src[:n], n, nil
	}
	if c.narrow == nil {
		return nil, 0, errNotUTF8
	}
	return utf8.AppendRune(nil, c.narrow.DecodeByte(src[0])), 1, nil
}

// trackText keeps track of where texts begin and end.
func (c *cleaner) trackText(b byte) {
	switch {
	case c.escaped:
		c.escaped = false
	case c.inText && b == '\\':
		c.escaped = true
	case b == '"':
		c.inText = !c.inText
	}
}
