package saved

import (
	"slices"
	"strings"

	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// pick leaves of a sheet the columns that are asked for, in that order; with
// none asked for, all.
func pick(heading sheet.Sheet, rows Rows, keys []string) (sheet.Sheet, Rows, error) {
	if len(keys) == 0 {
		return heading, rows, nil
	}
	at := make([]int, len(keys))
	columns := make([]sheet.Column, len(keys))
	for i, key := range keys {
		at[i] = slices.IndexFunc(heading.Columns, func(c sheet.Column) bool { return c.Key == key })
		if at[i] < 0 {
			return heading, rows, &query.OptionError{Option: "columns", Value: key, Problem: "use " + names(heading.Columns)}
		}
		if slices.Contains(keys[:i], key) {
			return heading, rows, &query.OptionError{Option: "columns", Value: key, Problem: "it is there twice"}
		}
		columns[i] = heading.Columns[at[i]]
	}
	heading.Columns = columns
	return heading, func(yield func(sheet.Row, error) bool) {
		some := make(sheet.Row, len(at))
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, from := range at {
				some[i] = row[from]
			}
			if !yield(some, nil) {
				return
			}
		}
	}, nil
}

func names(columns []sheet.Column) string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = c.Key
	}
	return strings.Join(keys, ", ")
}
