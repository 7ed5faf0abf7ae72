package httpx

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

// Bounds of what a peer may send. Each is a number of rows, times what a row may
// plausibly take; bytes are counted after unpacking. A request whose answer is
// beyond a bound fails as one whose answer was cut off.
const (
	// DefaultMaxBody bounds an answer that is read whole, in bytes: 500 rows, the
	// most that are asked for at once, of 32 KB.
	DefaultMaxBody = 16 << 20
	// MaxRow bounds one row, in bytes: the longest that was seen, an app with 355
	// domains, has 12 KB.
	MaxRow = 1 << 20
	// MaxStreamRows bounds a list that is read as it arrives: the users of one app.
	// The largest employers have two million people.
	MaxStreamRows = 2_000_000
	// meanRow is what the rows of such a list take on average at most; 400 bytes are
	// usual.
	meanRow = 2 << 10
	// maxErrorBody is how much of an error's body is read for the peer's words.
	maxErrorBody = 64 << 10
	// maxHeader bounds the headers of an answer; Go's own bound is 10 MB.
	maxHeader = 128 << 10
	// bigBody is the size from which an answer is big. Only bigBodies of those are
	// read at a time, so that many at once can't fill the memory.
	bigBody   = 1 << 20
	bigBodies = 2
	// firstBuffer is the least space that is made for an answer, and bigBody/4 the
	// most, whatever length its header announces: a header alone costs no memory.
	firstBuffer = 16 << 10
)

// ErrTooLong marks an answer beyond its bound.
var ErrTooLong = errors.New("the answer is longer than any that was expected, and was not read on")

// bigReaders is held by those who read a big answer.
var bigReaders = make(chan struct{}, bigBodies)

// readAll reads a body within a limit.
func readAll(resp *http.Response, limit int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, ErrTooLong
	}
	size := max(firstBuffer, min(resp.ContentLength, bigBody/4))
	buf := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, min(limit+1, bigBody)))
	if err == nil && n == bigBody {
		select {
		case bigReaders <- struct{}{}:
			defer func() { <-bigReaders }()
		case <-resp.Request.Context().Done():
			return nil, errSilent // or the caller's own doing, which is checked before
		}
		_, err = buf.ReadFrom(io.LimitReader(resp.Body, limit+1-n))
	}
	if err != nil {
		return nil, err
	}
	if int64(buf.Len()) > limit {
		return nil, ErrTooLong
	}
	return buf.Bytes(), nil
}
