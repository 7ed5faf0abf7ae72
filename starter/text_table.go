package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"defendersync/internal/reporting/sheet"
)

// textTable is a table that a command prints beside other text.
type textTable struct {
	columns []sheet.Column
	rows    []sheet.Row
}

// keepFirst reduces a table to its first columns.
func (t textTable) keepFirst(n int) textTable {
	few := textTable{columns: t.columns[:n]}
	for _, row := range t.rows {
		few.rows = append(few.rows, row[:n])
	}
	return few
}

// tableKeys are the keys that --columns names, of a command that prints tables with these
// columns in between; nil: none are named. Other formats than tables have all there is.
func tableKeys(ctx *cli.Context, format string, columns ...sheet.Column) ([]string, error) {
	keys, given, err := columnKeys(ctx, columns)
	if err == nil && given && format != string(sheet.Table) {
		err = usageError(fmt.Errorf("--columns can't be combined with --output %s, which has all there is", format))
	}
	return keys, err
}

// printTable prints a table under a title, with those of its columns that keys name or,
// where these are nil, with all that the terminal has room for. It prints nothing if keys
// name none of them.
func (c commands) printTable(ctx context.Context, title string, t textTable, keys []string, zone *time.Location) error {
	heading := sheet.Sheet{Title: title, Columns: t.columns}
	rows := func(yield func(sheet.Row, error) bool) {
		for _, row := range t.rows {
			if !yield(row, nil) {
				return
			}
		}
	}
	o := sheet.Options{Color: c.usesColour(), Width: c.terminal.width, AllColumns: keys != nil, Notes: c.errForPeople(), NoCount: true, Location: zone}
	if keys != nil {
		keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return !sheet.HasColumn(t.columns, key) })
		if len(keys) == 0 {
			return nil
		}
		picked, few := sheet.PickColumns(heading, rows, keys)
		heading, rows = picked, few
	}
	fmt.Fprint(c.out, title)
	_, err := sheet.WriteRows(ctx, rows, sheet.Destination{Out: c.out}, sheet.Table, heading, o, nil)
	return err
}
