package defender

import (
	"strconv"
)

// fingerprinter makes the fingerprint of a page: of the ids of its rows in their
// order, so that no name can be read from it. It is FNV-1a of 64 bits.
type fingerprinter struct {
	sum  uint64
	rows int
}

func newFingerprinter() fingerprinter { return fingerprinter{sum: 14695981039346656037} }

func (p *fingerprinter) addID(id string) {
	for i := range len(id) {
		p.sum = (p.sum ^ uint64(id[i])) * 1099511628211
	}
	p.sum = (p.sum ^ 0xff) * 1099511628211 // no id has this byte: it ends one
	p.rows++
}

// String is the fingerprint; "" for an empty page.
func (p *fingerprinter) String() string {
	if p.rows == 0 {
		return ""
	}
	return strconv.FormatUint(p.sum, 16)
}
