package httpx

import (
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// errNotUTF8 is the error of bytes that stand for no character. To skip them would
// make another name of somebody's.
var errNotUTF8 = errors.New("the answer is not UTF-8, and does not say what it is")

// mender mends, as it streams by, what servers write that is nearly JSON and no
// parser takes: a number that is none (NaN and Infinity, as Python writes them)
// becomes null, a bare control character in a string is escaped, and bytes that are
// no UTF-8 are converted where the answer tells its charset. One such value would
// otherwise cost a whole page.
type mender struct {
	narrow  *charmap.Charmap // what bytes beyond ASCII stand for; nil: they are an error
	inText  bool             // within a string
	escaped bool             // the byte before, in a string, was a backslash
}

// notNumbers are numbers that JSON does not have.
var notNumbers = [...]string{"NaN", "Infinity", "-Infinity"}

// notable are the bytes that mean something, or may need mending, outside a string
// and within one.
var notable = func() (out [2][256]bool) {
	for _, b := range []byte(`"NI-`) {
		out[0][b] = true
	}
	for _, b := range []byte(`"\\`) {
		out[1][b] = true
	}
	for b := range byte(' ') {
		out[1][b] = true // control characters
	}
	for b := range 0x80 {
		out[0][0x80|b], out[1][0x80|b] = true, true // beyond ASCII
	}
	return out
}()

// Reset implements transform.Transformer.
func (m *mender) Reset() { m.inText, m.escaped = false, false }

// Transform implements transform.Transformer.
func (m *mender) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if n := copy(dst[nDst:], src[nSrc:][:m.countPlain(src[nSrc:])]); n > 0 {
			nDst, nSrc = nDst+n, nSrc+n
			continue
		}
		out, took, err := m.mendNext(src[nSrc:], atEOF)
		if err != nil {
			return nDst, nSrc, err
		}
		if len(out) > len(dst[nDst:]) {
			return nDst, nSrc, transform.ErrShortDst
		}
		m.trackText(src[nSrc])
		nDst += copy(dst[nDst:], out)
		nSrc += took
	}
	return nDst, nSrc, nil
}

// countPlain is how many bytes from here stand for themselves.
func (m *mender) countPlain(src []byte) int {
	if m.escaped {
		return 0
	}
	table := &notable[0]
	if m.inText {
		table = &notable[1]
	}
	for i, b := range src {
		if table[b] {
			return i
		}
	}
	return len(src)
}

// mendNext returns what stands for the character at hand, and the length of what it
// stands for.
func (m *mender) mendNext(src []byte, atEOF bool) (out []byte, took int, err error) {
	b := src[0]
	if b >= utf8.RuneSelf {
		return m.mendCharacter(src, atEOF)
	}
	if m.inText {
		if b < ' ' {
			return []byte{'\\', 'u', '0', '0', "0123456789abcdef"[b>>4], "0123456789abcdef"[b&15]}, 1, nil
		}
		return src[:1], 1, nil
	}
	for _, word := range notNumbers {
		head := src[:min(len(src), len(word))]
		if !strings.HasPrefix(word, string(head)) {
			continue
		}
		if len(head) == len(word) {
			return []byte("null"), len(word), nil
		}
		if !atEOF {
			return nil, 0, transform.ErrShortSrc
		}
	}
	return src[:1], 1, nil
}

// mendCharacter converts one character beyond ASCII.
func (m *mender) mendCharacter(src []byte, atEOF bool) ([]byte, int, error) {
	if !atEOF && !utf8.FullRune(src) {
		return nil, 0, transform.ErrShortSrc
	}
	if r, n := utf8.DecodeRune(src); r != utf8.RuneError || n > 1 {
		return src[:n], n, nil
	}
	if m.narrow == nil {
		return nil, 0, errNotUTF8
	}
	return utf8.AppendRune(nil, m.narrow.DecodeByte(src[0])), 1, nil
}

// trackText keeps track of where strings begin and end.
func (m *mender) trackText(b byte) {
	after := m.escaped
	m.escaped = m.inText && b == '\\' && !after
	if b == '"' && !after {
		m.inText = !m.inText
	}
}
