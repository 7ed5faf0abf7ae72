package query

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"defendersync/internal/saas"
)

// sortKey is a key that answers can be sorted by.
type sortKey[T any] struct {
	name    string
	desc    bool // the direction by default
	compare func(a, b T) int
}

// parseOrder reads sort keys such as "active:desc,name". It returns a func that
// compares by them, their names, and what is wrong with them.
func parseOrder[T any](text string, keys []sortKey[T]) (compare func(a, b T) int, used []string, wrong OptionErrors) {
	var steps []func(a, b T) int
	for _, part := range strings.Split(text, ",") {
		name, direction, given := strings.Cut(strings.ToLower(strings.TrimSpace(part)), ":")
		at := slices.IndexFunc(keys, func(k sortKey[T]) bool { return k.name == name })
		if at < 0 {
			wrong.addError("sort", part, "use "+orderNames(keys)+", each optionally with :asc or :desc")
			continue
		}
		desc := keys[at].desc
		switch {
		case given && direction == "asc", given && direction == "desc":
			desc = direction == "desc"
		case given:
			wrong.addError("sort", part, "the direction is :asc or :desc")
			continue
		}
		step := keys[at].compare
		if desc {
			step = func(a, b T) int { return keys[at].compare(b, a) }
		}
		steps, used = append(steps, step), append(used, name)
	}
	return func(a, b T) int {
		for _, step := range steps {
			if c := step(a, b); c != 0 {
				return c
			}
		}
		return 0
	}, used, wrong
}

func orderNames[T any](keys []sortKey[T]) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// compareText compares texts whatever their case, then by their bytes.
func compareText(a, b string) int {
	if c := strings.Compare(saas.Fold(a), saas.Fold(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func compareTime(a, b time.Time) int { return a.Compare(b) }

// byText makes a sort key of a text field. byTime and byNumber do so of others, which
// are sorted in descending order by default.
func byText[T any](name string, of func(T) string) sortKey[T] {
	return sortKey[T]{name, false, func(a, b T) int { return compareText(of(a), of(b)) }}
}

func byTime[T any](name string, of func(T) time.Time) sortKey[T] {
	return sortKey[T]{name, true, func(a, b T) int { return compareTime(of(a), of(b)) }}
}

func byNumber[T any, N cmp.Ordered](name string, of func(T) N) sortKey[T] {
	return sortKey[T]{name, true, func(a, b T) int { return cmp.Compare(of(a), of(b)) }}
}
