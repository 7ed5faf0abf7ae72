package oomnitza

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestScalarsAreReadAsText(t *testing.T) {
	for raw, want := range map[string]string{
		`"a"`: "a", `""`: "", `"a\"b"`: `a"b`, `"\u00e4"`: "ä", `"ä"`: "ä", `5`: "5", `-1.5`: "-1.5", `true`: "true", `false`: "false",
		`null`: "", `[]`: "", `{}`: "", ``: "", `12345678901234567890`: "12345678901234567890",
	} {
		if got := textOf([]byte(raw)); got != want {
			t.Errorf("%s is %q, want %q", raw, got, want)
		}
	}
}

func TestNumbersAndTruthAreReadLeniently(t *testing.T) {
	tests := []struct {
		raw    string
		number int
		truth  bool
	}{
		{`5`, 5, false}, {`"5"`, 5, false}, {`5.9`, 5, false}, {`"x"`, 0, false}, {`null`, 0, false}, {`1e300`, 0, false}, {`"NaN"`, 0, false},
		{`true`, 0, true}, {`"True"`, 0, true}, {`1`, 1, true}, {`"1"`, 1, true}, {`"yes"`, 0, true}, {`false`, 0, false}, {`0`, 0, false}, {`[1]`, 0, false},
	}
	for _, tt := range tests {
		r := row{{[]byte("x"), []byte(tt.raw)}}
		if n, b := r.findNumber("x"), r.findTruth("x"); n != tt.number || b != tt.truth {
			t.Errorf("%s is %d and %v, want %d and %v", tt.raw, n, b, tt.number, tt.truth)
		}
	}
}

func TestTimesAreReadLeniently(t *testing.T) {
	at := time.Unix(1795000000, 0).UTC()
	for text, want := range map[string]time.Time{
		"1795000000": at, "1795000000.9": at, "1795000000000": at, "1.795e9": at, "2026-11-18T11:06:40": at, "2026-11-18T11:06:40.123Z": at,
		"": {}, "0": {}, "-5": {}, "1e300": {}, "soon": {}, "2026-13-45": {}, "18.11.2026": {},
	} {
		if got := timeOf(text); !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func TestKeysSeenAreBounded(t *testing.T) {
	r := row{}
	for i := range 100 {
		r = append(r, rowField{fmt.Appendf(nil, "%02d%s", i, strings.Repeat("k", 500)), nil})
	}
	if got := r.listKeys(); len(got) > 30*220 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes of keys", len(got))
	}
}
