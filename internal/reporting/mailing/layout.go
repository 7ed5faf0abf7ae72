package mailing

import (
	"slices"

	"defendersync/internal/reporting/sheet"
)

// phoneColumns is how many columns of a table a phone shows.
const phoneColumns = 3

// layout says which columns of a report the table in a mail has.
type layout struct {
	columns []sheet.Column
	shown   []int       // their places
	links   []bodyValue // to what all rows are about
}

// layOut chooses the columns: those that tables have, less those that may be left out first
// and those that have nothing in the rows. Pages are what cells lead to. Where the table
// lacks what pages are about, they have one column, or are links above the table if all
// rows have the same.
func layOut(columns []sheet.Column, rows []sheet.Row) layout {
	l := layout{columns: columns}
	var pages []int
	for i, c := range columns {
		switch {
		case c.Kind == sheet.ID, c.Blank, c.Hidden, c.Kind == sheet.Page && c.Of != "" && sheet.HasColumn(columns, c.Of):
		case c.Kind == sheet.Page:
			if link := findCommon(rows, i); link != "" {
				l.links = append(l.links, bodyValue{Text: c.Title, Link: link})
			} else {
				pages = append(pages, i)
			}
		default:
			l.shown = append(l.shown, i)
		}
	}
	pages = pages[:min(len(pages), 1)]
	for len(l.shown)+len(pages) > bodyColumns {
		out := len(l.shown) - 1
		for i := len(l.shown) - 1; i > 0; i-- {
			if columns[l.shown[i]].Rank > columns[l.shown[out]].Rank {
				out = i
			}
		}
		l.shown = slices.Delete(l.shown, out, out+1)
	}
	first := l.shown[:min(len(l.shown), 1)]
	rest := slices.DeleteFunc(l.shown[len(first):], func(i int) bool { return isEmpty(rows, i) })
	l.shown = slices.Concat(first, rest, pages)
	return l
}

// isMinor reports whether a phone leaves out the column that stands i-th in the table: it
// shows the first one, and those that a narrow terminal would keep.
func (l layout) isMinor(i int) bool {
	before := 0
	for j, at := range l.shown {
		if j > 0 && (l.rank(at) < l.rank(l.shown[i]) || l.rank(at) == l.rank(l.shown[i]) && j < i) {
			before++
		}
	}
	return i > 0 && before >= phoneColumns-1
}

// rank is that of a column, with links last.
func (l layout) rank(at int) int {
	if l.columns[at].Kind == sheet.Page {
		return bodyColumns + 100
	}
	return l.columns[at].Rank
}

// findPage returns the place of the column with the pages about another one's values, the
// first of several; -1: there is none.
func (l layout) findPage(key string) int {
	return slices.IndexFunc(l.columns, func(c sheet.Column) bool {
		return c.Kind == sheet.Page && c.Of != "" && c.Of == key && !c.Blank
	})
}

// findCommon returns the address that all rows have in a column; "": they differ, or have
// none.
func findCommon(rows []sheet.Row, at int) string {
	if len(rows) == 0 {
		return ""
	}
	link := addressOf(rows[0][at])
	if slices.ContainsFunc(rows, func(r sheet.Row) bool { return addressOf(r[at]) != link }) {
		return ""
	}
	return link
}

// isEmpty reports whether no row has something in a column.
func isEmpty(rows []sheet.Row, at int) bool {
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(r sheet.Row) bool { return sheet.FormatCell(r[at], sheet.Text, nil) != "" })
}
