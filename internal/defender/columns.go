package defender

import "slices"

// column is one piece of a row: the keys it may stand under, the likelier
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
	columnCount
)

// maxKeys bounds the keys of a column.
const maxKeys = 32

// These bound, in bytes, the texts that are taken out of rows: they
// travel through histories. An id that is longer can't be cut and is refused.
const (
	maxText      = 800 // a name: 200 characters of any alphabet
	maxShortText = 200 // what stands beside a name
	maxID        = 100
)

// reader picks columns out of rows without building a map of each. It is for
// one goroutine; what it holds of a row is overwritten by the next.
type reader struct {
	columns []column
	weak    []string
	values  [columnCount][maxKeys][]byte // raw values of the row at hand
	named   [columnCount]bool            // columns whose key any row showed
	used    [columnCount]string          // the key under which each column was first found
}

func newReader(columns []column) *reader { return &reader{columns: columns, weak: weakKeys()} }

// load reads a row; false when it isn't an object.
func (r *reader) load(row []byte) bool {
	for c := range r.columns {
		clear(r.values[c][:len(r.columns[c])])
	}
	return eachField(row, func(key, value []byte) {
		for c, keys := range r.columns {
			for k, name := range keys {
				if string(key) == name {
					r.values[c][k] = value
					r.named[c] = true
					return
				}
			}
		}
	})
}

// find gives a column's value: that of the likeliest key for which use says
// that it took it. A weak key counts only where no better one is there at all.
func (r *reader) find(c int, use func(raw []byte) bool) bool {
	present := false
	for k, raw := range r.values[c] {
		if raw == nil {
			continue
		}
		key := r.columns[c][k]
		if present && slices.Contains(r.weak, key) {
			continue
		}
		present = true
		if !isNull(raw) && use(raw) {
			if r.used[c] == "" {
				r.used[c] = key
			}
			return true
		}
	}
	return false
}

// text gives a column that is a string with something in it; "" when it is not.
func (r *reader) text(c int) (s string) {
	r.find(c, func(raw []byte) bool {
		got, ok := rawString(raw)
		if ok && !blank(got) {
			s = clip(got, maxText)
		}
		return s != ""
	})
	return s
}
