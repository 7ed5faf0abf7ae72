package prints

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// maxCount bounds the fingerprints of a set. With it a set has 5 MB, far more than a
// payload of Temporal's may have.
const maxCount = 1_000_000

// limit is beyond every fingerprint as a number.
const limit = 1 << (8 * Size)

// Set is a set of fingerprints. Its zero value is empty.
type Set struct{ sorted []uint64 }

// NewSet makes a set. Zero values are left out, and so is what comes twice.
func NewSet(list []Print) Set {
	var s Set
	s.sorted = make([]uint64, 0, len(list))
	for _, p := range list {
		if !p.IsZero() {
			s.sorted = append(s.sorted, p.number())
		}
	}
	slices.Sort(s.sorted)
	s.sorted = slices.Compact(s.sorted)
	return s
}

// number gives a fingerprint as a number that sorts as its bytes do.
func (p Print) number() (n uint64) {
	for _, b := range p {
		n = n<<8 | uint64(b)
	}
	return n
}

// Len is how many fingerprints the set has.
func (s Set) Len() int { return len(s.sorted) }

// Has reports whether a fingerprint is in the set. The zero value never is.
func (s Set) Has(p Print) bool {
	if p.IsZero() {
		return false
	}
	_, found := slices.BinarySearch(s.sorted, p.number())
	return found
}

// Union returns what is in either of two sets.
func (s Set) Union(o Set) Set {
	all := slices.Concat(s.sorted, o.sorted)
	slices.Sort(all)
	return Set{slices.Compact(all)}
}

// Encode writes the set: the count, then the difference of each number to the one
// before, as varints. That is 5 bytes each for 62,000, where random numbers of 48
// bits cannot have fewer than 4.2.
func (s Set) Encode() []byte {
	out := binary.AppendUvarint(make([]byte, 0, 4+5*len(s.sorted)), uint64(len(s.sorted)))
	before := uint64(0)
	for _, n := range s.sorted {
		out = binary.AppendUvarint(out, n-before)
		before = n
	}
	return out
}

// errNoSet is why bytes are refused that Encode has not written.
var errNoSet = errors.New("the bytes are no set of fingerprints")

// DecodeSet reads what Encode has written, and refuses all else.
func DecodeSet(data []byte) (Set, error) {
	count, used := binary.Uvarint(data)
	if used <= 0 || count > maxCount || count > uint64(len(data)) {
		return Set{}, fmt.Errorf("read the number of fingerprints: %w", errNoSet)
	}
	data = data[used:]
	s := Set{make([]uint64, 0, count)}
	for before := uint64(0); count > 0; count-- {
		step, used := binary.Uvarint(data)
		if used <= 0 || step == 0 || step >= limit || before+step >= limit {
			return Set{}, fmt.Errorf("read fingerprint %d: %w", len(s.sorted)+1, errNoSet)
		}
		before += step
		data, s.sorted = data[used:], append(s.sorted, before)
	}
	if len(data) > 0 {
		return Set{}, fmt.Errorf("%d bytes follow the last fingerprint: %w", len(data), errNoSet)
	}
	return s, nil
}
