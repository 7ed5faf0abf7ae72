package simulator

import (
	"slices"
	"strconv"
	"strings"
)

// source is what a filter is applied to: the value of a field as text. An
// empty text is null.
type source func(field string) string

// matchRecord reports whether a record passes.
func (f *filter) matchRecord(get source, caseMatters bool) bool {
	switch f.op {
	case "and":
		return f.left.matchRecord(get, caseMatters) && f.right.matchRecord(get, caseMatters)
	case "or":
		return f.left.matchRecord(get, caseMatters) || f.right.matchRecord(get, caseMatters)
	case "not":
		return !f.left.matchRecord(get, caseMatters)
	case "is":
		return get(f.field) == ""
	}
	value := get(f.field)
	equal := strings.EqualFold
	if caseMatters {
		equal = func(a, b string) bool { return a == b }
	}
	switch f.op {
	case "eq", "in":
		return slices.ContainsFunc(f.values, func(v string) bool { return equal(value, v) })
	case "ne":
		return !equal(value, f.values[0])
	case "like":
		return matchPattern(value, f.values[0], caseMatters)
	case "between":
		return compareValues(value, f.values[0]) >= 0 && compareValues(value, f.values[1]) <= 0
	case "gt":
		return compareValues(value, f.values[0]) > 0
	case "gte":
		return compareValues(value, f.values[0]) >= 0
	case "lt":
		return compareValues(value, f.values[0]) < 0
	}
	return compareValues(value, f.values[0]) <= 0
}

// compareValues compares numbers as numbers, everything else as text.
func compareValues(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	}
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// matchPattern matches a pattern in which % stands for any text.
func matchPattern(value, pattern string, caseMatters bool) bool {
	if !caseMatters {
		value, pattern = strings.ToLower(value), strings.ToLower(pattern)
	}
	parts := strings.Split(pattern, "%")
	if len(parts) == 1 {
		return value == pattern
	}
	if !strings.HasPrefix(value, parts[0]) {
		return false
	}
	value = value[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(value, part)
		if at < 0 {
			return false
		}
		value = value[at+len(part):]
	}
	return strings.HasSuffix(value, last)
}

// findCandidates gives the numbers of all records that may pass, by the indexes
// that there are; false when every record must be looked at.
func (f *filter) findCandidates(find func(field, value string) ([]int, bool)) ([]int, bool) {
	switch f.op {
	case "and":
		if left, ok := f.left.findCandidates(find); ok {
			return left, true
		}
		return f.right.findCandidates(find)
	case "or":
		left, ok := f.left.findCandidates(find)
		if !ok {
			return nil, false
		}
		right, ok := f.right.findCandidates(find)
		return append(left, right...), ok
	case "eq", "in":
		var out []int
		for _, v := range f.values {
			found, ok := find(f.field, v)
			if !ok {
				return nil, false
			}
			out = append(out, found...)
		}
		return out, true
	}
	return nil, false
}

// selectRecords gives the numbers of the records that pass a filter, ascending;
// with no filter all of them.
func selectRecords(f *filter, count int, find func(field, value string) ([]int, bool), pass func(n int) bool) []int {
	var out []int
	if f != nil {
		if found, ok := f.findCandidates(find); ok {
			slices.Sort(found)
			for _, n := range slices.Compact(found) {
				if pass(n) {
					out = append(out, n)
				}
			}
			return out
		}
	}
	for n := range count {
		if f == nil || pass(n) {
			out = append(out, n)
		}
	}
	return out
}
