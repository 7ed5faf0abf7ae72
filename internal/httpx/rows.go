package httpx

import (
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// SplitRows takes apart a list that was read whole. Most is how many rows it may
// have where fewer were asked for, since servers round up; a list of more, or
// with a row longer than MaxRow, is ErrTooLong before anything is made of its
// rows. Other errors are those of ReadItems. The rows are parts of the list.
func SplitRows(list []byte, asked, most int) ([][]byte, error) {
	rows := make([][]byte, 0, asked)
	err := ReadItems(list, func(row []byte) error {
		if len(rows) == most {
			return fmt.Errorf("%w: more than %d rows came where %d were asked for", ErrTooLong, most, asked)
		}
		if len(row) > MaxRow {
			return ErrTooLong
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// Rows reads a list as it arrives, row by row, within the bounds of a list that
// has no end in sight: memory is that of one row, whatever the peer sends.
type Rows struct {
	dec   *jsontext.Decoder
	body  boundedReader
	begun bool
	rows  int
}

// NewRows reads the list that a body holds.
func NewRows(body io.Reader) *Rows {
	r := &Rows{body: boundedReader{body: body, allowed: MaxRow}}
	r.dec = jsontext.NewDecoder(&r.body, lenient)
	return r
}

// NextRow returns the next row, which is valid until the next call, and io.EOF
// behind the last one; what follows the list is not looked at. Where the body
// is no list, the error is a ShapeError, and Value reads what came instead.
// Other errors are those of the body, ErrTooLong, or of jsontext.
func (r *Rows) NextRow() ([]byte, error) {
	if err := r.openList(); err != nil {
		return nil, err
	}
	if r.dec.PeekKind() == jsontext.KindEndArray {
		return nil, io.EOF
	}
	row, err := r.dec.ReadValue()
	if err != nil {
		return nil, plainError(err)
	}
	if r.rows++; r.rows > MaxStreamRows {
		return nil, ErrTooLong
	}
	r.body.allowed = min(r.dec.InputOffset(), int64(r.rows)*meanRow) + MaxRow
	return row, nil
}

// ReadValue reads the one value that came where a list was expected.
func (r *Rows) ReadValue() ([]byte, error) {
	value, err := r.dec.ReadValue()
	return value, plainError(err)
}

func (r *Rows) openList() error {
	if r.begun {
		return nil
	}
	if got := r.dec.PeekKind(); got != jsontext.KindBeginArray && got != jsontext.KindInvalid {
		return ShapeError{got}
	}
	if _, err := r.dec.ReadToken(); err != nil {
		return plainError(err)
	}
	r.begun = true
	return nil
}

// plainError is an error of the body itself without what jsontext says around
// it, and io.ErrUnexpectedEOF for a body that ends too early.
func plainError(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	var syntax *jsontext.SyntacticError
	if cause := errors.Unwrap(err); cause != nil && !errors.As(err, &syntax) {
		return cause
	}
	return err
}

// boundedReader is a body of which no more than allowed is read. A decoder
// reads on only while the row at hand is not whole.
type boundedReader struct {
	body    io.Reader
	read    int64 // bytes so far
	allowed int64
}

// Read implements io.Reader.
func (r *boundedReader) Read(p []byte) (int, error) {
	if r.read >= r.allowed {
		return 0, ErrTooLong
	}
	n, err := r.body.Read(p)
	r.read += int64(n)
	return n, err
}
