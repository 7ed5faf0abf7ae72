package oomnitza

import (
	"math"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/httpx"
)

// textOf reads text, a number or a boolean as text; anything else, null
// included, is "".
func textOf(raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	if text, ok := httpx.UnquoteText(raw); ok {
		return text
	}
	switch raw[0] {
	case '"', '{', '[', 'n':
		return ""
	}
	return string(raw)
}

func numberOf(s string) (float64, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// timeOf reads a time told in Unix seconds or milliseconds or in ISO 8601,
// whose zone is UTC whatever it says [DOC OpenAPI]; zero where it is none.
func timeOf(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	if n, ok := numberOf(s); ok {
		return unixTime(n)
	}
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if len(s) < len(layout) {
			continue
		}
		if t, err := time.Parse(layout, s[:len(layout)]); err == nil {
			return t
		}
	}
	return time.Time{}
}

func unixTime(n float64) time.Time {
	if n >= milliseconds {
		n /= 1000
	}
	if n <= 0 || n >= milliseconds {
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC()
}
