package query

import (
	"iter"
	"time"

	"defendersync/internal/reporting/sheet"
)

// Rows are the rows of an answer, as they come. They end at the first error,
// and are read anew each time they are gone through.
type Rows = iter.Seq2[sheet.Row, error]

// column is a column of a sheet and where its values come from.
type column[T any] struct {
	key, title string
	kind       sheet.Kind
	width      int
	value      func(T) any
}

func sheetOf[T any](title string, columns []column[T], about []sheet.Fact) sheet.Sheet {
	return sheet.Sheet{Title: title, About: about, Columns: sheetColumns(columns)}
}

func sheetColumns[T any](columns []column[T]) (out []sheet.Column) {
	for _, c := range columns {
		out = append(out, sheet.Column{Key: c.key, Title: c.title, Kind: c.kind, Width: c.width})
	}
	return out
}

// rowsOf turns an answer that is held in memory into rows. It is read when the
// rows are asked for.
func rowsOf[T any](columns []column[T], read func() ([]T, error)) Rows {
	return rowsOfStream(columns, func(yield func(T, error) bool) {
		all, err := read()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, item := range all {
			if !yield(item, nil) {
				return
			}
		}
	})
}

// rowsOfStream turns an answer into rows as it comes. A row is good until the
// next one.
func rowsOfStream[T any](columns []column[T], items iter.Seq2[T, error]) Rows {
	return func(yield func(sheet.Row, error) bool) {
		row := make(sheet.Row, len(columns))
		for item, err := range items {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, c := range columns {
				row[i] = c.value(item)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// The names of facts that say nothing of what was asked for.
const (
	FactSource  = "Read from"
	FactAt      = "At"
	FactOrder   = "Sorted by"
	FactRows    = "Rows"
	FactLive    = "Live from Defender"
	FactMeaning = "Active users"
)

// aboutFacts says what was asked, of whom and when.
func (s Source) aboutFacts(facts ...sheet.Fact) []sheet.Fact {
	return append([]sheet.Fact{
		{Name: FactSource, Value: "Oomnitza, as it was at that moment"},
		{Name: FactAt, Value: s.now().UTC().Format(time.DateTime) + " UTC"},
	}, facts...)
}
