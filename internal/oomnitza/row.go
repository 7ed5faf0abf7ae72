package oomnitza

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strings"

	"defendersync/internal/httpx"
)

// row is an object as it came: its fields in their order, as parts of the
// answer. Values are decoded leniently, since what is documented as a number may
// come as text and the other way round. The last of a repeated field counts.
type row []rowField

type rowField struct{ name, value []byte }

// usualFields is how many fields a row has, about.
const usualFields = 16

// parseRow takes an object apart, into the space of a row that is no longer
// needed. Errors are those of httpx.ReadFields; null is a row of no fields.
func parseRow(into row, object []byte) (row, error) {
	if string(bytes.TrimSpace(object)) == "null" {
		return nil, nil
	}
	r := into[:0]
	err := httpx.ReadFields(object, func(name, value []byte) { r = append(r, rowField{name, value}) })
	if err != nil {
		return nil, err
	}
	return r, nil
}

// rawValue is the value of a field; nil where there is no such field.
func (r row) rawValue(key string) []byte {
	for _, f := range slices.Backward(r) {
		if string(f.name) == key {
			return f.value
		}
	}
	return nil
}

// hasField reports whether there is a field of that name.
func (r row) hasField(key string) bool { return r.rawValue(key) != nil }

// findText is the first of the keys that holds something, as text.
func (r row) findText(keys ...string) string {
	for _, key := range keys {
		if s := textOf(r.rawValue(key)); s != "" {
			return s
		}
	}
	return ""
}

// findNumber is the value as a whole number; 0 where it is none.
func (r row) findNumber(key string) int {
	n, _ := numberOf(textOf(r.rawValue(key)))
	if math.Abs(n) > math.MaxInt32 {
		return 0
	}
	return int(n)
}

// findTruth is the value as yes or no: true, 1 and "true" are yes.
func (r row) findTruth(key string) bool {
	switch strings.ToLower(textOf(r.rawValue(key))) {
	case "true", "1", "yes":
		return true
	}
	return false
}

// listKeys are the row's keys, sorted, for errors; bounded.
func (r row) listKeys() string {
	const most = 30
	seen := make(map[string]bool, len(r))
	for _, f := range r {
		seen[string(f.name)] = true
	}
	names := slices.Sorted(maps.Keys(seen))
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
