package defender

import (
	"slices"

	"defendersync/internal/httpx"
)

// column is the keys under which one piece of a row may stand, the likelier
// first. Keys are matched exactly, for they differ by case alone in some
// answers (Id and id [CODE M4]).
type column []string

// The columns of the tables in assumptions.go.
const (
	colID = iota
	colName
	colTime
	colCategory
	colScore
	colUsers
	colTag
	colVendor
	colWebsite
	colType
	colLogType
	colAnon
	colEntities
	colSnapshot
	colEvents
	colBytes
	colUploaded
	colDownloaded
	colAddresses
	colMachines
	columnCount
)

// These bound, in bytes, the texts that are taken out of rows: they
// travel through histories. An id that is longer can't be cut and is refused.
const (
	maxText      = 800 // a name: 200 characters of any alphabet
	maxShortText = 200 // what stands beside a name
	maxID        = 100
)

// columnTable is the columns of one kind of row.
type columnTable struct {
	keys   [columnCount]column
	first  [columnCount + 1]int   // the place of each column's first key among all keys
	places map[string]columnPlace // by key
}

type columnPlace struct{ column, place int }

func newColumnTable(keys [columnCount]column) *columnTable {
	t := &columnTable{keys: keys, places: map[string]columnPlace{}}
	place := 0
	for c, column := range keys {
		t.first[c] = place
		for _, key := range column {
			t.places[key] = columnPlace{c, place}
			place++
		}
	}
	t.first[columnCount] = place
	return t
}

// rowReader picks columns out of rows without building a map of each. It is for
// one goroutine; what it holds of a row is overwritten by the next.
type rowReader struct {
	*columnTable
	values [][]byte            // of the row at hand, by place
	named  [columnCount]bool   // columns whose key any row showed
	used   [columnCount]string // the key under which each column was first found
}

func newRowReader(table *columnTable) *rowReader {
	return &rowReader{columnTable: table, values: make([][]byte, table.first[columnCount])}
}

// readRow reads a row; false when it isn't an object.
func (r *rowReader) readRow(row []byte) bool {
	clear(r.values)
	return httpx.EachField(row, r.keepField)
}

// keepField takes in one field of the row at hand, if it is a column's.
func (r *rowReader) keepField(key, value []byte) {
	if at, known := r.places[string(key)]; known {
		r.values[at.place] = value
		r.named[at.column] = true
	}
}

// findValue gives a column's value: that of the likeliest key for which use says
// that it took it. A weak key counts only where no better one is there at all.
func (r *rowReader) findValue(c int, use func(raw []byte) bool) bool {
	key := r.findKey(c, use)
	r.noteKey(c, key)
	return key != ""
}

// findKey is find for a caller who decides later whether the row counts; it
// gives the key, and "" where nothing was found.
func (r *rowReader) findKey(c int, use func(raw []byte) bool) string {
	present := false
	for k, raw := range r.values[r.first[c]:r.first[c+1]] {
		if raw == nil {
			continue
		}
		key := r.keys[c][k]
		if present && slices.Contains(weakKeys, key) {
			continue
		}
		present = true
		if !isNull(raw) && use(raw) {
			return key
		}
	}
	return ""
}

// noteKey remembers the first key under which a column was found.
func (r *rowReader) noteKey(c int, key string) {
	if r.used[c] == "" {
		r.used[c] = key
	}
}

// findText gives a column that is a string with something in it; "" when it is not.
func (r *rowReader) findText(c int) (s string) {
	r.findValue(c, func(raw []byte) bool {
		got, ok := httpx.UnquoteText(raw)
		if ok && !isBlank(got) {
			s = clipText(got, maxText)
		}
		return s != ""
	})
	return s
}
