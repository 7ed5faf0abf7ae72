package saved

import (
	"slices"
	"strings"

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

// pickColumns reduces a sheet to the columns that are asked for, in that order; with
// none asked for, it keeps all. Hidden behind them are the pages about their values.
func pickColumns(heading sheet.Sheet, rows Rows, keys []string) (sheet.Sheet, Rows, error) {
	if len(keys) == 0 {
		return heading, rows, nil
	}
	if wrong := checkColumns(heading.Columns, keys); len(wrong) > 0 {
		return heading, rows, wrong
	}
	isChosen := func(key string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) })
	}
	all := slices.Clone(keys)
	for _, c := range heading.Columns {
		if c.Kind == sheet.Page && !c.Blank && isChosen(c.Of) && !isChosen(c.Key) {
			all = append(all, c.Key)
		}
	}
	heading, rows = sheet.PickColumns(heading, rows, all)
	for i := len(keys); i < len(all); i++ {
		heading.Columns[i].Hidden = true
	}
	return heading, rows, nil
}
