package httpx

import (
	"errors"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

func TestMendingChangesOnlyWhatNoParserTakes(t *testing.T) {
	for text, want := range map[string]string{
		`[NaN,Infinity,-Infinity]`:      `[null,null,null]`,
		`["NaN","-Infinity",-1,-Inf,N]`: `["NaN","-Infinity",-1,-Inf,N]`,
		"[\"a\x00b\x1fc d\x7f\"]":       "[\"a\\u0000b\\u001fc d\x7f\"]",
		"[\n\t1\x01]":                   "[\n\t1\x01]",
		`["\\","\"",NaN,"\\\"NaN"]`:     `["\\","\"",null,"\\\"NaN"]`,
		`["\ NaN"]`:                     `["\ NaN"]`,
		`\"NaN"`:                        `\"NaN"`,
		"\"\x80\"":                      `"€"`,
		"\x80\xff":                      "€ÿ",
		"\"ä\ufffd\"":                   "\"ä\ufffd\"",
	} {
		for size := 1; size <= len(text); size++ { // in pieces of any size
			m := &mender{narrow: charmap.Windows1252}
			got, err := mendInPieces(m, text, size)
			if err != nil || got != want {
				t.Errorf("%q in pieces of %d is %q, %v, want %q", text, size, got, err, want)
			}
		}
	}
}

// mendInPieces gives a text to a mender as a reader would: so many bytes at a time,
// more where it asks for more, with just the room that it needs.
func mendInPieces(m *mender, text string, size int) (string, error) {
	var out []byte
	for from, end := 0, min(size, len(text)); from < len(text); {
		for room := 0; ; room++ {
			dst := make([]byte, room)
			nDst, nSrc, err := m.Transform(dst, []byte(text[from:end]), end == len(text))
			out = append(out, dst[:nDst]...)
			from += nSrc
			if nSrc > 0 || err == nil {
				break
			}
			if errors.Is(err, transform.ErrShortSrc) && end < len(text) {
				end++
				room--
				continue
			}
			if !errors.Is(err, transform.ErrShortDst) || room > 6 {
				return string(out), err
			}
		}
		end = min(max(end, from+size), len(text))
	}
	return string(out), nil
}

func TestMendingNeedsNoMoreRoomThanWhatItWrites(t *testing.T) {
	m := &mender{}
	if nDst, nSrc, err := m.Transform(make([]byte, 4), []byte("NaN"), true); nDst != 4 || nSrc != 3 || err != nil {
		t.Errorf("%d bytes of %d, %v", nDst, nSrc, err)
	}
	if _, nSrc, err := m.Transform(make([]byte, 3), []byte("NaN"), true); nSrc != 0 || !errors.Is(err, transform.ErrShortDst) {
		t.Errorf("%d bytes without the room for them, %v", nSrc, err)
	}
	if nDst, nSrc, err := m.Transform(make([]byte, 3), []byte("Na"), true); nDst != 2 || nSrc != 2 || err != nil {
		t.Errorf("the end of a text that begins like a number: %d, %d, %v", nDst, nSrc, err)
	}
	if nDst, nSrc, err := m.Transform(make([]byte, 3), []byte("1Na"), false); nDst != 1 || nSrc != 1 || !errors.Is(err, transform.ErrShortSrc) {
		t.Errorf("a text that may go on as a number: %d, %d, %v", nDst, nSrc, err)
	}
}

func TestAMenderCanBeginAnew(t *testing.T) {
	m := &mender{}
	_, _, _ = m.Transform(make([]byte, 9), []byte(`"\`), true)
	m.Reset()
	if got, err := mendInPieces(m, `NaN`, 3); got != "null" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
