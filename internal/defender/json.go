package defender

import (
	"math"
	"strconv"
	"strings"

	"defendersync/internal/httpx"
)

func isNull(raw []byte) bool { return string(raw) == "null" }

// digitsOf gives the text of a number, or of a string that holds one.
func digitsOf(raw []byte) string {
	if len(raw) > 0 && raw[0] == '"' {
		s, _ := httpx.UnquoteText(raw)
		return strings.TrimSpace(s)
	}
	return string(raw)
}

// rawNumber decodes a number, or a string that holds one.
func rawNumber(raw []byte) (float64, bool) {
	if len(raw) == 0 || raw[0] != '"' && raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(digitsOf(raw), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// rawInt decodes a whole number that a float64 holds exactly, likewise.
func rawInt(raw []byte) (int, bool) {
	f, ok := rawNumber(raw)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int(f), true
}

// rawTrue reports whether a value is true, in JSON's way or by a number.
func rawTrue(raw []byte) bool {
	n, ok := rawInt(raw)
	return string(raw) == "true" || ok && n != 0
}

// isBlank reports whether a string shows nothing.
func isBlank(s string) bool { return strings.TrimSpace(s) == "" }

// innerJSON gives the object or list that a text is by itself.
func innerJSON(s string) (inner []byte, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || s[0] != '{' && s[0] != '[' {
		return nil, false
	}
	inner = []byte(s)
	return inner, httpx.IsJSON(inner)
}
