package sheet

import (
	"iter"
	"slices"
	"strings"

	"defendersync/internal/suggest"
)

// ColumnError is a column that was asked for and can't be shown.
type ColumnError struct {
	Asked   string // as it was asked for
	Problem string // what to do instead
}

func (e *ColumnError) Error() string { return e.Asked + ": " + e.Problem }

// CheckColumns finds everything that is wrong with the columns that are asked for by
// their keys or titles, whatever the case.
func CheckColumns(columns []Column, keys []string) (wrong []*ColumnError) {
	seen := map[int]bool{}
	for _, key := range keys {
		at := findColumn(columns, key)
		switch {
		case at < 0:
			wrong = append(wrong, &ColumnError{key, explainNoColumn(columns, key)})
		case seen[at]:
			wrong = append(wrong, &ColumnError{key, "it is listed twice"})
		}
		seen[at] = true
	}
	return wrong
}

// HasColumn reports whether there is a column with a key, whatever the case.
func HasColumn(columns []Column, key string) bool { return findKey(columns, key) >= 0 }

// KeyOf returns the key of the column that is asked for by its key or title; "" if there
// is none.
func KeyOf(columns []Column, asked string) string {
	if at := findColumn(columns, asked); at >= 0 {
		return columns[at].Key
	}
	return ""
}

// findColumn finds a column by its key, or else by its title where only one has it.
func findColumn(columns []Column, asked string) int {
	if at := findKey(columns, asked); at >= 0 {
		return at
	}
	found := -1
	for i, c := range columns {
		switch {
		case !strings.EqualFold(c.Title, asked):
		case found >= 0:
			return -1
		default:
			found = i
		}
	}
	return found
}

func findKey(columns []Column, key string) int {
	return slices.IndexFunc(columns, func(c Column) bool { return strings.EqualFold(c.Key, key) })
}

// explainNoColumn names the columns there are, and first the one that may be meant.
func explainNoColumn(columns []Column, key string) string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = c.Key
	}
	text := "use " + strings.Join(keys, ", ")
	if near := suggest.FindNearest(key, slices.Values(keys), 1); len(near) > 0 {
		text = "did you mean " + near[0] + "? " + text
	}
	return text
}

// PickColumns reduces a sheet to the columns that are asked for, in that order, which
// every format then has. The
// keys have to be right: see CheckColumns.
func PickColumns(s Sheet, rows iter.Seq2[Row, error], keys []string) (Sheet, iter.Seq2[Row, error]) {
	at := make([]int, len(keys))
	columns := make([]Column, len(keys))
	for i, key := range keys {
		at[i] = findColumn(s.Columns, key)
		columns[i] = s.Columns[at[i]]
		columns[i].Hidden = false
	}
	s.Columns, s.Chosen = columns, true
	return s, func(yield func(Row, error) bool) {
		picked := make(Row, len(at))
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, from := range at {
				picked[i] = row[from]
			}
			if !yield(picked, nil) {
				return
			}
		}
	}
}
