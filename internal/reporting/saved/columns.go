package saved

import (
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// checkColumns finds what is wrong with the columns that are asked for.
func checkColumns(columns []sheet.Column, keys []string) (wrong query.OptionErrors) {
	for _, e := range sheet.CheckColumns(columns, keys) {
		wrong = append(wrong, &query.OptionError{Option: "columns", Value: e.Asked, Problem: e.Problem})
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
	heading, rows = sheet.PickColumns(heading, rows, keys)
	return heading, rows, nil
}
