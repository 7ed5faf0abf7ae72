package defender

import (
	"slices"
	"strconv"

	"defendersync/internal/listing"
	"defendersync/internal/prints"
)

// readPrint gives the fingerprint of the row at hand, of an app with that id. It is
// zero where the row holds no number that moves with traffic: such a row may be the
// same although somebody used the app.
func (r *rowReader) readPrint(q listing.AppQuery, id string) prints.Print {
	if !slices.ContainsFunc(trafficColumns, r.hasNumber) {
		return prints.Print{}
	}
	texts := []string{q.Stream, id, strconv.Itoa(q.Timeframe)}
	for _, c := range printColumns {
		for k, raw := range r.values[r.first[c]:r.first[c+1]] {
			if raw != nil {
				texts = append(texts, r.keys[c][k], string(raw))
			}
		}
	}
	return prints.Of(texts...)
}

// hasNumber reports whether the row has a number in a column.
func (r *rowReader) hasNumber(c int) bool {
	return slices.ContainsFunc(r.values[r.first[c]:r.first[c+1]], func(raw []byte) bool {
		_, ok := rawNumber(raw)
		return ok
	})
}
