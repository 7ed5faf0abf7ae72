package defender

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The functions below walk JSON that json.Valid has accepted, and pick out
// pieces without building values of the rest: rows come by the ten thousand a
// second, and most of each is of no interest.

// eachField calls visit for every field of an object, in order; false when raw
// isn't an object. The slices belong to raw.
func eachField(raw []byte, visit func(key, value []byte)) bool {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return false
	}
	for i = skipSpace(raw, i+1); raw[i] != '}'; {
		end := valueEnd(raw, i)
		key := plainKey(raw[i:end])
		i = skipSpace(raw, skipSpace(raw, end)+1) // the colon
		end = valueEnd(raw, i)
		visit(key, raw[i:end])
		i = next(raw, end)
	}
	return true
}

// eachItem calls visit for every item of an array; false when raw isn't one.
func eachItem(raw []byte, visit func(item []byte)) bool {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '[' {
		return false
	}
	for i = skipSpace(raw, i+1); raw[i] != ']'; {
		end := valueEnd(raw, i)
		visit(raw[i:end])
		i = next(raw, end)
	}
	return true
}

// next is the beginning of what follows a value: past the comma, or at the
// bracket that ends the list.
func next(raw []byte, end int) int {
	i := skipSpace(raw, end)
	if raw[i] == ',' {
		i = skipSpace(raw, i+1)
	}
	return i
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// valueEnd is the end of the value that begins at i.
func valueEnd(raw []byte, i int) int {
	switch raw[i] {
	case '"':
		return stringEnd(raw, i)
	case '{', '[':
		depth := 0
		for ; ; i++ {
			switch raw[i] {
			case '"':
				i = stringEnd(raw, i) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for ; i < len(raw); i++ {
		switch raw[i] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return i
		}
	}
	return i
}

// stringEnd is the end of the string whose opening quote is at i.
func stringEnd(raw []byte, i int) int {
	for i++; raw[i] != '"'; i++ {
		if raw[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// plainKey is a key without its quotes and escapes.
func plainKey(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	s, _ := rawString(quoted)
	return []byte(s)
}

func isNull(raw []byte) bool { return string(raw) == "null" }

// rawString decodes a string; ok is false for any other value.
func rawString(raw []byte) (s string, ok bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner), true
	}
	err := json.Unmarshal(raw, &s)
	return s, err == nil
}

// digits gives the text of a number, or of a string that holds one.
func digits(raw []byte) string {
	if len(raw) > 0 && raw[0] == '"' {
		s, _ := rawString(raw)
		return strings.TrimSpace(s)
	}
	return string(raw)
}

// rawNumber decodes a number, or a string that holds one.
func rawNumber(raw []byte) (float64, bool) {
	if len(raw) == 0 || raw[0] != '"' && raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(digits(raw), 64)
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

// blank reports whether a string shows nothing.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
