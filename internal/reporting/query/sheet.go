package query

import (
	"iter"

	"defendersync/internal/moment"
	"defendersync/internal/reporting/sheet"
)

// Rows are the rows of an answer. They end at the first error, and are read anew each
// time they are iterated.
type Rows = iter.Seq2[sheet.Row, error]

// column is a column of a sheet and the source of its values.
type column[T any] struct {
	key, title string
	kind       sheet.Kind
	width      int
	value      func(T) any
}

// ranks say what a narrow terminal leaves out first, by the columns' keys: first what
// stands elsewhere or is the same in most rows, last what was asked for.
var ranks = map[string]int{
	"user": sheet.Always, "activeUsers": 1, "status": 1, "risk": 1, "tag": 1, "users": 2, "apps": 2, "lastActivity": 2,
	"live": 3, "website": 3, "domains": 3, "category": 4, "appNames": 4, "name": 4, "appsSince": 5, "lastSeen": 5,
	"appRole": 6, "role": 7, "createdBy": 8, "email": 9,
}

func sheetOf[T any](title string, columns []column[T], about []sheet.Fact) sheet.Sheet {
	return sheet.Sheet{Title: title, About: about, Columns: sheetColumns(columns)}
}

func sheetColumns[T any](columns []column[T]) (out []sheet.Column) {
	for _, c := range columns {
		out = append(out, sheet.Column{Key: c.key, Title: c.title, Kind: c.kind, Width: c.width, Rank: ranks[c.key]})
	}
	return out
}

// rowsOf makes rows of an answer that is held in memory. The answer is read when the
// rows are iterated.
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

// rowsOfStream makes rows of an answer as it is read. A row is valid until the next
// one.
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

// Names of facts that several answers have.
const (
	factLive   = "Live from Defender"
	factActive = "Active users"
)

// aboutFacts says when the answer was read, and then what was asked.
func (s Source) aboutFacts(facts ...sheet.Fact) []sheet.Fact {
	return append([]sheet.Fact{
		{Name: "Source", Value: "Oomnitza, live"},
		{Name: "Read at", Value: moment.FormatSecond(s.now(), s.Policy.Zone())},
	}, facts...)
}

// filter is a fact that says which rows were asked for.
func filter(name, value string) sheet.Fact {
	return sheet.Fact{Name: name, Value: value, Filter: true}
}
