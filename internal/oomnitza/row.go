package oomnitza

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/httpx"
)

// row is an object as it came. Values are decoded leniently, since what is
// documented as a number may come as text and the other way round.
type row map[string]json.RawMessage

// text is the first of the keys that holds something, as text.
func (r row) text(keys ...string) string {
	for _, key := range keys {
		if s := textOf(r[key]); s != "" {
			return s
		}
	}
	return ""
}

// number is the value as a whole number; 0 where it is none.
func (r row) number(key string) int {
	n, _ := numberOf(textOf(r[key]))
	if math.Abs(n) > math.MaxInt32 {
		return 0
	}
	return int(n)
}

// truth is the value as yes or no: true, 1 and "true" are yes.
func (r row) truth(key string) bool {
	switch strings.ToLower(textOf(r[key])) {
	case "true", "1", "yes":
		return true
	}
	return false
}

// keys are the row's keys, sorted, for errors; bounded.
func (r row) keys() string {
	const most = 30
	names := slices.Sorted(maps.Keys(r))
	if len(names) == 0 {
		return "none"
	}
	rest := ""
	if len(names) > most {
		names, rest = names[:most], ", …"
	}
	for i, n := range names {
		names[i] = httpx.Clip(n)
	}
	return strings.Join(names, ", ") + rest
}

// textOf reads text, a number or a boolean as text; anything else, null
// included, is "".
func textOf(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		if len(raw) < 2 {
			return ""
		}
		if inner := raw[1 : len(raw)-1]; plain(inner) {
			return string(inner)
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// plain reports whether the inside of a JSON string stands for itself.
func plain(b []byte) bool {
	for _, c := range b {
		if c == '\\' || c < 0x20 || c >= 0x80 {
			return false
		}
	}
	return true
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

// decodeRows reads the answer to a list: an array of objects. An object in its
// place is an error that came with a 200, or a shape that we don't know.
func decodeRows(op string, body []byte) ([]row, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		return nil, objectForList(op, body)
	}
	if err := httpx.CheckRows(body, pageSize, maxRows); err != nil {
		return nil, err
	}
	var rows []row
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, err
	}
	if rows == nil {
		return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Message: "null came where a list was expected"}
	}
	return rows, nil
}

// objectForList is the error of an object that came where a list belongs.
func objectForList(op string, body []byte) error {
	obj, err := decodeRow(body)
	if err != nil {
		return err
	}
	if told := obj.failure(op, body); told != nil {
		return told
	}
	return contractError(op, "an object came where a list was expected", obj)
}

// decodeRow reads an answer that is one object.
func decodeRow(body []byte) (row, error) {
	var obj row
	if err := json.Unmarshal(body, &obj); err != nil {
		return nil, err
	}
	return obj, nil
}

// failure is the error that an answer of 200 tells of; nil when it tells none.
func (r row) failure(op string, body []byte) error {
	for _, key := range failureKeys {
		if !blank(r[key]) {
			return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindRefused, Status: 200, Message: httpx.Message(body)}
		}
	}
	return nil
}

// blank reports whether a value holds nothing that could be an error.
func blank(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", `""`, "[]", "{}", "false", "0":
		return true
	}
	return false
}

// contractError is the error of a shape that we don't know.
func contractError(op, what string, seen row) error {
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Looks: httpx.OddLooks, Message: fmt.Sprintf("%s; keys seen: %s", what, seen.keys()),
		Hint: "the tenant's API differs from what defendersync knows"}
}
