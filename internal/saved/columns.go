package saved

import (
	"slices"
	"strings"

	"defendersync/internal/questions"
	"defendersync/internal/report"
)

// pick leaves of a sheet the columns that are asked for, in that order; with
// none asked for, all.
func pick(sheet report.Sheet, rows Rows, keys []string) (report.Sheet, Rows, error) {
	if len(keys) == 0 {
		return sheet, rows, nil
	}
	at := make([]int, len(keys))
	columns := make([]report.Column, len(keys))
	for i, key := range keys {
		at[i] = slices.IndexFunc(sheet.Columns, func(c report.Column) bool { return c.Key == key })
		if at[i] < 0 {
			return sheet, rows, &questions.OptionError{Option: "columns", Value: key, Problem: "use " + names(sheet.Columns)}
		}
		if slices.Contains(keys[:i], key) {
			return sheet, rows, &questions.OptionError{Option: "columns", Value: key, Problem: "it is there twice"}
		}
		columns[i] = sheet.Columns[at[i]]
	}
	sheet.Columns = columns
	return sheet, func(yield func(report.Row, error) bool) {
		some := make(report.Row, len(at))
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

func names(columns []report.Column) string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		keys[i] = c.Key
	}
	return strings.Join(keys, ", ")
}
