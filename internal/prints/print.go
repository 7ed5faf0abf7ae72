package prints

import (
	"crypto/sha256"
	"fmt"
)

// Size is the size of a fingerprint in bytes: with 48 bits, a row that changed has
// the fingerprint of one of 62,000 others once in 4.5 thousand million rows.
const Size = 6

// Print is the fingerprint of a row. The zero value says that the row has none.
type Print [Size]byte

// version changes when what is hashed does. Fingerprints of two versions differ, so
// that after an upgrade every app is read once.
const version = "1"

// Of returns the fingerprint of a row by the texts that tell of it.
func Of(texts ...string) (p Print) {
	h := sha256.New()
	for _, text := range append([]string{version}, texts...) {
		_, _ = fmt.Fprintf(h, "%d:%s,", len(text), text) // a hash never fails
	}
	copy(p[:], h.Sum(nil))
	return p
}

// IsZero reports whether a row has no fingerprint.
func (p Print) IsZero() bool { return p == Print{} }

// Join writes fingerprints one after the other.
func Join(list []Print) []byte {
	out := make([]byte, 0, len(list)*Size)
	for _, p := range list {
		out = append(out, p[:]...)
	}
	return out
}

// Split reads what Join has written. Bytes that are left over are an error.
func Split(data []byte) ([]Print, error) {
	if len(data)%Size != 0 {
		return nil, fmt.Errorf("read fingerprints: %d bytes are no multiple of %d", len(data), Size)
	}
	out := make([]Print, len(data)/Size)
	for i := range out {
		copy(out[i][:], data[i*Size:])
	}
	return out, nil
}
