package saved

import (
	"slices"
	"strings"

	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// checkColumns finds what is wrong with the columns that are asked for.
func checkColumns(columns []sheet.Column, keys []string) (wrong query.OptionErrors) {
	for i, key := range keys {
		switch {
		case columnIndex(columns, key) < 0:
			wrong = append(wrong, &query.OptionError{Option: "columns", Value: key, Problem: "use " + keysOf(columns)})
		case slices.Contains(keys[:i], key):
			wrong = append(wrong, &query.OptionError{Option: "columns", Value: key, Problem: "it is listed twice"})
		}
	}
	return wrong
}

// pickColumns reduces a sheet to the columns that are asked for, in that order;
// with none asked for, it keeps all.
func pickColumns(heading sheet.Sheet, rows Rows, keys []string) (sheet.Sheet, Rows, error) {
	if len(keys) == 0 {
		return heading, rows, nil
	}
	if wrong := checkColumns(heading.Columns, keys); len(wrong) > 0 {
		return heading, rows, wrong
	}
	at := make([]int, len(keys))
	columns := make([]sheet.Column, len(keys))
	for i, key := range keys {
		at[i] = columnIndex(heading.Columns, key)
		columns[i] = heading.Columns[at[i]]
	}
	heading.Columns, heading.Chosen = columns, true
	return heading, func(yield func(sheet.Row, error) bool) {
		picked := make(sheet.Row, len(at))
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
	}, nil
}

func columnIndex(columns []sheet.Column, key string) int {
	return slices.IndexFunc(columns, func(c sheet.Column) bool { return c.Key == key })
}

func keysOf(columns []sheet.Column) string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = c.Key
	}
	return strings.Join(keys, ", ")
}
